import { placementDecisionsResource } from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import { type Work, worksResource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { ApiError, conflict } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { LoopbackClient } from '../../client/client.ts';
import {
  type Controller,
  type Enqueue,
  type SweepContext,
  visitEverywhere,
} from '../../controllers/framework/controller.ts';
import { type ClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { Change, ClusterRecord, ObjectStore } from '../../storage/object-store.ts';
import { carriedResources, workloadResources } from '../kinds.ts';
import type { SyncLog } from '../log.ts';
import { physicalClustersResource } from '../physical/connections.ts';
import { type StoredWork, listWorks } from '../work/work-store.ts';
import { listDecisions } from './decision-store.ts';
import { diffRows, packCommits } from './diff.ts';
import { addSyncFinalizer, hasSyncFinalizer, holdsBackMs, removeSyncFinalizer } from './finalizer.ts';
import { Fleet } from './fleet.ts';
import { NamespaceIndex } from './namespace-index.ts';
import { Pace } from './pace.ts';
import { isPlaceable, planNamespace, type Workload } from './plan.ts';
import { listObjects, readDependencies, readWorkloads } from './read.ts';

export type SchedulerOptions = {
  readonly store: ObjectStore;
  readonly client: LoopbackClient;
  readonly log: SyncLog;
  /** How long an unreachable physical cluster may hold back the deletion of a tenant's object. */
  readonly deleteDeadlineMs: number;
  readonly now?: () => Date;
};

const placementsResource = 'placements.placement.atoll.dev';
/** Not a namespace's name: everything is to be looked at because the fleet changed. */
const fleetKey = `${rootCluster}/#fleet`;
const maxCommitItems = 200;

/**
 * Places what tenants create: for each namespace with workloads, decides and writes PlacementDecision and Work rows, in one commit, and keeps the finalizer
 * that makes deletions wait. A key is `<cluster>/<namespace>`. Everything is computed from what is stored: a lost ring costs time until the next sweep.
 */
export function createScheduler(options: SchedulerOptions): Controller {
  return new Scheduler(options);
}

class Scheduler implements Controller {
  readonly name = 'placement';
  readonly concurrency = 8;
  readonly sweepAtStart = true;
  readonly #options: SchedulerOptions;
  readonly #index = new NamespaceIndex();
  readonly #fleet = new Fleet();
  readonly #pace = new Pace();
  #fleetLoaded: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  notice(change: Change, enqueue: Enqueue): void {
    const { cluster, resource, namespace, name } = change.key;
    if (cluster === rootCluster) {
      if (resource === physicalClustersResource) enqueue(fleetKey);
      return;
    }
    const key = `${cluster}/${namespace}`;
    if (workloadResources.includes(resource)) {
      // Status is ours; only what users write matters. Without physical clusters only what was placed once has a way to go.
      if (this.#fleet.isKnownEmpty && !hasSyncFinalizer(change.object.object)) return;
      if (isNews(change)) enqueue(key);
    } else if (resource === 'services' || resource === placementsResource) {
      if (this.#index.has(key) && isNews(change)) enqueue(key);
    } else if (carriedResources.includes(resource)) {
      if (this.#index.refersTo(key, `${resource}/${name}`)) enqueue(key);
    } else if (resource === worksResource) {
      if (change.type === 'DELETED') enqueue(`${cluster}/${(change.object.object as Work).spec.source.namespace}`);
    } else if (resource === placementDecisionsResource) {
      this.#fleet.onDecisions([change]);
    }
  }

  async sweep(context: SweepContext): Promise<void> {
    const { store } = this.#options;
    const seen = new Set<string>();
    const ring = (cluster: ClusterName, namespace: string): void => {
      const key = `${cluster}/${namespace}`;
      if (cluster === rootCluster || seen.has(key)) return;
      seen.add(key);
      context.enqueue(key);
    };
    for (const resource of workloadResources)
      await visitEverywhere(store, resource, context, ({ key }) => ring(key.cluster, key.namespace));
    await visitEverywhere(store, worksResource, context, ({ key, object }) =>
      ring(key.cluster, (object as Work).spec.source.namespace),
    );
  }

  async reconcile(key: string, { signal, enqueue }: { signal: AbortSignal; enqueue: Enqueue }): Promise<void> {
    const { store } = this.#options;
    await (this.#fleetLoaded ??= this.#loadFleet());
    if (key === fleetKey) {
      if (await this.#fleet.refresh(store))
        await this.sweep({ reason: 'missed', enqueue, signal, ready: () => Promise.resolve() });
      return;
    }
    const slash = key.indexOf('/');
    const record = await store.cluster(key.slice(0, slash) as ClusterName);
    if (record === undefined || record.state !== 'Active') {
      this.#index.delete(key);
      return;
    }
    const restMs = this.#pace.restMs(key);
    if (restMs > 0) {
      enqueue(key, { delayMs: restMs });
      return;
    }
    const began = performance.now();
    const waitMs = await this.#placeNamespace(key, record, key.slice(slash + 1));
    this.#pace.took(key, performance.now() - began);
    if (waitMs > 0) enqueue(key, { delayMs: waitMs });
  }

  async #loadFleet(): Promise<void> {
    try {
      await this.#fleet.count(this.#options.store);
      await this.#fleet.refresh(this.#options.store);
    } catch (error) {
      this.#fleetLoaded = undefined;
      throw error;
    }
  }

  /** Gives after how many milliseconds time alone makes another look necessary; 0: never. */
  async #placeNamespace(key: string, cluster: ClusterRecord, namespace: string): Promise<number> {
    const { store, client, now = (): Date => new Date() } = this.#options;
    const [namespaceObject, workloads, allWorks, decisions] = await Promise.all([
      store.get({ cluster: cluster.name, resource: 'namespaces', namespace: '', name: namespace }),
      readWorkloads(store, cluster.name, namespace),
      listWorks(store, cluster.name),
      listDecisions(store, cluster.name, namespace),
    ]);
    const works = allWorks.filter(({ work }) => work.spec.source.namespace === namespace);
    if (workloads.length === 0 && works.length === 0 && decisions.length === 0) {
      this.#index.delete(key);
      return 0;
    }
    const fleet = this.#fleet.snapshot();
    const registered = new Set(fleet.map(({ uid }) => uid));
    const root = await store.cluster(rootCluster);
    const [dependencies, services, placements] = await Promise.all([
      readDependencies(store, cluster.name, namespace, workloads, (names) => this.#index.set(key, names)),
      listObjects(store, cluster.name, 'services', namespace),
      listObjects(store, cluster.name, placementsResource, namespace),
    ]);
    const plan = planNamespace({
      controlPlaneUID: root?.uid ?? '',
      cluster,
      namespace: { name: namespace, uid: namespaceObject?.object.metadata.uid ?? '' },
      workloads: namespaceObject === undefined ? [] : dependencies.workloads,
      services,
      placements,
      dependencies: dependencies.objects,
      decisions: new Map(decisions.map((stored) => [stored.key.name, stored.decision.spec])),
      fleet,
    });
    for (const { workload, works: own } of plan.placed) {
      if (own.length > 0 && !hasSyncFinalizer(workload.object)) await this.#addFinalizer(cluster.name, workload);
    }
    const groups = diffRows({ cluster: cluster.name, plan, works, decisions, registered, now: now() });
    for (const items of packCommits(groups, maxCommitItems)) {
      const outcomes = await store.commit(items);
      // Somebody (a worker's status, another replica) was quicker: look again.
      if (outcomes.some((outcome) => !outcome.ok)) throw rowsChanged(namespace);
    }
    return this.#releaseDeleted(client, cluster.name, workloads, works, registered, root?.uid ?? '', now());
  }

  async #addFinalizer(cluster: ClusterName, { object, resource }: Workload): Promise<void> {
    await addSyncFinalizer(this.#options.client, refOf(cluster, resource, object), object);
  }

  /** Takes the finalizer from objects on their way out that nothing holds back any more. */
  async #releaseDeleted(
    client: LoopbackClient,
    cluster: ClusterName,
    workloads: readonly Workload[],
    works: readonly StoredWork[],
    registered: ReadonlySet<string>,
    controlPlaneUID: string,
    now: Date,
  ): Promise<number> {
    let wait = 0;
    for (const { object, resource } of workloads) {
      if (isPlaceable(object, controlPlaneUID) || !hasSyncFinalizer(object)) continue;
      const own = works.filter(
        ({ work: { spec } }) =>
          spec.source.resource === resource &&
          spec.source.name === object.metadata.name &&
          registered.has(spec.physicalClusterUID),
      );
      const holds = holdsBackMs(own, now, this.#options.deleteDeadlineMs);
      if (holds <= 0) await removeSyncFinalizer(client, refOf(cluster, resource, object), object);
      else wait = wait === 0 ? holds : Math.min(wait, holds);
    }
    return wait;
  }
}

function isNews({ type, object, before }: Change): boolean {
  if (type !== 'MODIFIED' || before === undefined) return true;
  const now = object.object.metadata;
  const then = before.object.metadata;
  return (
    now.generation === undefined ||
    now.generation !== then.generation ||
    now.deletionTimestamp !== then.deletionTimestamp ||
    now.finalizers?.length !== then.finalizers?.length ||
    JSON.stringify([now.labels, now.annotations]) !== JSON.stringify([then.labels, then.annotations])
  );
}

function refOf(cluster: ClusterName, resource: string, { metadata }: KubeObject) {
  return { cluster, resource, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

function rowsChanged(namespace: string): ApiError {
  return conflict({ group: '', resource: 'namespaces' }, namespace, 'its works changed while it was placed');
}
