import type { Registry } from 'prom-client';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { errorText, isUnavailable } from '../../pg/errors.ts';
import { Collections } from '../cache/collections.ts';
import { Popularity } from '../cache/popularity.ts';
import { isStorableText } from '../group.ts';
import { quietLog, type StorageLog } from '../log.ts';
import {
  type CachedObject,
  type Change,
  type ClusterRecord,
  type CommitOptions,
  type DefaultContent,
  type ListOptions,
  type ListResult,
  type ObjectKey,
  type ObjectStore,
  StorageUnavailable,
  type WatchHandle,
  type WatchOptions,
  type WriteItem,
  type WriteOutcome,
} from '../object-store.ts';
import { Clusters, type KnownCluster } from './clusters.ts';
import { closeConnections, type Connections, createConnections } from './connections.ts';
import { DefaultObjects } from './default-objects.ts';
import { DeferredWatch } from './deferred-watch.ts';
import { History } from './history.ts';
import { Lists } from './lists.ts';
import { Maintenance } from './maintenance.ts';
import { registerStorageMetrics, type StorageMetrics } from './metrics.ts';
import { learnAndPrepare, prepare, rootShard } from './prepare.ts';
import { noSealing, type Sealing } from '../sealing.ts';
import { announceKeys } from './sealing-keys.ts';
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
  /** What is stored encrypted, and how; default: nothing. */
  readonly sealing?: Sealing;
  /** Where the store's metrics are registered. */
  readonly metrics?: Registry;
  /** How often an idle watch hears of progress. */
  readonly progressMs?: number;
  /** A collection that nobody uses or watches leaves the cache after this long. */
  readonly idleMs?: number;
};

