import { tooLargeResourceVersion } from '../../apimachinery/errors.ts';
import { rootCluster, type ClusterName } from '../../logicalcluster/name.ts';
import { Collection } from '../cache/collection.ts';
import { compareText } from '../cache/order.ts';
import { SerializedObject } from '../cache/serialized.ts';
import {
  assertWellFormed,
  type ClusterItem,
  clusterOf,
  failedGroup,
  type Failure,
  isObjectItem,
  type ObjectItem,
} from '../group.ts';
import { Hub } from '../hub.ts';
import type {
  CachedObject,
  Change,
  ClusterRecord,
  CommitOptions,
  DefaultContent,
  ListOptions,
  ListResult,
  ObjectKey,
  ObjectStore,
  WatchHandle,
  WatchOptions,
  WriteItem,
  WriteOutcome,
} from '../object-store.ts';
import type { StoredChange } from '../ring.ts';
import { type StorageLog, quietLog } from '../log.ts';
import { endedWatch } from '../subscription.ts';
import { MemoryClusters } from './clusters.ts';
import { MemoryLeaders } from './leaders.ts';
import { MemoryLog } from './log.ts';
import { MemoryObjects } from './objects.ts';

export type MemoryStoreOptions = {
  readonly defaults?: DefaultContent;
  /** Changes kept for watches and exact lists. */
  readonly historyChanges?: number;
  /** How often idle watches hear of progress. */
  readonly progressMs?: number;
  readonly log?: StorageLog;
};

/** The revision of the root cluster's creation; 0 means "any" to clients. */
const firstRevision = 1;
const rootShard = 'root';
const tooLargeWaitMs = 3000;

type Shard = { readonly log: MemoryLog; readonly hub: Hub };

/** An `ObjectStore` in this process's memory: for tests, and for embedding programs that keep nothing. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryObjectStore {
  return new MemoryStore(options);
}

export interface MemoryObjectStore extends ObjectStore {
  /** Forgets the change log up to now: older watches and lists of the past fail with `RevisionCompacted`. */
  forgetHistory(): Promise<void>;
}

