import { randomBytes } from 'node:crypto';
import { deepEqual, isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { createWorkQueue } from '../../controllers/framework/work-queue.ts';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import type { SyncLog } from '../log.ts';
import { reflect } from '../observer/reflector.ts';
import { type PhysicalApi, PhysicalError } from '../physical/api.ts';
import {
  desiredReplicas,
  type Generation,
  nextReplicas,
  rolloutStatus,
  templateHash,
  templateHashLabel,
} from './rollout.ts';

export type WorkloadControllerOptions = { readonly api: PhysicalApi; readonly log: SyncLog };

const collections = {
  deployments: '/apis/apps/v1/deployments',
  replicasets: '/apis/apps/v1/replicasets',
  pods: '/api/v1/pods',
} as const;

type Collection = keyof typeof collections;

/**
 * Deployments and ReplicaSets for API servers that come without a controller manager (this program's own, in demos and tests): rolling updates, scaling, status.
 * Deleting what is owned is left to the server's garbage collector. Runs until `signal` aborts.
 */
export async function runSimulatedWorkloadController(
  { api, log }: WorkloadControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const queue = createWorkQueue({
    name: 'simulated-workloads',
    concurrency: 8,
    backoffMs: { base: 50, max: 2000 },
    onError: (key, error) => log.debug({ err: error, key }, 'workload could not be brought forward'),
  });
  const controller = new WorkloadController(api, queue);
  queue.start((key) => controller.sync(key));
  await Promise.all(
    (Object.keys(collections) as Collection[]).map((collection) =>
      reflect(
        { api, path: collections[collection], labelSelector: '', metadataOnly: false },
        {
          onReplace: (all) => controller.replace(collection, all),
          onEvent: (type, object) => controller.see(collection, object, type === 'DELETED'),
          onError: (error) => log.debug({ err: error, collection }, 'cannot be watched'),
        },
        signal,
      ),
    ),
  );
  await queue.stop();
}

class WorkloadController {
  readonly #api: PhysicalApi;
  readonly #queue: ReconcileQueue;
  /** By uid. */
  readonly #objects: Record<Collection, Map<string, KubeObject>> = {
    deployments: new Map(),
    replicasets: new Map(),
    pods: new Map(),
  };
  /** uids by the uid of their controller. */
  readonly #owned = new Map<string, Set<string>>();
  readonly #synced = new Set<Collection>();

  constructor(api: PhysicalApi, queue: ReconcileQueue) {
    this.#api = api;
    this.#queue = queue;
  }

  replace(collection: Collection, all: readonly KubeObject[]): void {
    const present = new Set(all.map(({ metadata }) => metadata.uid ?? ''));
    for (const [uid, object] of this.#objects[collection]) if (!present.has(uid)) this.see(collection, object, true);
    this.#synced.add(collection);
    for (const object of all) this.see(collection, object, false);
    if (this.#synced.size < 3) return;
    for (const uid of this.#objects.deployments.keys()) this.#queue.add(`deployments/${uid}`);
    for (const uid of this.#objects.replicasets.keys()) this.#queue.add(`replicasets/${uid}`);
  }

  see(collection: Collection, object: KubeObject, deleted: boolean): void {
    const uid = object.metadata.uid ?? '';
    const owner = controllerOf(object);
    if (deleted) {
      this.#objects[collection].delete(uid);
      this.#owned.get(owner)?.delete(uid);
      if (this.#owned.get(owner)?.size === 0) this.#owned.delete(owner);
    } else {
      this.#objects[collection].set(uid, object);
      if (owner !== '') this.#owned.set(owner, (this.#owned.get(owner) ?? new Set()).add(uid));
    }
    // Before everything has been seen once, what is missing only looks so.
    if (this.#synced.size < 3) return;
    if (collection !== 'pods' && !deleted) this.#queue.add(`${collection}/${uid}`);
    if (collection === 'replicasets') this.#queue.add(`deployments/${owner}`);
    if (collection === 'pods') this.#queue.add(`replicasets/${owner}`);
  }

  async sync(key: string): Promise<void> {
    const [collection, uid = ''] = key.split('/');
    const object = this.#objects[collection === 'deployments' ? 'deployments' : 'replicasets'].get(uid);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    if (collection === 'deployments') await this.#syncDeployment(object);
    else await this.#syncReplicaSet(object);
  }

  async #syncDeployment(deployment: KubeObject): Promise<void> {
    const { namespace = '', name = '', uid = '' } = deployment.metadata;
    const hash = templateHash(deployment);
    const sets = this.#ownedBy(uid, 'replicasets');
    const generations = sets.map((set): Generation => {
      const pods = this.#livePods(set.metadata.uid ?? '');
      return {
        name: set.metadata.name ?? '',
        current: set.metadata.labels?.[templateHashLabel] === hash,
        replicas: desiredReplicas(set),
        available: pods.filter(isReady).length,
      };
    });
    if (!generations.some((set) => set.current)) {
      const none = { name: `${name}-${hash}`, current: true, replicas: 0, available: 0 };
      const replicas = nextReplicas(deployment, [...generations, none]).get(none.name) ?? 0;
      const created = await this.#create(
        collectionPath('replicasets', namespace),
        newReplicaSet(deployment, hash, replicas),
      );
      if (created !== undefined) this.see('replicasets', created, false);
      return;
    }
    for (const [set, replicas] of nextReplicas(deployment, generations)) {
      if (generations.find((known) => known.name === set)?.replicas === replicas) continue;
      const path = `${collectionPath('replicasets', namespace)}/${set}`;
      this.see('replicasets', await this.#api.merge(path, { spec: { replicas } }), false);
    }
    const status = rolloutStatus(
      deployment,
      generations.map((set) => ({ ...set, replicas: this.#podCount(sets, set) })),
      new Date(),
    );
    await this.#writeStatus(`${collectionPath('deployments', namespace)}/${name}`, deployment, status);
  }

  #podCount(sets: readonly KubeObject[], { name }: Generation): number {
    const set = sets.find(({ metadata }) => metadata.name === name);
    return this.#livePods(set?.metadata.uid ?? '').length;
  }

  async #syncReplicaSet(set: KubeObject): Promise<void> {
    const { namespace = '', name = '', uid = '' } = set.metadata;
    const pods = this.#livePods(uid);
    const desired = desiredReplicas(set);
    for (let i = pods.length; i < desired; i++) {
      const created = await this.#create(collectionPath('pods', namespace), newPod(set));
      if (created !== undefined) this.see('pods', created, false);
    }
    // Those that do not run yet go first.
    const surplus = pods.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b))).slice(0, pods.length - desired);
    for (const pod of desired < pods.length ? surplus : []) {
      await this.#api.remove(`${collectionPath('pods', namespace)}/${pod.metadata.name}`, pod.metadata.uid ?? '');
      this.see('pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString() } }, false);
    }
    const now = this.#livePods(uid);
    const ready = now.filter(isReady).length;
    const counts = ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready };
    await this.#writeStatus(`${collectionPath('replicasets', namespace)}/${name}`, set, {
      replicas: now.length,
      fullyLabeledReplicas: now.length,
      observedGeneration: set.metadata.generation ?? 1,
      ...counts,
    });
    const owner = controllerOf(set);
    if (owner !== '') this.#queue.add(`deployments/${owner}`);
  }

  async #create(path: string, object: JsonObject): Promise<KubeObject | undefined> {
    try {
      return await this.#api.create(path, object);
    } catch (error) {
      // There already (our own, not seen yet), or the namespace is on its way out.
      if (error instanceof PhysicalError && (error.class === 'Conflict' || error.class === 'NotReady'))
        return undefined;
      throw error;
    }
  }

  async #writeStatus(path: string, object: KubeObject, status: JsonObject): Promise<void> {
    if (deepEqual(status, object.status as Json | undefined)) return;
    const kind = path.includes('/deployments/') ? 'Deployment' : 'ReplicaSet';
    // Items of a list come without their kind.
    await this.#api.update(`${path}/status`, { ...(object as JsonObject), apiVersion: 'apps/v1', kind, status });
  }

  #ownedBy(uid: string, collection: Collection): readonly KubeObject[] {
    const found: KubeObject[] = [];
    for (const id of this.#owned.get(uid) ?? []) {
      const object = this.#objects[collection].get(id);
      if (object !== undefined && object.metadata.deletionTimestamp === undefined) found.push(object);
    }
    return found;
  }

  #livePods(replicaSetUID: string): readonly KubeObject[] {
    return this.#ownedBy(replicaSetUID, 'pods');
  }
}

