import { LRUCache } from 'lru-cache';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { plainArray } from '../../pg/arrays.ts';
import type { Queryable, Row } from '../../pg/connection.ts';
import { clusterOf } from '../group.ts';
import type { ClusterRecord, WriteItem, WriteOutcome } from '../object-store.ts';
import { childByWorkspace, childrenAfter, clusterByName, clustersById, reserveClusterIds } from './statements.ts';

/** A logical cluster with the number under which its objects are stored. */
export type KnownCluster = {
  readonly id: number;
  readonly record: ClusterRecord;
  readonly guard: GuardState;
};

/** The guard as this process last heard of it. `isSeen`: what raised it has been taken in here. */
export type GuardState = { value: number; isSeen: boolean };

/** Records in memory: about 6 MB. An idle logical cluster leaves the cache when others are used. */
const maxKnown = 10_000;
const reservedAtOnce = 32;

/**
 * The tree of logical clusters as this process knows it. Live records are cached, because nothing about them changes but their end, which the change
 * log tells; what is absent or being deleted is looked up each time.
 */
export class Clusters {
  readonly #connection: Queryable;
  readonly #byId = new LRUCache<number, KnownCluster>({
    max: maxKnown,
    dispose: (cluster) => this.#unlink(cluster),
  });
  readonly #byName = new Map<ClusterName, KnownCluster>();
  readonly #byWorkspace = new Map<string, KnownCluster>();
  readonly #lookups = new Map<ClusterName, Promise<KnownCluster | undefined>>();
  #reserved: number[] = [];
  #reserving: Promise<void> | undefined;
  /** Counts deletions heard of: a lookup that began before one is not cached. */
  #deletions = 0;

  constructor(connection: Queryable) {
    this.#connection = connection;
  }

  /** A live cluster that is in the cache. */
  known(name: ClusterName): KnownCluster | undefined {
    const cluster = this.#byName.get(name);
    if (cluster !== undefined) this.#byId.get(cluster.id);
    return cluster;
  }

  /** A cluster by name, also one that is being deleted; undefined when there is none. */
  find(name: ClusterName): Promise<KnownCluster | undefined> {
    const known = this.known(name);
    if (known !== undefined) return Promise.resolve(known);
    const running = this.#lookups.get(name);
    if (running !== undefined) return running;
    const lookup = this.#lookUp(name).finally(() => this.#lookups.delete(name));
    this.#lookups.set(name, lookup);
    return lookup;
  }

  /** Clusters by number; those that were purged are missing from the answer. */
  async byIds(ids: Iterable<number>): Promise<ReadonlyMap<number, KnownCluster>> {
    const found = new Map<number, KnownCluster>();
    const unknown: number[] = [];
    for (const id of new Set(ids)) {
      const cluster = this.#byId.get(id);
      if (cluster === undefined) unknown.push(id);
      else found.set(id, cluster);
    }
    if (unknown.length > 0) {
      const deletions = this.#deletions;
      const rows = await this.#connection.query(clustersById, [plainArray(unknown)]);
      for (const row of rows) {
        const cluster = this.#remember(readCluster(row), deletions);
        found.set(cluster.id, cluster);
      }
    }
    return found;
  }

  async child(parent: ClusterName, workspace: string): Promise<KnownCluster | undefined> {
    const known = this.#byWorkspace.get(workspaceKey(parent, workspace));
    if (known !== undefined) return this.#byId.get(known.id) ?? known;
    const above = await this.find(parent);
    if (above === undefined) return undefined;
    const deletions = this.#deletions;
    const [row] = await this.#connection.query(childByWorkspace, [above.id, workspace]);
    return row === undefined ? undefined : this.#remember(readCluster(row), deletions);
  }

  async children(parent: ClusterName, after: string, limit: number): Promise<readonly KnownCluster[]> {
    const above = await this.find(parent);
    if (above === undefined) return [];
    const rows = await this.#connection.query(childrenAfter, [above.id, after, limit]);
    return rows.map((row) => readCluster(row));
  }

  /** Takes in a cluster that this process has just made. */
  add(cluster: KnownCluster): void {
    this.#remember(cluster, this.#deletions);
  }

  /** A cluster is being deleted: from now on it is looked up. Gives what was known of it. */
  deleted(id: number): KnownCluster | undefined {
    this.#deletions++;
    const cluster = this.#byId.peek(id);
    this.#byId.delete(id);
    return cluster;
  }

  /** Forgets everything: the log of deletions was lost. */
  clear(): void {
    this.#deletions++;
    this.#byId.clear();
  }

  /** Takes in what the outcomes of a group say about the guard of its cluster. */
  heardOfGuard(items: readonly WriteItem[], outcomes: readonly WriteOutcome[]): void {
    outcomes.forEach((outcome, place) => {
      const item = items[place];
      if (outcome.ok || outcome.why !== 'outdated' || item === undefined) return;
      const known = this.#byName.get(clusterOf(item));
      if (known === undefined || known.guard.value >= outcome.current) return;
      known.guard.value = outcome.current;
      known.guard.isSeen = false;
    });
  }

  /** A number for a new cluster. Numbers are reserved in small blocks and never used twice. */
  async reserveId(): Promise<number> {
    for (;;) {
      const id = this.#reserved.pop();
      if (id !== undefined) return id;
      this.#reserving ??= this.#reserve().finally(() => (this.#reserving = undefined));
      await this.#reserving;
    }
  }

  async #reserve(): Promise<void> {
    const rows = await this.#connection.query(reserveClusterIds, [reservedAtOnce]);
    this.#reserved = rows.map(([id]) => Number(id)).toReversed();
  }

  async #lookUp(name: ClusterName): Promise<KnownCluster | undefined> {
    const deletions = this.#deletions;
    const [row] = await this.#connection.query(clusterByName, [name]);
    return row === undefined ? undefined : this.#remember(readCluster(row), deletions);
  }

  #remember(cluster: KnownCluster, deletions: number): KnownCluster {
    if (cluster.record.state === 'Active' && deletions === this.#deletions) {
      this.#byId.set(cluster.id, cluster);
      this.#byName.set(cluster.record.name, cluster);
      this.#byWorkspace.set(workspaceKey(cluster.record.parent, cluster.record.workspace), cluster);
    }
    return cluster;
  }

  #unlink(cluster: KnownCluster): void {
    const key = workspaceKey(cluster.record.parent, cluster.record.workspace);
    if (this.#byName.get(cluster.record.name) === cluster) this.#byName.delete(cluster.record.name);
    if (this.#byWorkspace.get(key) === cluster) this.#byWorkspace.delete(key);
  }
}

function workspaceKey(parent: string, workspace: string): string {
  return `${parent}\0${workspace}`;
}

/** Reads the columns that the statements call clusterColumns. */
function readCluster(row: Row): KnownCluster {
  const [id, name, shard, parent, workspace, uid, revision, createdAt, deletedAs, guard] = row.map(String);
  return {
    id: Number(id),
    guard: { value: Number(guard), isSeen: guard === '0' },
    record: {
      name: name as ClusterName,
      shard: shard ?? '',
      parent: (parent ?? '') as ClusterName | '',
      workspace: workspace ?? '',
      uid: uid ?? '',
      revision: Number(revision),
      createdAt: createdAt ?? '',
      state: deletedAs === '0' ? 'Active' : 'Deleting',
    },
  };
}
