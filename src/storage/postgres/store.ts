import type pg from 'pg';
import { tooLargeResourceVersion } from '../../apimachinery/errors.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { Connection } from '../../pg/connection.ts';
import { errorText, isUnavailable } from '../../pg/errors.ts';
import { Lane } from '../../pg/lane.ts';
import { type Cached, Collections, stateRevision } from '../cache/collections.ts';
import { Popularity } from '../cache/popularity.ts';
import { quietLog, type StorageLog } from '../log.ts';
import {
  type CachedObject,
  type Change,
  type ClusterRecord,
  type DefaultContent,
  type ListOptions,
  type ListResult,
  type ObjectKey,
  type ObjectStore,
  RevisionCompacted,
  StorageUnavailable,
  type WatchHandle,
  type WatchOptions,
  type WriteItem,
  type WriteOutcome,
} from '../object-store.ts';
import { Clusters, type KnownCluster } from './clusters.ts';
import { DefaultObjects } from './default-objects.ts';
import { DeferredWatch } from './deferred-watch.ts';
import { History } from './history.ts';
import { Maintenance } from './maintenance.ts';
import { learnAndPrepare, prepare, rootShard } from './prepare.ts';
import { Reader } from './reader.ts';
import { Resources } from './resources.ts';
import { Shard } from './shard.ts';
import { Side } from './side.ts';
import { purge, readCheckpoint, writeCheckpoint } from './statements.ts';

export type PostgresStoreOptions = {
  /** A database that `migrate` has brought up to date. */
  readonly databaseUrl: string;
  readonly defaults?: DefaultContent;
  /** Memory for collections and recent changes. */
  readonly cacheBytes: number;
  /** How long changes are kept for watches and lists of the past. */
  readonly historyRetentionMs: number;
  readonly log?: StorageLog;
  /** How often an idle watch hears of progress. */
  readonly progressMs?: number;
  /** A collection that nobody uses or watches leaves the cache after this long. */
  readonly idleMs?: number;
};

/** Every read is a look-up or a walk along an index, at any size of the tables: planning it anew for each value costs more than running it. */
async function prepareReading(client: pg.Client): Promise<void> {
  await client.query('set plan_cache_mode = force_generic_plan; set enable_seqscan = off');
}

const noDefaults: DefaultContent = { resources: new Set(), objects: () => [] };
const tooLargeWaitMs = 3000;
/** A cached record of a logical cluster is believed for this long without looking at the log. */
const clusterAgeMs = 2000;
const pageRows = 1000;

