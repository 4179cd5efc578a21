import {
  type PlacementDecision,
  placementDecisionsResource,
} from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import type { PhysicalCluster } from '../../api/placement.atoll.dev/v1alpha1/physicalclusters.ts';
import { deepEqual } from '../../apimachinery/json.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { taintEffect } from '../../placement/policy.ts';
import type { ClusterSnapshot, TaintEffect } from '../../placement/snapshot.ts';
import type { CachedObject, Change, ObjectKey, ObjectStore } from '../../storage/object-store.ts';
import { findCondition } from '../physical/conditions.ts';
import { physicalClustersResource } from '../physical/connections.ts';

/** What the scheduler knows of all physical clusters, kept current by the changes it is told of. */
export class Fleet {
  #clusters: Snapshot[] = [];
  #isRead = false;
  /** Decisions that point at a cluster, by its uid. Followed from a scan on, so it may be off by a few: it only balances. */
  readonly #assigned = new Map<string, number>();

  snapshot(): readonly ClusterSnapshot[] {
    return this.#clusters.map((cluster) => ({ ...cluster, assigned: this.#assigned.get(cluster.uid) ?? 0 }));
  }

  /** The registered clusters have been read, and there are none. The first one that is registered is followed by a sweep. */
  get isKnownEmpty(): boolean {
    return this.#isRead && this.#clusters.length === 0;
  }

  /** Reads the registered clusters; true when anything changed that scheduling looks at. */
  async refresh(store: ObjectStore): Promise<boolean> {
    const { items } = await store.list({
      cluster: rootCluster,
      resource: physicalClustersResource,
      at: { mode: 'fresh' },
    });
    const next = items
      .map((item) => item.object as PhysicalCluster)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(snapshotOf);
    const changed = !deepEqual(next, this.#clusters);
    this.#clusters = next;
    this.#isRead = true;
    return changed;
  }

  /** Counts the decisions there are. */
  async count(store: ObjectStore): Promise<void> {
    this.#assigned.clear();
    const limit = 500;
    let after: ObjectKey | undefined;
    for (;;) {
      const page = await store.listEverywhere({
        resource: placementDecisionsResource,
        limit,
        ...(after === undefined ? {} : { after }),
      });
      for (const item of page) this.#add(item, 1);
      if (page.length < limit) return;
      after = page.at(-1)?.key;
    }
  }

  /** Follows changes of decisions. */
  onDecisions(changes: readonly Change[]): void {
    for (const { type, object, before } of changes) {
      if (before !== undefined) this.#add(before, -1);
      else if (type === 'DELETED') this.#add(object, -1);
      if (type !== 'DELETED') this.#add(object, 1);
    }
  }

  #add(item: CachedObject, difference: number): void {
    for (const { clusterUID } of (item.object as PlacementDecision).spec.decisions) {
      this.#assigned.set(clusterUID, Math.max(0, (this.#assigned.get(clusterUID) ?? 0) + difference));
    }
  }
}

/** A `ClusterSnapshot` in JSON's own types, so that two can be compared. */
type Snapshot = {
  name: string;
  uid: string;
  labels: Record<string, string>;
  provider: string;
  region: string;
  zones: string[];
  taints: { key: string; value: string; effect: TaintEffect }[];
  unschedulable: boolean;
  ready: boolean;
  notReadyReason: string;
  resourceKinds: string[];
  available: number | undefined;
};

function snapshotOf(cluster: PhysicalCluster): Snapshot {
  const { metadata, spec = {}, status } = cluster;
  const ready = findCondition(status?.conditions, 'Ready');
  const isReady = ready?.status === 'True';
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    labels: { ...metadata.labels },
    provider: spec.provider ?? '',
    region: spec.region ?? '',
    zones: [...(spec.zones ?? [])],
    taints: (spec.taints ?? []).map(({ key, value = '', effect }) => ({
      key,
      value,
      effect: taintEffect(effect) ?? 'NoSchedule',
    })),
    unschedulable: spec.unschedulable ?? false,
    ready: isReady,
    notReadyReason: isReady ? '' : (ready?.reason ?? 'not probed yet'),
    resourceKinds: [...(spec.resourceKinds ?? [])],
    available: undefined,
  };
}