class MemoryStore implements MemoryObjectStore {
  readonly #options: MemoryStoreOptions;
  readonly #shards = new Map<string, Shard>();
  readonly #clusters = new MemoryClusters(rootShard, firstRevision);
  readonly #objects: MemoryObjects;
  readonly #leaders: MemoryLeaders;
  readonly #log: StorageLog;
  readonly #checkpoints = new Map<string, number>();
  readonly #guards = new Map<ClusterName, number>();

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#log = options.log ?? quietLog;
    this.#objects = new MemoryObjects(this.#clusters, options.defaults);
    this.#leaders = new MemoryLeaders(this.#log);
  }

  get(key: ObjectKey): Promise<CachedObject | undefined> {
    return Promise.resolve(this.#objects.collection(key.cluster, key.resource)?.get(key.namespace, key.name));
  }

  getAny(key: ObjectKey): Promise<CachedObject | undefined> {
    return this.get(key);
  }

  async list(options: ListOptions): Promise<ListResult> {
    const shard = this.#shardOf(options.cluster);
    if (options.at.mode === 'notOlderThan' || options.at.mode === 'exact') {
      const wanted = options.at.revision;
      if (!(await shard.hub.reaches(wanted, tooLargeWaitMs, options.signal))) {
        throw tooLargeResourceVersion(wanted, shard.log.end);
      }
    }
    const current = this.#objects.collection(options.cluster, options.resource) ?? new Collection(0);
    if (options.at.mode !== 'exact') return { ...current.select(options), revision: shard.log.end };
    const revision = options.at.revision;
    const { version: _notCached, ...selected } = this.#asOf(options, revision, current, shard).select(options);
    return { ...selected, revision };
  }

  listEverywhere(options: {
    resource: string;
    shard?: string;
    after?: ObjectKey;
    limit: number;
  }): Promise<readonly CachedObject[]> {
    const { resource, shard = rootShard, after, limit } = options;
    const items: CachedObject[] = [];
    const clusters = this.#objects.clusters().toSorted(compareText);
    for (const cluster of clusters) {
      const record = this.#clusters.get(cluster);
      if (record?.shard !== shard || (after !== undefined && compareText(cluster, after.cluster) < 0)) continue;
      const all = this.#objects
        .collections(cluster)
        .get(resource)
        ?.select({
          filter: (object) => this.#objects.isStored(object),
          limit: limit - items.length,
          ...(after?.cluster === cluster ? { after } : {}),
        });
      items.push(...(all?.items ?? []));
      if (items.length >= limit) break;
    }
    return Promise.resolve(items);
  }

  listDependents(cluster: ClusterName, ownerUid: string, limit: number): Promise<readonly CachedObject[]> {
    const items: CachedObject[] = [];
    for (const collection of this.#objects.collections(cluster).values()) {
      for (const object of collection.all()) if (this.#objects.owners(object).includes(ownerUid)) items.push(object);
    }
    return Promise.resolve(items.slice(0, limit));
  }

  countByResource(cluster: ClusterName, namespace?: string): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const [resource, collection] of this.#objects.collections(cluster)) {
      const stored = collection.all(namespace).filter((object) => this.#objects.isStored(object)).length;
      if (stored > 0) counts.set(resource, stored);
    }
    return Promise.resolve(counts);
  }

  guard(cluster: ClusterName): number {
    return this.#guards.get(cluster) ?? 0;
  }

  peek(cluster: ClusterName, resource: string, namespace: string): readonly CachedObject[] | undefined {
    return this.#objects.collection(cluster, resource)?.all(namespace);
  }

  async commit(items: readonly WriteItem[], { guard }: CommitOptions = {}): Promise<readonly WriteOutcome[]> {
    assertWellFormed(items);
    const shardName = this.#shardOfGroup(items);
    const shard = this.#shard(shardName);
    const base = shard.log.end;
    const writes = items.filter(isObjectItem).length;
    const created = this.#plannedClusters(items, shardName, writes === 0 ? base : base + writes);
    const failures = this.#check(items, created);
    this.#checkGuard(items[0], guard, failures);
    if (failures.size > 0) return failedGroup(items.length, failures);
    for (const record of created.values()) this.#clusters.put(record);
    const changes: StoredChange[] = [];
    const outcomes = items.map((item): WriteOutcome => {
      if (!isObjectItem(item)) return { ok: true, revision: base + writes };
      const change = this.#objects.write(item, base + changes.length + 1);
      changes.push(change);
      return { ok: true, revision: change.revision };
    });
    this.#append(shard, changes, base + changes.length);
    for (const item of items)
      if ((item.op === 'create' || item.op === 'update') && item.raisesGuard === true)
        this.#guards.set(item.key.cluster, this.guard(item.key.cluster) + 1);
    for (const item of items) if (item.op === 'deleteCluster') this.#deleteSubtree(item.cluster);
    const end = shard.log.end;
    return items.map((item, index) =>
      item.op === 'deleteCluster' ? { ok: true, revision: end } : (outcomes[index] as WriteOutcome),
    );
  }

  #append(shard: Shard, changes: readonly StoredChange[], end: number): void {
    shard.log.append(changes, end);
    shard.hub.apply(changes, end);
  }

  /** Each deleted cluster takes a revision in its own shard: its watches end there. */
  #deleteSubtree(top: ClusterName): void {
    for (const record of this.#clusters.subtree(top)) {
      this.#clusters.put({ ...record, state: 'Deleting' });
      const shard = this.#shard(record.shard);
      this.#append(shard, [], shard.log.end + 1);
      shard.hub.endCluster(record.name);
    }
  }

  fresh(shard = rootShard): Promise<number> {
    return Promise.resolve(this.revision(shard));
  }

  revision(shard = rootShard): number {
    return this.#shard(shard).log.end;
  }

  watch(options: WatchOptions): WatchHandle {
    if (options.cluster === '*') return this.#shard(options.shard ?? rootShard).hub.watch(options);
    const active = this.#clusters.get(options.cluster)?.state === 'Active';
    return active ? this.#shardOf(options.cluster).hub.watch(options) : endedWatch(options, 'clusterDeleted');
  }

  cluster(name: ClusterName): Promise<ClusterRecord | undefined> {
    return Promise.resolve(this.#clusters.get(name));
  }

  childCluster(parent: ClusterName, workspace: string): Promise<ClusterRecord | undefined> {
    return Promise.resolve(this.#clusters.children(parent).find((record) => record.workspace === workspace));
  }

  childClusters(
    parent: ClusterName,
    { after = '', limit }: { after?: string; limit: number },
  ): Promise<readonly ClusterRecord[]> {
    const children = this.#clusters.children(parent).filter((record) => compareText(record.workspace, after) > 0);
    return Promise.resolve(children.slice(0, limit));
  }

  purgeDeletedClusters(limit: number): Promise<number> {
    let removed = 0;
    // Children were made after their parents: they go first.
    for (const record of this.#clusters.deleting().toReversed()) {
      for (const collection of this.#objects.collections(record.name).values()) {
        for (const object of collection.all()) {
          if (removed >= limit) return Promise.resolve(removed);
          collection.remove(object.key.namespace, object.key.name);
          if (this.#objects.isStored(object)) removed++;
        }
      }
      this.#objects.drop(record.name);
      if (removed >= limit) return Promise.resolve(removed);
      this.#clusters.remove(record.name);
      this.#guards.delete(record.name);
      removed++;
    }
    return Promise.resolve(removed);
  }

  async changesSince(from: number, limit: number, shard = rootShard): Promise<readonly Change[]> {
    return this.#shard(shard).log.after(from).slice(0, limit);
  }

  oldestRevision(shard = rootShard): number {
    return this.#shard(shard).log.start;
  }

  lead(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.#leaders.lead(name, signal, run);
  }

  readCheckpoint(name: string): Promise<number | undefined> {
    return Promise.resolve(this.#checkpoints.get(name));
  }

  writeCheckpoint(name: string, revision: number): Promise<void> {
    this.#checkpoints.set(name, revision);
    return Promise.resolve();
  }

  forgetHistory(): Promise<void> {
    for (const { log, hub } of this.#shards.values()) {
      log.compactTo(log.end);
      hub.compactedTo(log.end);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    for (const shard of this.#shards.values()) shard.hub.close();
    return Promise.resolve();
  }

  #shard(name: string): Shard {
    let shard = this.#shards.get(name);
    if (shard === undefined) {
      const log = new MemoryLog(firstRevision, this.#options.historyChanges ?? 100_000);
      const hub = new Hub({
        revision: firstRevision,
        oldest: firstRevision,
        ringBytes: 1024 * 1024,
        readHistory: (filter, from) => Promise.resolve(log.read(filter, from)),
        onError: (error, doing) => this.#log.error({ err: error }, `failed while ${doing}`),
        ...(this.#options.progressMs === undefined ? {} : { progressMs: this.#options.progressMs }),
      });
      shard = { log, hub };
      this.#shards.set(name, shard);
    }
    return shard;
  }

  #shardOf(cluster: ClusterName): Shard {
    return this.#shard(this.#clusters.get(cluster)?.shard ?? rootShard);
  }

  /** The collection as it was at `revision`: the later changes undone, newest first. */
  #asOf(options: ListOptions, revision: number, current: Collection, shard: Shard): Collection {
    const past = new Collection(revision);
    for (const object of current.all()) past.set(object as SerializedObject);
    const filter = { cluster: options.cluster, resource: options.resource, namespace: '' };
    for (const change of shard.log.read(filter, revision).changes.toReversed() as StoredChange[]) {
      if (change.before === undefined) past.remove(change.key.namespace, change.key.name);
      else past.set(change.before);
    }
    return past;
  }

  #shardOfGroup(items: readonly WriteItem[]): string {
    let shard: string | undefined;
    for (const item of items) {
      const own: string | undefined =
        item.op === 'createCluster' ? (item.cluster.shard ?? rootShard) : this.#clusters.get(clusterOf(item))?.shard;
      if (own === undefined) continue;
      if (shard !== undefined && shard !== own) throw new Error('an atomic group spans two shards');
      shard = own;
    }
    return shard ?? rootShard;
  }

  /** The clusters that the group creates, as they will be. */
  #plannedClusters(items: readonly WriteItem[], shard: string, revision: number): Map<ClusterName, ClusterRecord> {
    const planned = new Map<ClusterName, ClusterRecord>();
    for (const item of items) {
      if (item.op === 'createCluster') {
        planned.set(item.cluster.name, { ...item.cluster, shard, revision, state: 'Active' });
      }
    }
    return planned;
  }

  #check(items: readonly WriteItem[], created: ReadonlyMap<ClusterName, ClusterRecord>): Map<number, Failure> {
    const failures = new Map<number, Failure>();
    items.forEach((item, index) => {
      const failure = isObjectItem(item) ? this.#checkObject(item, created) : this.#checkCluster(item, created);
      if (failure !== undefined) failures.set(index, failure);
    });
    return failures;
  }

  #checkGuard(item: WriteItem | undefined, guard: number | undefined, failures: Map<number, Failure>): void {
    if (item === undefined || guard === undefined || failures.get(0)?.why === 'noCluster') return;
    const current = this.guard(clusterOf(item));
    if (current !== guard) failures.set(0, { ok: false, why: 'outdated', current });
  }

  #checkCluster(item: ClusterItem, created: ReadonlyMap<ClusterName, ClusterRecord>): Failure | undefined {
    if (item.op === 'deleteCluster') {
      const active = item.cluster !== rootCluster && this.#clusters.get(item.cluster)?.state === 'Active';
      return active ? undefined : { ok: false, why: 'noCluster', current: 0 };
    }
    const { name, parent, workspace } = item.cluster;
    if (this.#clusters.get(name) !== undefined) return { ok: false, why: 'exists', current: 0 };
    if (parent !== '' && (created.get(parent) ?? this.#clusters.get(parent))?.state !== 'Active') {
      return { ok: false, why: 'noCluster', current: 0 };
    }
    const sibling = parent === '' ? undefined : this.#clusters.children(parent).find((c) => c.workspace === workspace);
    return sibling?.state === 'Active' ? { ok: false, why: 'exists', current: 0 } : undefined;
  }

  #checkObject(item: ObjectItem, created: ReadonlyMap<ClusterName, ClusterRecord>): Failure | undefined {
    const { cluster, resource, namespace, name } = item.key;
    const planned = created.get(cluster);
    const record = planned ?? this.#clusters.get(cluster);
    if (record?.state !== 'Active') return { ok: false, why: 'noCluster', current: 0 };
    const present =
      planned === undefined
        ? this.#objects.collection(cluster, resource)?.get(namespace, name)
        : this.#objects
            .defaults(planned, resource)
            .find((object) => object.key.namespace === namespace && object.key.name === name);
    const current = present?.revision ?? 0;
    if (item.op === 'create') return current === 0 ? undefined : { ok: false, why: 'exists', current };
    if (current === 0) return { ok: false, why: 'absent', current };
    return current === item.expected ? undefined : { ok: false, why: 'stale', current };
  }
}
