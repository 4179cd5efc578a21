import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import { createWorkQueue } from '../../controllers/framework/work-queue.ts';
import type { SyncLog } from '../log.ts';
import { reflect } from '../observer/reflector.ts';
import { type PhysicalApi, PhysicalError } from '../physical/api.ts';

export type KubeletOptions = {
  readonly api: PhysicalApi;
  readonly log: SyncLog;
  readonly nodeName?: string;
  /** How long an image takes to start. */
  readonly startMs?: number;
};

const heartbeatMs = 10_000;
const missingRetryMs = 500;

/**
 * A node that only pretends: it takes every pod that nobody else has, says that its containers run, and lets it go when it is deleted. Scheduler and kubelet
 * in one, for demos and tests; works against any API server. Like a real one it does not start a pod whose ConfigMaps or Secrets are missing.
 * Runs until `signal` aborts.
 */
export async function runSimulatedKubelet(options: KubeletOptions, signal: AbortSignal): Promise<void> {
  const { api, log, nodeName = 'simulated', startMs = 0 } = options;
  const pods = new Map<string, KubeObject>();
  const kubelet = new Kubelet(api, nodeName, startMs);
  const queue = createWorkQueue({
    name: 'simulated-kubelet',
    concurrency: 16,
    backoffMs: { base: missingRetryMs, max: missingRetryMs },
    onError: (key, error) => log.debug({ err: error, pod: key }, 'pod could not be run'),
  });
  queue.start(async (key) => {
    const pod = pods.get(key);
    if (pod !== undefined) await kubelet.sync(pod);
  });
  const see = (pod: KubeObject): void => {
    const key = keyOf(pod);
    pods.set(key, pod);
    if (kubelet.hasWork(pod)) queue.add(key);
  };
  const watching = reflect(
    { api, path: '/api/v1/pods', labelSelector: '', metadataOnly: false },
    {
      onReplace(all) {
        pods.clear();
        all.forEach(see);
      },
      onEvent(type, pod) {
        if (type === 'DELETED') pods.delete(keyOf(pod));
        else see(pod);
      },
      onError: (error) => log.debug({ err: error }, 'pods cannot be watched'),
    },
    signal,
  );
  await Promise.all([watching, beat(api, nodeName, log, signal)]);
  await queue.stop();
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

class Kubelet {
  readonly #api: PhysicalApi;
  readonly #nodeName: string;
  readonly #startMs: number;
  /** Servers without the binding subresource have no scheduler either: their pods run unbound. */
  #canBind = true;

  constructor(api: PhysicalApi, nodeName: string, startMs: number) {
    this.#api = api;
    this.#nodeName = nodeName;
    this.#startMs = startMs;
  }

  hasWork(pod: KubeObject): boolean {
    if (!this.#isMine(pod)) return false;
    return pod.metadata.deletionTimestamp !== undefined || !isRunning(pod);
  }

  #isMine(pod: KubeObject): boolean {
    const node = member(pod.spec as Json, 'nodeName');
    return node === undefined || node === '' || node === this.#nodeName;
  }

  async sync(pod: KubeObject): Promise<void> {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    if (pod.metadata.deletionTimestamp !== undefined) {
      await this.#api.remove(path, pod.metadata.uid ?? '', { gracePeriodSeconds: 0 });
      return;
    }
    if (isRunning(pod)) return;
    const missing = await this.#missing(pod);
    if (missing !== undefined) throw new Error(`${missing} not found`);
    await this.#bind(pod, path);
    if (this.#startMs > 0) await sleep(this.#startMs);
    try {
      await this.#api.merge(`${path}/status`, {
        metadata: { uid: pod.metadata.uid ?? '' },
        status: runningStatus(pod, new Date()),
      });
    } catch (error) {
      if (!(error instanceof PhysicalError) || error.class !== 'NotFound') throw error;
    }
  }

  async #bind(pod: KubeObject, path: string): Promise<void> {
    const node = member(pod.spec as Json, 'nodeName');
    if (!this.#canBind || (typeof node === 'string' && node !== '')) return;
    try {
      await this.#api.create(`${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: pod.metadata.name ?? '', namespace: pod.metadata.namespace ?? '' },
        target: { apiVersion: 'v1', kind: 'Node', name: this.#nodeName },
      });
    } catch (error) {
      if (!(error instanceof PhysicalError)) throw error;
      // Conflict: bound already. A Status answers the binding of a pod that exists, so what is not found is the subresource.
      if (error.class === 'NotFound') this.#canBind = (await this.#api.get(path)) === undefined;
      else if (error.class !== 'Conflict') throw error;
    }
  }

  /** The first ConfigMap or Secret that the pod mounts or reads and that does not exist. */
  async #missing(pod: KubeObject): Promise<string | undefined> {
    for (const { plural, name } of required(pod)) {
      const path = `/api/v1/namespaces/${pod.metadata.namespace}/${plural}/${name}`;
      if ((await this.#api.get(path)) === undefined) return `${plural} "${name}"`;
    }
    return undefined;
  }
}

