import type { Queryable } from '../../pg/connection.ts';
import { isUnavailable } from '../../pg/errors.ts';
import type { Collections } from '../cache/collections.ts';
import { SerializedObject } from '../cache/serialized.ts';
import type { ObjectItem } from '../group.ts';
import { Hub } from '../hub.ts';
import type { StorageLog } from '../log.ts';
import type { Settled } from './batch.ts';
import type { Clusters } from './clusters.ts';
import { Committer } from './committer.ts';
import { Follower } from './follower.ts';
import type { History } from './history.ts';
import type { Sealing } from '../sealing.ts';
import type { StorageMetrics } from './metrics.ts';
import type { Resources } from './resources.ts';
import { openShard } from './statements.ts';

export type ShardOptions = {
  readonly name: string;
  /** For the following of the log. */
  readonly follow: Queryable;
  readonly write: Queryable;
  readonly clusters: Clusters;
  readonly resources: Resources;
  readonly collections: Collections;
  readonly history: History;
  readonly sealing: Sealing;
  readonly ringBytes: number;
  readonly progressMs: number | undefined;
  readonly log: StorageLog;
  /** This process has committed. */
  readonly onCommitted: (shard: string) => void;
  /** This process has deleted clusters, perhaps in several shards: resolves when it has taken that in. */
  readonly onClustersDeleted: () => Promise<void>;
  readonly metrics: StorageMetrics | undefined;
};

const historyPage = 500;
/** While somebody watches or waits, the log is looked at at least this often. */
const pollMs = 500;
/** Nobody watches and nothing is cached for this long: the changes need not be read. */
const restMs = 30_000;

/** One revision order, as one process takes part in it. */
export class Shard {
  readonly name: string;
  /** Its number in the database. */
  readonly id: number;
  readonly hub: Hub;
  readonly follower: Follower;
  readonly committer: Committer;
  readonly #options: ShardOptions;
  #poll: NodeJS.Timeout | undefined;
  #neededAt = performance.now();
  #usedAt = 0;

  /** Opens a shard, and makes it when the database has none of that name. */
  static async open(options: ShardOptions): Promise<Shard> {
    for (;;) {
      const [row] = await options.follow.query(openShard, [options.name]);
      // Two processes made it at once: this one's snapshot may be older than the row.
      if (row === undefined) continue;
      const [id, value, oldest, committedAt] = row;
      return new Shard(options, Number(id), Number(value), Number(oldest), committedAt ?? '');
    }
  }

  private constructor(options: ShardOptions, id: number, value: number, oldest: number, committedAt: string) {
    const { name, clusters, resources, collections, history, log } = options;
    this.name = name;
    this.id = id;
    this.#options = options;
    this.hub = new Hub({
      revision: value,
      oldest,
      ringBytes: options.ringBytes,
      readHistory: (filter, from) => history.read(id, filter, from, historyPage),
      startFollowing: () => this.startFollowing(),
      onError: (error, doing) => {
        // The log says once that the database is away; every watch meets that.
        const say = isUnavailable(error) ? log.debug.bind(log) : log.error.bind(log);
        say({ err: error, shard: name }, `failed while ${doing}`);
      },
      ...(options.progressMs === undefined ? {} : { progressMs: options.progressMs }),
    });
    this.follower = new Follower({
      shard: id,
      committedAt,
      connection: options.follow,
      clusters,
      resources,
      hub: this.hub,
      collections,
      sealing: options.sealing,
    });
    this.committer = new Committer({
      shard: id,
      sealing: options.sealing,
      connection: options.write,
      wantsChanges: () => this.hub.following,
      findBefore: (item) => this.#findBefore(item),
      onCommitted: (settled) => this.#committed(settled),
      onAnswered: (items, seconds) => options.metrics?.committed(items, seconds),
    });
  }

  /** Everything committed before the call has been seen when this resolves. */
  fresh(): Promise<number> {
    this.#keepPolling();
    return this.follower.fresh();
  }

  /** From now on every change goes through the hub, until nobody has needed that for a while. */
  startFollowing(): Promise<void> {
    this.#neededAt = performance.now();
    this.#keepPolling();
    return this.follower.startFollowing();
  }

  /** Another process has committed. */
  news(): void {
    if (this.#poll !== undefined) this.follower.fresh().catch(() => undefined);
  }

  /** Resolves when deletions of clusters that are older than `maxAgeMs` have been heard of. */
  async recent(maxAgeMs: number): Promise<void> {
    this.#usedAt = performance.now();
    this.#keepPolling();
    if (this.follower.age > maxAgeMs) await this.follower.fresh();
  }

  close(): void {
    clearTimeout(this.#poll);
    this.committer.close();
    this.hub.close();
  }

  #findBefore(item: ObjectItem): SerializedObject | undefined {
    if (item.op !== 'create' && item.before instanceof SerializedObject) return item.before;
    const { cluster, resource, namespace, name } = item.key;
    return this.#options.collections.peek(cluster, resource)?.collection.get(namespace, name);
  }

  #committed(settled: Settled): Promise<void> | undefined {
    const { base, count, changes, committedAt, created } = settled;
    for (const { cluster, revision } of created) {
      const record = { ...cluster.record, revision, state: 'Active' as const };
      this.#options.clusters.add({ id: cluster.id, record, guard: { value: 0, isSeen: true } });
    }
    if (count + settled.deletedClusters === 0) return undefined;
    this.#usedAt = performance.now();
    this.#keepPolling();
    this.#options.onCommitted(this.name);
    if (settled.deletedClusters === 0) {
      this.follower.takeOwn({ base, count, changes, committedAt });
      return undefined;
    }
    // Whoever is told of the deletion must find it done here.
    return this.#options.onClustersDeleted();
  }

  #keepPolling(): void {
    this.#poll ??= setTimeout(this.#tick, pollMs).unref();
  }

  readonly #tick = (): void => {
    const { hub, follower } = this;
    const now = performance.now();
    // Collections are shared by the shards; they are few, and rarely more than one shard is open.
    const needed = hub.size > 0 || this.#options.collections.size > 0;
    if (needed) this.#neededAt = now;
    else if (hub.following && now - this.#neededAt > restMs) follower.stopFollowing();
    if (!needed && !hub.awaited && !hub.following && now - this.#usedAt > restMs) {
      this.#poll = undefined;
      return;
    }
    const again = (): void => {
      if (this.#poll !== undefined) this.#poll = setTimeout(this.#tick, pollMs).unref();
    };
    if (follower.age < pollMs) again();
    else follower.fresh().then(again, again);
  };
}
