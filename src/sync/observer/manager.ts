import { setTimeout as sleep } from 'node:timers/promises';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { Change, ObjectStore } from '../../storage/object-store.ts';
import { keepGoing } from '../follow.ts';
import type { SyncLog } from '../log.ts';
import { type PhysicalClusterConnections, physicalClustersResource } from '../physical/connections.ts';
import { allWorks, formatWorkKey, isPending } from '../work/work-store.ts';
import { PhysicalClusterObserver } from './observer.ts';

export type ObserverManagerOptions = {
  readonly store: ObjectStore;
  readonly queue: Pick<ReconcileQueue, 'add'>;
  readonly connections: PhysicalClusterConnections;
  readonly log: SyncLog;
  /** How often every applied Work is held against what is there. */
  readonly auditMs?: number;
};

const defaultAuditMs = 600_000;
const retryMs = 5000;

/** Keeps one observer for each physical cluster that can be reached at all, with its current credentials. Runs until `signal` aborts. */
export async function runObservers(options: ObserverManagerOptions, signal: AbortSignal): Promise<void> {
  const manager = new ObserverManager(options);
  await Promise.all([manager.follow(signal), manager.audit(signal)]);
  await manager.stop();
}

class ObserverManager {
  readonly #options: ObserverManagerOptions;
  readonly #observers = new Map<string, PhysicalClusterObserver>();
  #wake = new AbortController();
  #auditNow = new AbortController();

  constructor(options: ObserverManagerOptions) {
    this.#options = options;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#observers.values()].map((observer) => observer.stop()));
  }

  async follow(signal: AbortSignal): Promise<void> {
    const { store, log } = this.#options;
    const onChanges = (changes: readonly Change[]): void => {
      if (changes.length > 0) this.#wake.abort();
    };
    const following = keepGoing('the watch of physical clusters', log, signal, (ended) => {
      const common = { cluster: rootCluster, from: store.revision(), onChanges, onEnd: ended };
      const handles = [physicalClustersResource, 'secrets'].map((resource) => store.watch({ ...common, resource }));
      this.#wake.abort();
      return Promise.resolve(() => {
        for (const handle of handles) handle.close();
      });
    });
    while (!signal.aborted) {
      this.#wake = new AbortController();
      let pauseMs = 60_000;
      try {
        await this.#adjust();
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, 'observers could not be adjusted');
        pauseMs = retryMs;
      }
      const wake = AbortSignal.any([signal, this.#wake.signal]);
      await sleep(pauseMs, undefined, { signal: wake }).catch(() => undefined);
    }
    await following;
  }

  /** Starts observers that are missing, ends those whose cluster is gone or whose credentials changed. */
  async #adjust(): Promise<void> {
    const { store, connections, queue, log } = this.#options;
    const { items } = await store.list({
      cluster: rootCluster,
      resource: physicalClustersResource,
      at: { mode: 'fresh' },
    });
    const names = new Set(items.map((item) => item.key.name));
    const root = await store.cluster(rootCluster);
    for (const name of new Set([...names, ...this.#observers.keys()])) {
      const state = await connections.get(name);
      const connection = state.state === 'open' ? state.connection : undefined;
      const current = this.#observers.get(name);
      if (current?.connection === connection) continue;
      if (current !== undefined) {
        this.#observers.delete(name);
        await current.stop();
      }
      if (connection === undefined) continue;
      const observer = new PhysicalClusterObserver({ store, queue, connection, log, controlPlaneUID: root?.uid ?? '' });
      this.#observers.set(name, observer);
      void observer.synced.then(() => this.#auditNow.abort());
    }
  }

  /** Finds copies that vanished while nobody watched. */
  async audit(signal: AbortSignal): Promise<void> {
    const { auditMs = defaultAuditMs, log } = this.#options;
    while (!signal.aborted) {
      this.#auditNow = new AbortController();
      const wake = AbortSignal.any([signal, this.#auditNow.signal]);
      await sleep(auditMs * (0.75 + Math.random() / 2), undefined, { signal: wake }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#auditOnce(signal);
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, 'an audit of the physical clusters failed');
      }
    }
  }

  async #auditOnce(signal: AbortSignal): Promise<void> {
    const synced = new Map<string, PhysicalClusterObserver>();
    for (const observer of this.#observers.values()) {
      if (observer.isSynced) synced.set(observer.connection.uid, observer);
    }
    for await (const stored of allWorks(this.#options.store)) {
      if (signal.aborted) return;
      const observer = synced.get(stored.work.spec.physicalClusterUID);
      if (observer === undefined) continue;
      if (isPending(stored.work)) {
        // It could not be reached before, perhaps: it can be now.
        this.#options.queue.add(formatWorkKey(stored.key));
        continue;
      }
      if (observer.has(stored.key.name)) continue;
      await observer.confirmMissing(stored).catch((error: unknown) => {
        this.#options.log.debug({ err: error, work: stored.key.name }, 'a copy could not be audited');
      });
    }
  }
}