/**
 * Opens the storage. Any number of processes may do so on one database. Throws `StorageUnavailable` when the database cannot be reached; later outages
 * make calls fail with it, and end by themselves.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<ObjectStore> {
  const store = new PostgresStore(options);
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class PostgresStore implements ObjectStore {
  readonly #fast: Connection;
  readonly #follow: Connection;
  readonly #bulk: Lane;
  readonly #write: Connection;
  readonly #upkeep: Connection;
  readonly #side: Side;
  readonly #clusters: Clusters;
  readonly #resources: Resources;
  readonly #defaults: DefaultObjects;
  readonly #collections: Collections;
  /** Sixteen single reads within ten seconds: about what loading a small collection costs. */
  readonly #popularity = new Popularity({ threshold: 16, windowMs: 10_000 });
  readonly #reader: Reader;
  readonly #history: History;
  readonly #shards = new Map<string, Shard>();
  readonly #opening = new Map<string, Promise<Shard>>();
  readonly #options: PostgresStoreOptions;
  readonly #log: StorageLog;
  readonly #closing = new AbortController();
  #maintenance: Promise<void> | undefined;

  constructor(options: PostgresStoreOptions) {
    const url = options.databaseUrl;
    this.#options = options;
    this.#log = options.log ?? quietLog;
    const reading = { url, pipeline: true, onConnect: prepareReading };
    this.#fast = new Connection({ ...reading, name: 'atoll read' });
    this.#follow = new Connection({ ...reading, name: 'atoll follow' });
    this.#bulk = new Lane({ ...reading, name: 'atoll list' }, 2);
    this.#write = new Connection({
      url,
      name: 'atoll write',
      pipeline: true,
      // An acknowledged write is on disk, whatever the server's default is.
      onConnect: async (client) => {
        await client.query('set synchronous_commit = on');
      },
    });
    this.#upkeep = new Connection({
      url,
      name: 'atoll maintenance',
      pipeline: true,
      // Somebody's long transaction makes a step wait: then it is tried again in the next round.
      onConnect: async (client) => {
        await client.query("set lock_timeout = '10s'");
      },
    });
    this.#side = new Side({ url, log: this.#log, onNews: (shard) => this.#shards.get(shard)?.news() });
    this.#clusters = new Clusters(this.#fast);
    this.#resources = new Resources(this.#fast);
    this.#defaults = new DefaultObjects(options.defaults ?? noDefaults);
    this.#collections = new Collections({
      maxBytes: options.cacheBytes,
      watches: (cluster, resource) =>
        this.#shardOfKnown(cluster as ClusterName)?.hub.watches(cluster, resource) === true,
      ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    });
    const { resources, clusters, defaults } = {
      resources: this.#resources,
      clusters: this.#clusters,
      defaults: this.#defaults,
    };
    this.#reader = new Reader({ fast: this.#fast, bulk: this.#bulk, resources, defaults });
    this.#history = new History({ connection: this.#bulk, clusters, resources });
  }

  async open(): Promise<void> {
    await this.#reachable(() => this.#shard(rootShard));
    await this.#side.start();
    const maintenance = new Maintenance({
      connection: this.#upkeep,
      retentionMs: this.#options.historyRetentionMs,
      log: this.#log,
    });
    this.#maintenance = this.#side.lead('maintenance', this.#closing.signal, (signal) => maintenance.run(signal));
  }

  get(key: ObjectKey): Promise<CachedObject | undefined> {
    return this.#reachable(async () => {
      const cluster = await this.#readable(key.cluster, key);
      if (cluster === undefined) return undefined;
      if (this.#collections.get(key.cluster, key.resource) !== undefined) {
        await (await this.#shard(cluster.record.shard)).fresh();
        const cached = this.#collections.get(key.cluster, key.resource);
        if (cached !== undefined) return cached.collection.get(key.namespace, key.name);
      } else if (this.#popularity.read(key.cluster, key.resource, Date.now()))
        this.#beginCaching(cluster, key.resource);
      return this.#reader.get(cluster, key);
    });
  }

  /** The collection is read so often that keeping it costs less than reading on; whoever asked does not wait for it. */
  #beginCaching(cluster: KnownCluster, resource: string): void {
    this.#shard(cluster.record.shard)
      .then((shard) => this.#cached(shard, cluster, resource))
      .catch((error: unknown) => this.#log.debug({ err: error, resource }, 'a popular collection could not be cached'));
  }

  getAny(key: ObjectKey): Promise<CachedObject | undefined> {
    const cached = this.#collections.get(key.cluster, key.resource);
    return cached === undefined ? this.get(key) : Promise.resolve(cached.collection.get(key.namespace, key.name));
  }

  list(options: ListOptions): Promise<ListResult> {
    return this.#reachable(async () => {
      const cluster = await this.#readable(options.cluster, options.after);
      const shard = await this.#shard(cluster?.record.shard ?? rootShard);
      const { at } = options;
      if (at.mode === 'notOlderThan' || at.mode === 'exact') await this.#reach(shard, at.revision, options.signal);
      if (cluster === undefined) return { items: [], more: false, revision: await shard.fresh() };
      if (at.mode === 'exact') return this.#listExact(shard, cluster, options, at.revision);
      const known = this.#collections.get(options.cluster, options.resource);
      if (known !== undefined && at.mode === 'fresh') await shard.fresh();
      const cached = await this.#cached(shard, cluster, options.resource);
      if (cached === 'tooBig') return this.#listPages(shard, cluster, options, undefined);
      return { ...cached.collection.select(options), revision: stateRevision(cached, shard.hub.applied) };
    });
  }

  listEverywhere(options: {
    resource: string;
    shard?: string;
    after?: ObjectKey;
    limit: number;
  }): Promise<readonly CachedObject[]> {
    return this.#reachable(async () => {
      const shard = await this.#shard(options.shard ?? rootShard);
      return this.#reader.everywhere(shard.id, options.resource, options.after, options.limit);
    });
  }

  listDependents(cluster: ClusterName, ownerUid: string, limit: number): Promise<readonly CachedObject[]> {
    return this.#reachable(async () => {
      const known = await this.#readable(cluster, { name: ownerUid });
      return known === undefined ? [] : this.#reader.dependents(known, ownerUid, limit);
    });
  }

  countByResource(cluster: ClusterName, namespace = ''): Promise<ReadonlyMap<string, number>> {
    return this.#reachable(async () => {
      const known = await this.#readable(cluster, { name: namespace });
      return known === undefined ? new Map<string, number>() : this.#reader.countByResource(known, namespace);
    });
  }

  commit(items: readonly WriteItem[]): Promise<readonly WriteOutcome[]> {
    const options = { clusters: this.#clusters, resources: this.#resources, defaults: this.#defaults };
    return this.#reachable(async () => {
      const prepared = prepare(options, items) ?? (await learnAndPrepare(options, items));
      const shard = this.#shards.get(prepared.shard) ?? (await this.#shard(prepared.shard));
      return shard.committer.commit(prepared.group);
    });
  }

  fresh(shard = rootShard): Promise<number> {
    return this.#reachable(async () => (await this.#shard(shard)).fresh());
  }

  revision(shard = rootShard): number {
    return this.#shards.get(shard)?.hub.applied ?? 1;
  }

  watch(options: WatchOptions): WatchHandle {
    const shard =
      options.cluster === '*' ? this.#shards.get(options.shard ?? rootShard) : this.#shardOfKnown(options.cluster);
    if (shard !== undefined) return shard.hub.watch(options);
    return new DeferredWatch(options, async () => {
      const { cluster } = options;
      const known = cluster === '*' ? undefined : await this.#clusters.find(cluster);
      if (cluster !== '*' && known?.record.state !== 'Active') return undefined;
      return (await this.#shard(known?.record.shard ?? options.shard ?? rootShard)).hub;
    });
  }

  cluster(name: ClusterName): Promise<ClusterRecord | undefined> {
    return this.#reachable(async () => {
      const known = this.#clusters.known(name);
      if (known !== undefined) await (await this.#shard(known.record.shard)).recent(clusterAgeMs);
      return (await this.#clusters.find(name))?.record;
    });
  }

  childCluster(parent: ClusterName, workspace: string): Promise<ClusterRecord | undefined> {
    return this.#reachable(async () => {
      const known = await this.#clusters.child(parent, workspace);
      if (known === undefined) return undefined;
      const shard = await this.#shard(known.record.shard);
      if (shard.follower.age <= clusterAgeMs) return known.record;
      await shard.recent(clusterAgeMs);
      return (await this.#clusters.child(parent, workspace))?.record;
    });
  }

  childClusters(
    parent: ClusterName,
    { after = '', limit }: { after?: string; limit: number },
  ): Promise<readonly ClusterRecord[]> {
    return this.#reachable(async () =>
      (await this.#clusters.children(parent, after, limit)).map(({ record }) => record),
    );
  }

  purgeDeletedClusters(limit: number): Promise<number> {
    return this.#reachable(async () => Number((await this.#bulk.query(purge, [limit]))[0]?.[0] ?? 0));
  }

  changesSince(from: number, limit: number, shardName = rootShard): Promise<readonly Change[]> {
    return this.#reachable(async () => {
      const shard = await this.#shard(shardName);
      const everything = { cluster: '*', resource: '*', namespace: '' };
      return (await this.#history.read(shard.id, everything, from, limit)).changes;
    });
  }

  oldestRevision(shard = rootShard): number {
    return this.#shards.get(shard)?.hub.oldest ?? 1;
  }

  lead(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.#side.lead(name, signal, run);
  }

  readCheckpoint(name: string): Promise<number | undefined> {
    return this.#reachable(async () => {
      const [row] = await this.#fast.query(readCheckpoint, [name]);
      return row === undefined ? undefined : Number(row[0]);
    });
  }

  writeCheckpoint(name: string, revision: number): Promise<void> {
    return this.#reachable(async () => {
      await this.#fast.query(writeCheckpoint, [name, revision]);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const shard of this.#shards.values()) shard.close();
    this.#collections.clear();
    await this.#maintenance;
    const connections = [this.#fast, this.#follow, this.#bulk, this.#write, this.#upkeep, this.#side];
    await Promise.all(connections.map((connection) => connection.close()));
  }

  /** Turns failures to reach the database into the one error that callers know. */
  async #reachable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isUnavailable(error)) throw new StorageUnavailable(errorText(error), { cause: error });
      throw error;
    }
  }

  /** The cluster to read from; undefined when there is none, or when the key is one that cannot exist (NUL in a name). */
  #readable(
    name: ClusterName,
    key: { readonly namespace?: string; readonly name: string } | undefined,
  ): Promise<KnownCluster | undefined> {
    if (key !== undefined && (key.name.includes('\0') || key.namespace?.includes('\0') === true)) {
      return Promise.resolve(undefined);
    }
    return this.#clusters.find(name);
  }

  #shardOfKnown(cluster: ClusterName): Shard | undefined {
    const known = this.#clusters.known(cluster);
    return known === undefined ? undefined : this.#shards.get(known.record.shard);
  }

  #shard(name: string): Promise<Shard> {
    const open = this.#shards.get(name);
    if (open !== undefined) return Promise.resolve(open);
    const running = this.#opening.get(name);
    if (running !== undefined) return running;
    const opening = Shard.open({
      name,
      follow: this.#follow,
      write: this.#write,
      clusters: this.#clusters,
      resources: this.#resources,
      collections: this.#collections,
      history: this.#history,
      ringBytes: Math.min(64 * 1024 * 1024, this.#options.cacheBytes / 4),
      progressMs: this.#options.progressMs,
      log: this.#log,
      onCommitted: (shard) => this.#side.tell(shard),
      onClustersDeleted: () => this.#lookEverywhere(),
    })
      .then((shard) => {
        this.#shards.set(name, shard);
        if (this.#closing.signal.aborted) shard.close();
        return shard;
      })
      .finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  /** Takes in what was committed to all shards. A failure leaves that to the polls. */
  async #lookEverywhere(): Promise<void> {
    await Promise.allSettled(
      [...this.#shards.values()].map((shard) => {
        this.#side.tell(shard.name);
        return shard.fresh();
      }),
    );
  }

  /** Waits until a revision that a client names has been seen; it may come from another replica that is ahead. */
  async #reach(shard: Shard, revision: number, signal: AbortSignal | undefined): Promise<void> {
    if (revision <= shard.hub.applied) return;
    if ((await shard.fresh()) >= revision) return;
    if (await shard.hub.reaches(revision, tooLargeWaitMs, signal)) return;
    throw tooLargeResourceVersion(revision, shard.hub.applied);
  }

  async #cached(shard: Shard, cluster: KnownCluster, resource: string): Promise<Cached | 'tooBig'> {
    const name = cluster.record.name;
    const cached = this.#collections.get(name, resource);
    if (cached !== undefined) return cached;
    if (this.#collections.isTooBig(name, resource)) return 'tooBig';
    await shard.startFollowing();
    const maxBytes = Math.floor(this.#options.cacheBytes / 4);
    return this.#collections.load(name, resource, () => this.#reader.load(shard.id, cluster, resource, maxBytes));
  }

  async #listExact(shard: Shard, cluster: KnownCluster, options: ListOptions, revision: number): Promise<ListResult> {
    if (revision < shard.hub.oldest) throw new RevisionCompacted(revision, shard.hub.oldest);
    const cached = this.#collections.get(options.cluster, options.resource);
    if (
      cached !== undefined &&
      revision >= cached.collection.revision &&
      revision <= stateRevision(cached, shard.hub.applied)
    ) {
      return { ...cached.collection.select(options), revision };
    }
    return this.#listPages(shard, cluster, options, revision);
  }

  /** A list straight from the database. The first page fixes the revision that the others are read at. */
  async #listPages(
    shard: Shard,
    cluster: KnownCluster,
    options: ListOptions,
    revision: number | undefined,
  ): Promise<ListResult> {
    const { resource, namespace = '', limit = Number.MAX_SAFE_INTEGER, filter, signal } = options;
    const items: CachedObject[] = [];
    let at = revision;
    let after = options.after;
    for (;;) {
      // One more than wanted tells whether there is more.
      const rows = filter === undefined ? Math.min(pageRows, limit - items.length + 1) : pageRows;
      const page = await this.#reader.page({ shard: shard.id, cluster, resource, namespace, after, rows, at });
      at = page.revision;
      for (const object of page.items) {
        if (filter !== undefined && !filter(object)) continue;
        if (items.length === limit) return { items, more: true, revision: at };
        items.push(object);
      }
      if (page.next === undefined) return { items, more: false, revision: at };
      after = page.next;
      signal?.throwIfAborted();
    }
  }
}