const noDefaults: DefaultContent = { resources: new Set(), objects: () => [] };
/** A cached record of a logical cluster is believed for this long without looking at the log. */
const clusterAgeMs = 2000;

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
  readonly #connections: Connections;
  readonly #side: Side;
  readonly #clusters: Clusters;
  readonly #resources: Resources;
  readonly #defaults: DefaultObjects;
  readonly #collections: Collections;
  /** Sixteen single reads within ten seconds: about what loading a small collection costs. */
  readonly #popularity = new Popularity({ threshold: 16, windowMs: 10_000 });
  readonly #reader: Reader;
  readonly #lists: Lists;
  readonly #metrics: StorageMetrics | undefined;
  readonly #history: History;
  readonly #shards = new Map<string, Shard>();
  readonly #opening = new Map<string, Promise<Shard>>();
  readonly #options: PostgresStoreOptions;
  readonly #log: StorageLog;
  readonly #sealing: Sealing;
  readonly #closing = new AbortController();
  #maintenance: Promise<void> | undefined;

  constructor(options: PostgresStoreOptions) {
    const url = options.databaseUrl;
    this.#options = options;
    this.#sealing = options.sealing ?? noSealing;
    this.#log = options.log ?? quietLog;
    this.#connections = createConnections(url);
    const { fast, bulk } = this.#connections;
    this.#side = new Side({ url, log: this.#log, onNews: (shard) => this.#shards.get(shard)?.news() });
    this.#clusters = new Clusters(fast);
    this.#resources = new Resources(fast);
    this.#defaults = new DefaultObjects(options.defaults ?? noDefaults);
    this.#collections = new Collections({
      maxBytes: options.cacheBytes,
      watches: (cluster, resource) =>
        this.#shardOfKnown(cluster as ClusterName)?.hub.watches(cluster, resource) === true,
      ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    });
    const [resources, clusters, defaults] = [this.#resources, this.#clusters, this.#defaults];
    this.#reader = new Reader({ fast, bulk, resources, defaults, sealing: this.#sealing });
    this.#history = new History({ connection: bulk, clusters, resources, sealing: this.#sealing });
    const { cacheBytes, metrics } = options;
    this.#lists = new Lists({ collections: this.#collections, reader: this.#reader, cacheBytes });
    this.#metrics = metrics === undefined ? undefined : this.#register(metrics);
  }

  async open(): Promise<void> {
    await this.#reachable(() => this.#shard(rootShard));
    await this.#reachable(() => announceKeys(this.#connections.upkeep, this.#sealing));
    await this.#side.start();
    const maintenance = new Maintenance({
      connection: this.#connections.upkeep,
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
      .then((shard) => this.#lists.cached(shard, cluster, resource))
      .catch((error: unknown) => this.#log.debug({ err: error, resource }, 'a popular collection could not be cached'));
  }

  getAny(key: ObjectKey): Promise<CachedObject | undefined> {
    const cached = this.#collections.get(key.cluster, key.resource);
    return cached === undefined ? this.get(key) : Promise.resolve(cached.collection.get(key.namespace, key.name));
  }

  list(options: ListOptions): Promise<ListResult> {
    return this.#reachable(async () => {
      const cluster = await this.#readable(options.cluster, options.after);
      return this.#lists.list(await this.#shard(cluster?.record.shard ?? rootShard), cluster, options);
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

  commit(items: readonly WriteItem[], how: CommitOptions = {}): Promise<readonly WriteOutcome[]> {
    const options = { clusters: this.#clusters, resources: this.#resources, defaults: this.#defaults };
    return this.#reachable(async () => {
      const prepared = prepare(options, items, how) ?? (await learnAndPrepare(options, items, how));
      const shard = this.#shards.get(prepared.shard) ?? (await this.#shard(prepared.shard));
      const outcomes = await shard.committer.commit(prepared.group);
      if (how.guard !== undefined) this.#clusters.heardOfGuard(items, outcomes);
      return outcomes;
    });
  }

  guard(name: ClusterName): number | Promise<number> {
    const known = this.#clusters.known(name);
    return known?.guard.isSeen === true ? known.guard.value : this.#reachable(() => this.#seeGuard(name));
  }

  /** What raised the guard happened before it was read, so whoever follows the log up to now has taken it in. */
  async #seeGuard(name: ClusterName): Promise<number> {
    const known = await this.#clusters.find(name);
    if (known === undefined) return 0;
    const { value } = known.guard;
    if (known.guard.isSeen) return value;
    await (await this.#shard(known.record.shard)).fresh();
    if (known.guard.value === value) known.guard.isSeen = true;
    return value;
  }

  peek(cluster: ClusterName, resource: string, namespace: string): readonly CachedObject[] | undefined {
    return this.#collections.get(cluster, resource)?.collection.all(namespace);
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
    return this.#reachable(async () => Number((await this.#connections.bulk.query(purge, [limit]))[0]?.[0] ?? 0));
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
      const [row] = await this.#connections.fast.query(readCheckpoint, [name]);
      return row === undefined ? undefined : Number(row[0]);
    });
  }

  writeCheckpoint(name: string, revision: number): Promise<void> {
    return this.#reachable(async () => {
      await this.#connections.fast.query(writeCheckpoint, [name, revision]);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const shard of this.#shards.values()) shard.close();
    this.#collections.clear();
    await this.#maintenance;
    await Promise.all([closeConnections(this.#connections), this.#side.close()]);
  }

  #register(metrics: Registry): StorageMetrics {
    const shards = this.#shards;
    return registerStorageMetrics(metrics, {
      watches: () => [...shards.values()].reduce((sum, { hub }) => sum + hub.size, 0),
      collections: () => this.#collections.size,
      cacheBytes: () => this.#collections.bytes,
      revisions: () => [...shards.values()].map(({ name, hub }) => [name, hub.applied] as const),
    });
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
    if (key !== undefined && !(isStorableText(key.name) && isStorableText(key.namespace ?? ''))) {
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
      follow: this.#connections.follow,
      write: this.#connections.write,
      clusters: this.#clusters,
      resources: this.#resources,
      collections: this.#collections,
      history: this.#history,
      sealing: this.#sealing,
      ringBytes: Math.min(64 * 1024 * 1024, this.#options.cacheBytes / 4),
      progressMs: this.#options.progressMs,
      log: this.#log,
      onCommitted: (shard) => this.#side.tell(shard),
      onClustersDeleted: () => this.#lookEverywhere(),
      metrics: this.#metrics,
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
}