function isRunning(pod: KubeObject): boolean {
  return member(pod.status as Json | undefined, 'phase') === 'Running';
}

function required(pod: KubeObject): readonly { plural: string; name: string }[] {
  const found: { plural: string; name: string }[] = [];
  const add = (plural: string, reference: Json | undefined, field: string): void => {
    const name = member(reference, field);
    if (typeof name === 'string' && member(reference, 'optional') !== true) found.push({ plural, name });
  };
  const spec = pod.spec as Json;
  for (const volume of objects(member(spec, 'volumes'))) {
    add('configmaps', volume.configMap, 'name');
    add('secrets', volume.secret, 'secretName');
  }
  for (const container of objects(member(spec, 'containers'))) {
    for (const from of objects(container.envFrom)) {
      add('configmaps', from.configMapRef, 'name');
      add('secrets', from.secretRef, 'name');
    }
    for (const variable of objects(container.env)) {
      add('configmaps', member(variable.valueFrom, 'configMapKeyRef'), 'name');
      add('secrets', member(variable.valueFrom, 'secretKeyRef'), 'name');
    }
  }
  return found;
}

function runningStatus(pod: KubeObject, now: Date): JsonObject {
  const time = formatTime(now);
  const condition = (type: string): JsonObject => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: time,
  });
  return {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    startTime: time,
    containerStatuses: objects(member(pod.spec as Json, 'containers')).map((container, index) => ({
      name: container.name ?? `c${index}`,
      image: container.image ?? '',
      imageID: `simulated://${pod.metadata.uid}/${index}`,
      containerID: `simulated://${pod.metadata.uid}-${index}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: time } },
    })),
  };
}

/** Keeps the Node object alive, without which stock controllers take the pods away. Servers that know no nodes need none. */
async function beat(api: PhysicalApi, nodeName: string, log: SyncLog, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const path = `/api/v1/nodes/${nodeName}`;
      if ((await api.get(path)) === undefined) {
        await api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } });
      }
      const time = formatTime(new Date());
      await api.merge(`${path}/status`, {
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'True',
              reason: 'Simulated',
              message: 'nothing really runs here',
              lastHeartbeatTime: time,
              lastTransitionTime: time,
            },
          ],
        },
      });
      await untaint(api, path);
    } catch (error) {
      if (error instanceof PhysicalError && error.class === 'NotFound') return;
      if (!signal.aborted) log.debug({ err: error }, 'the node could not be kept alive');
    }
    await sleep(heartbeatMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The admission of a stock server taints new nodes until somebody says that they are ready. */
async function untaint(api: PhysicalApi, path: string): Promise<void> {
  const node = await api.get(path);
  if (node !== undefined && objects(member(node.spec as Json, 'taints')).length > 0) {
    await api.merge(path, { spec: { taints: null } });
  }
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
