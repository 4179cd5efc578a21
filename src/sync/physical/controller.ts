import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '../../api/placement.atoll.dev/v1alpha1/group.ts';
import {
  defaultHeartbeatSeconds,
  type PhysicalCluster,
} from '../../api/placement.atoll.dev/v1alpha1/physicalclusters.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import { deepEqual } from '../../apimachinery/json.ts';
import type { LoopbackClient } from '../../client/client.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { Change, ObjectStore } from '../../storage/object-store.ts';
import { keepGoing } from '../follow.ts';
import type { SyncLog } from '../log.ts';
import { findCondition, setCondition } from './conditions.ts';
import { type PhysicalClusterConnections, physicalClustersResource, type Unusable } from './connections.ts';
import { probe, type ProbeResult } from './probe.ts';

/** A cluster that was Ready stays so while it is out of reach for less than this. */
const unreachableGraceMs = 30_000;

export type PhysicalClusterControllerOptions = {
  readonly store: ObjectStore;
  readonly client: LoopbackClient;
  readonly connections: PhysicalClusterConnections;
  readonly log: SyncLog;
  readonly now?: () => Date;
};

/**
 * Keeps the conditions of every PhysicalCluster true: one heartbeat loop each, so that a dead one delays nobody. Runs until `signal` aborts.
 */
export async function runPhysicalClusterController(
  options: PhysicalClusterControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const loops = new Map<string, Heartbeat>();
  const ensure = (name: string): void => {
    const existing = loops.get(name);
    if (existing !== undefined) {
      existing.wake();
      return;
    }
    const loop = new Heartbeat(name, options, signal);
    loops.set(name, loop);
    void loop.done.finally(() => loops.delete(name));
  };
  const { store, log } = options;
  const onClusters = (changes: readonly Change[]): void => {
    for (const change of changes) if (isNews(change)) ensure(change.key.name);
  };
  // Any Secret of root may be some cluster's credentials; there are few.
  const onSecrets = (changes: readonly Change[]): void => {
    if (changes.length > 0) for (const loop of loops.values()) loop.wake();
  };
  await keepGoing('the watch of physical clusters', log, signal, async (ended) => {
    const { items, revision } = await store.list({
      cluster: rootCluster,
      resource: physicalClustersResource,
      at: { mode: 'fresh' },
    });
    const common = { cluster: rootCluster, from: revision, onEnd: ended };
    const handles = [
      store.watch({ ...common, resource: physicalClustersResource, onChanges: onClusters }),
      store.watch({ ...common, resource: 'secrets', onChanges: onSecrets }),
    ];
    for (const item of items) ensure(item.key.name);
    return () => {
      for (const handle of handles) handle.close();
    };
  });
  await Promise.all([...loops.values()].map((loop) => loop.done));
}

/** Our own status writes are no news. */
function isNews({ type, object, before }: Change): boolean {
  if (type !== 'MODIFIED' || before === undefined) return true;
  return object.object.metadata.generation !== before.object.metadata.generation;
}

class Heartbeat {
  readonly done: Promise<void>;
  readonly #name: string;
  readonly #options: PhysicalClusterControllerOptions;
  readonly #now: () => Date;
  #wake = new AbortController();
  /** A new leader gives every cluster its grace again. */
  #lastContact: number;

  constructor(name: string, options: PhysicalClusterControllerOptions, signal: AbortSignal) {
    this.#name = name;
    this.#options = options;
    this.#now = options.now ?? ((): Date => new Date());
    this.#lastContact = this.#now().getTime();
    this.done = this.#run(signal);
  }

  /** Beat now. */
  wake(): void {
    this.#wake.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { connections, log } = this.#options;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const wake = AbortSignal.any([signal, this.#wake.signal]);
      let seconds = defaultHeartbeatSeconds;
      try {
        const state = await connections.get(this.#name);
        if (state.state === 'gone') return;
        seconds = state.cluster.spec?.heartbeatSeconds ?? defaultHeartbeatSeconds;
        const result = state.state === 'open' ? await probe(state.connection.api) : state;
        // Closed on our side: there are other credentials now, or we stop.
        if (result === undefined) this.wake();
        else if (!signal.aborted) await this.#report(state.cluster, result);
      } catch (error) {
        // The store is away or somebody else wrote: the next beat comes in any case.
        if (!signal.aborted) log.warn({ err: error, physicalCluster: this.#name }, 'heartbeat failed');
      }
      const pause = seconds * 1000 * (0.9 + Math.random() * 0.2);
      await sleep(pause, undefined, { signal: wake }).catch(() => undefined);
    }
  }

  async #report(cluster: PhysicalCluster, result: ProbeResult | Unusable): Promise<void> {
    const { client } = this.#options;
    const ref = { cluster: rootCluster, resource: physicalClustersResource, name: this.#name };
    const live = (await client.find(ref)) as PhysicalCluster | undefined;
    if (live === undefined || live.metadata.uid !== cluster.metadata.uid) return;
    const status = this.#statusOf(live, result);
    if (deepEqual(status, live.status ?? {})) return;
    try {
      await client.update(ref, { ...live, status }, 'status');
    } catch (error) {
      // Somebody changed it in between: the change wakes us, and the next report starts from there.
      if (!(error instanceof ApiError) || (error.code !== 409 && error.code !== 404)) throw error;
      this.wake();
    }
  }

  #statusOf(live: PhysicalCluster, result: ProbeResult | Unusable): NonNullable<PhysicalCluster['status']> {
    const now = this.#now();
    const old = live.status ?? {};
    const observedGeneration = live.metadata.generation ?? 1;
    let conditions: readonly Condition[] = old.conditions ?? [];
    const set = (type: string, status: Condition['status'], reason: string, message: string): void => {
      conditions = setCondition(conditions, { type, status, reason, message, observedGeneration }, now);
    };
    if ('state' in result) {
      const { reason, message } = result;
      set('Ready', 'False', reason, message);
      set('CredentialsValid', 'False', reason, message);
      return { ...old, conditions: [...conditions] };
    }
    if (!result.ok) {
      const { reason, message, credentials } = result;
      const wasReady = findCondition(old.conditions, 'Ready')?.status === 'True';
      if (reason === 'Unreachable') {
        if (!wasReady || now.getTime() - this.#lastContact >= unreachableGraceMs)
          set('Ready', 'Unknown', reason, message);
      } else {
        set('Ready', 'False', reason, message);
      }
      if (credentials === false) set('CredentialsValid', 'False', reason, message);
      else if (reason !== 'Unreachable') set('CredentialsValid', 'Unknown', reason, message);
      return { ...old, conditions: [...conditions] };
    }
    this.#lastContact = now.getTime();
    set('CredentialsValid', 'True', 'Accepted', 'the cluster accepts the credentials');
    if (old.clusterUID !== undefined && old.clusterUID !== result.clusterUID) {
      const message = `this is another cluster (${result.clusterUID}) than the one registered (${old.clusterUID}): register it under a name of its own`;
      set('Ready', 'False', 'ClusterUIDChanged', message);
      return { ...old, conditions: [...conditions] };
    }
    set('Ready', 'True', 'Healthy', 'the cluster answers');
    return {
      ...old,
      conditions: [...conditions],
      version: { ...old.version, kubernetes: result.version },
      clusterUID: result.clusterUID,
    };
  }
}
