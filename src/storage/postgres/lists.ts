import { tooLargeResourceVersion } from '../../apimachinery/errors.ts';
import { type Cached, type Collections, stateRevision } from '../cache/collections.ts';
import { type CachedObject, type ListOptions, type ListResult, RevisionCompacted } from '../object-store.ts';
import type { KnownCluster } from './clusters.ts';
import type { Reader } from './reader.ts';
import type { Shard } from './shard.ts';

export type ListsOptions = {
  readonly collections: Collections;
  readonly reader: Reader;
  readonly cacheBytes: number;
};

const tooLargeWaitMs = 3000;
const pageRows = 1000;

/** Answers lists: from the cache when the collection fits into it, else page by page from the database. */
export class Lists {
  readonly #options: ListsOptions;

  constructor(options: ListsOptions) {
    this.#options = options;
  }

  /** As `ObjectStore.list`; `cluster` is undefined when there is none of that name. */
  async list(shard: Shard, cluster: KnownCluster | undefined, options: ListOptions): Promise<ListResult> {
    const { at } = options;
    if (at.mode === 'notOlderThan' || at.mode === 'exact') await reach(shard, at.revision, options.signal);
    if (cluster === undefined) return { items: [], more: false, revision: await shard.fresh() };
    if (at.mode === 'exact') return this.#exact(shard, cluster, options, at.revision);
    const known = this.#options.collections.get(options.cluster, options.resource);
    if (known !== undefined && at.mode === 'fresh') await shard.fresh();
    const cached = await this.cached(shard, cluster, options.resource);
    if (cached === 'tooBig') return this.#pages(shard, cluster, options, undefined);
    return { ...cached.collection.select(options), revision: stateRevision(cached, shard.hub.applied) };
  }

  /** A collection, loaded when it is not in the cache. */
  async cached(shard: Shard, cluster: KnownCluster, resource: string): Promise<Cached | 'tooBig'> {
    const { collections, reader, cacheBytes } = this.#options;
    const name = cluster.record.name;
    const cached = collections.get(name, resource);
    if (cached !== undefined) return cached;
    if (collections.isTooBig(name, resource)) return 'tooBig';
    await shard.startFollowing();
    const maxBytes = Math.floor(cacheBytes / 4);
    return collections.load(name, resource, () => reader.load(shard.id, cluster, resource, maxBytes));
  }

  async #exact(shard: Shard, cluster: KnownCluster, options: ListOptions, revision: number): Promise<ListResult> {
    if (revision < shard.hub.oldest) throw new RevisionCompacted(revision, shard.hub.oldest);
    const cached = this.#options.collections.get(options.cluster, options.resource);
    const unchanged =
      cached !== undefined &&
      revision >= cached.collection.revision &&
      revision <= stateRevision(cached, shard.hub.applied);
    if (unchanged) return { ...cached.collection.select(options), revision };
    return this.#pages(shard, cluster, options, revision);
  }

  /** A list straight from the database. The first page fixes the revision that the others are read at. */
  async #pages(
    shard: Shard,
    cluster: KnownCluster,
    options: ListOptions,
    revision: number | undefined,
  ): Promise<ListResult> {
    const { resource, namespace = '', limit = Number.MAX_SAFE_INTEGER, filter, signal } = options;
    const items: CachedObject[] = [];
    let at = revision;
    let after = options.after;
    const remaining = async (last: CachedObject | undefined, then: number): Promise<{ remaining?: number }> =>
      filter === undefined && last !== undefined
        ? {
            remaining: await this.#options.reader.countBehind({
              cluster,
              resource,
              namespace,
              after: last.key,
              at: then,
            }),
          }
        : {};
    for (;;) {
      // One more than wanted tells whether there is more.
      const rows = filter === undefined ? Math.min(pageRows, limit - items.length + 1) : pageRows;
      const page = await this.#options.reader.page({ shard: shard.id, cluster, resource, namespace, after, rows, at });
      at = page.revision;
      for (const object of page.items) {
        if (items.length === limit) return { items, more: true, revision: at, ...(await remaining(items.at(-1), at)) };
        if (filter !== undefined && !filter(object)) continue;
        items.push(object);
      }
      if (page.next === undefined) return { items, more: false, revision: at };
      after = page.next;
      signal?.throwIfAborted();
    }
  }
}

/** Waits until a revision that a client names has been seen; it may come from a replica that is ahead. */
async function reach(shard: Shard, revision: number, signal: AbortSignal | undefined): Promise<void> {
  if (revision <= shard.hub.applied) return;
  if ((await shard.fresh()) >= revision) return;
  if (await shard.hub.reaches(revision, tooLargeWaitMs, signal)) return;
  throw tooLargeResourceVersion(revision, shard.hub.applied);
}
