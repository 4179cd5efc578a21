import type { Queryable, Row } from '../../pg/connection.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { Collections } from '../cache/collections.ts';
import type { Hub } from '../hub.ts';
import type { StoredChange } from '../ring.ts';
import type { Sealing } from '../sealing.ts';
import { readChange, readHead } from './change-rows.ts';
import type { Clusters } from './clusters.ts';
import type { Resources } from './resources.ts';
import { follow, followClusters } from './statements.ts';

export type FollowerOptions = {
  readonly shard: number;
  readonly committedAt: string;
  readonly connection: Queryable;
  readonly clusters: Clusters;
  readonly resources: Resources;
  readonly sealing: Sealing;
  readonly hub: Hub;
  readonly collections: Collections;
};

/** A batch that this process committed itself: its changes need not be read back. */
export type OwnBatch = {
  /** The revision before its first change. */
  readonly base: number;
  readonly count: number;
  /** All of its changes, or none when they were not kept because nobody followed the log. */
  readonly changes: readonly StoredChange[];
  readonly committedAt: string;
};

const maxPageRows = 1000;
const pageBytes = 8 * 1024 * 1024;
const maxClusterEvents = 1000;

/**
 * Follows the change log of one shard for one process: reads what others committed, takes in what this process committed, and hands both to the hub
 * and the caches in revision order.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #own = new Map<number, OwnBatch>();
  #committedAt: string;
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  #starting: Promise<void> | undefined;
  #pageRows = 256;
  /** When the newest finished look at the log began. */
  #lookedAt = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#committedAt = options.committedAt;
  }

  /** Milliseconds since the log was last looked at. */
  get age(): number {
    return performance.now() - this.#lookedAt;
  }

  /** Resolves when everything that was committed before the call has been applied; gives that revision. Concurrent calls share one query. */
  fresh(): Promise<number> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#run();
    this.#next = this.#running.then(
      () => this.#run(),
      () => this.#run(),
    );
    return this.#next;
  }

  /** Resolves when every change from now on goes through the hub. */
  startFollowing(): Promise<void> {
    if (this.#options.hub.following) return Promise.resolve();
    // One look that skips what nobody needs; after it, all looks read all changes.
    this.#starting ??= this.fresh()
      .then(() => {
        this.#options.hub.following = true;
      })
      .finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** Only when nobody watches and nothing is cached: from now on only the revision moves. */
  stopFollowing(): void {
    this.#options.hub.following = false;
    this.#own.clear();
    this.#options.hub.skipTo(this.#options.hub.applied);
  }

  /** Takes in a batch of this process. Applied at once when nothing is missing before it. */
  takeOwn(batch: OwnBatch): void {
    const { hub } = this.#options;
    if (hub.following) {
      if (batch.base < hub.applied) return;
      if (batch.changes.length === batch.count) {
        this.#own.set(batch.base, batch);
        this.#applyOwn();
        if (this.#own.size === 0) return;
      }
      this.#lookSoon();
    } else if (batch.base === hub.applied) {
      hub.skipTo(batch.base + batch.count);
      this.#committedAt = batch.committedAt;
    }
  }

  /** A look whose failure only costs time: the next one makes up for it. */
  #lookSoon(): void {
    if (this.#next === undefined) this.fresh().catch(() => undefined);
  }

  #run(): Promise<number> {
    this.#next = undefined;
    const run = this.#look().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  async #look(): Promise<number> {
    const began = performance.now();
    const value = this.#options.hub.following ? await this.#readChanges() : await this.#readClusterEvents();
    this.#lookedAt = began;
    return value;
  }

  async #readClusterEvents(): Promise<number> {
    const { connection, shard, hub, clusters } = this.#options;
    const before = hub.applied;
    const rows = await connection.query(followClusters, [shard, hub.applied, this.#committedAt, maxClusterEvents]);
    const { value, oldest, committedAt } = readHead(rows);
    if (value < before) return this.#restart(value, oldest, committedAt);
    hub.compactedTo(oldest);
    const deleted = rows.flatMap((row) => (row[3] === null ? [] : [Number(row[3])]));
    const known = await clusters.byIds(deleted);
    if (deleted.length === maxClusterEvents) clusters.clear();
    for (const id of deleted) this.#clusterDeleted(id, known.get(id)?.record.name);
    // While this look was on its way somebody may have begun to follow: then the changes are read, not skipped.
    if (!hub.following && value > hub.applied) {
      hub.skipTo(value);
      this.#committedAt = committedAt;
    }
    return value;
  }

  /** Reads pages until everything up to the revision that the first of them saw is applied. */
  async #readChanges(): Promise<number> {
    const { connection, shard, hub } = this.#options;
    let target = 0;
    do {
      const limit = this.#pageRows;
      const before = hub.applied;
      const own = [...this.#own.values()].map(({ base, changes }) => `[${base + 1},${base + changes.length}]`);
      const rows = await connection.query(follow, [shard, hub.applied, `{${own.join(',')}}`, this.#committedAt, limit]);
      const { value, oldest, committedAt } = readHead(rows);
      // The log no longer reaches back to what was seen, or the database was replaced by an older one.
      if (before < oldest || value < before) return this.#restart(value, oldest, committedAt);
      hub.compactedTo(oldest);
      if (target === 0) target = value;
      await this.#takeRows(rows, rows.length < limit ? value : 0);
      this.#adaptPage(rows);
    } while (hub.applied < target && hub.following);
    return target;
  }

  /** Applies rows of the log. `through`: they are all there is up to this revision (0: there is more). */
  async #takeRows(rows: readonly Row[], through: number): Promise<void> {
    const { hub, clusters, resources } = this.#options;
    const news = rows.filter((row) => row[3] !== null);
    await resources.learn(news.map((row) => Number(row[6])));
    const known = await clusters.byIds(news.map((row) => Number(row[5])));
    let run: StoredChange[] = [];
    let end = hub.applied;
    const flush = (): void => {
      if (end > hub.applied) this.#apply(run, end);
      run = [];
      this.#applyOwn();
      end = hub.applied;
    };
    for (const row of news) {
      const revision = Number(row[3]);
      if (revision <= end) continue;
      // A batch of our own lies between.
      if (revision !== end + 1) flush();
      if (revision <= end) continue;
      const id = Number(row[5]);
      const cluster = known.get(id)?.record.name;
      end = revision;
      this.#committedAt = row[12] ?? this.#committedAt;
      if (row[4] === 'C') {
        flush();
        this.#clusterDeleted(id, cluster);
      } else if (cluster !== undefined)
        run.push(readChange(row, cluster, resources.name(Number(row[6])) ?? '', this.#options.sealing));
    }
    flush();
    if (through > hub.applied) this.#apply([], through);
  }

  #applyOwn(): void {
    const { hub } = this.#options;
    for (;;) {
      const batch = this.#own.get(hub.applied);
      if (batch === undefined) break;
      this.#own.delete(batch.base);
      this.#apply(batch.changes, batch.base + batch.changes.length);
      this.#committedAt = batch.committedAt;
    }
    for (const base of this.#own.keys()) if (base < hub.applied) this.#own.delete(base);
  }

  #apply(changes: readonly StoredChange[], revision: number): void {
    this.#options.collections.apply(changes);
    this.#options.hub.apply(changes, revision);
  }

  #clusterDeleted(id: number, name: ClusterName | undefined): void {
    this.#options.clusters.deleted(id);
    if (name === undefined) return;
    this.#options.collections.dropCluster(name);
    this.#options.hub.endCluster(name);
  }

  #restart(value: number, oldest: number, committedAt: string): number {
    const { hub, clusters, collections } = this.#options;
    clusters.clear();
    collections.clear();
    this.#own.clear();
    this.#committedAt = committedAt;
    hub.restart(value, oldest);
    return value;
  }

  /** Keeps pages near `pageBytes`, whatever the size of the objects. */
  #adaptPage(rows: readonly Row[]): void {
    let bytes = 0;
    for (const row of rows) bytes += (row[9]?.length ?? 0) + (row[11]?.length ?? 0) + 100;
    this.#pageRows = Math.max(16, Math.min(maxPageRows, Math.floor((pageBytes * rows.length) / Math.max(bytes, 1))));
  }
}