function collectionPath(collection: 'deployments' | 'replicasets' | 'pods', namespace: string): string {
  const root = collection === 'pods' ? '/api/v1' : '/apis/apps/v1';
  return `${root}/namespaces/${namespace}/${collection}`;
}

function controllerOf({ metadata }: KubeObject): string {
  return metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid ?? '';
}

function isReady(pod: KubeObject): boolean {
  const status = pod.status as Json | undefined;
  const conditions = isObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
  return conditions.some((item) => isObject(item) && item.type === 'Ready' && item.status === 'True');
}

function ownerReference(owner: KubeObject): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: owner.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The template of a Deployment or ReplicaSet, with the labels that it has and one more. */
function template(owner: KubeObject, extra: Record<string, string>): { metadata: JsonObject; spec: Json } {
  const spec = owner.spec as JsonObject;
  const given = isObject(spec.template) ? spec.template : {};
  const metadata = isObject(given.metadata) ? given.metadata : {};
  const { labels, annotations } = metadata;
  return {
    metadata: {
      labels: { ...(isObject(labels) ? labels : {}), ...extra },
      ...(isObject(annotations) ? { annotations } : {}),
    },
    spec: given.spec ?? {},
  };
}

function newReplicaSet(deployment: KubeObject, hash: string, replicas: number): JsonObject {
  const extra = { [templateHashLabel]: hash };
  const made = template(deployment, extra);
  const spec = deployment.spec as JsonObject;
  const selector = isObject(spec.selector) ? spec.selector : {};
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      labels: made.metadata.labels ?? {},
      ownerReferences: [ownerReference({ ...deployment, kind: 'Deployment' })],
    },
    spec: {
      replicas,
      selector: {
        ...selector,
        matchLabels: { ...(isObject(selector.matchLabels) ? selector.matchLabels : {}), ...extra },
      },
      template: made,
    },
  };
}

function newPod(set: KubeObject): JsonObject {
  const { metadata, spec } = template(set, {});
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${set.metadata.name}-${randomBytes(3).toString('hex').slice(0, 5)}`,
      ownerReferences: [ownerReference({ ...set, kind: 'ReplicaSet' })],
    },
    spec,
  };
}
