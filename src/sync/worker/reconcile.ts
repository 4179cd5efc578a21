import type { Condition } from '../../api/placement.atoll.dev/v1alpha1/group.ts';
import type { Work, WorkStatus } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { SyncLog } from '../log.ts';
import { PhysicalError } from '../physical/api.ts';
import { setCondition } from '../physical/conditions.ts';
import type { Connection, PhysicalClusterConnections } from '../physical/connections.ts';
import {
  formatWorkKey,
  isPending,
  parseWorkKey,
  readWork,
  removeWork,
  type StoredWork,
  updateWorkStatus,
} from '../work/work-store.ts';
import { applyWork, removeCopy } from './apply.ts';
import { backoffMs, type Outcome, PhysicalClusterGate } from './gate.ts';
import { ensureNamespaceWork } from './namespace.ts';
import { ownedFieldsHash } from './ownership.ts';
import { Neighbours } from './neighbours.ts';

/** Places in the worker where a test may stop it for good, as kill -9 would. */
export type Seam = 'beforeApply' | 'afterApply' | 'afterAck' | 'beforeRemove' | 'afterRemove';

export type WorkReconcilerOptions = {
  readonly store: ObjectStore;
  readonly connections: PhysicalClusterConnections;
  readonly queue: ReconcileQueue;
  readonly log: SyncLog;
  readonly now?: () => Date;
  /** Called at each seam; throwing there leaves everything as it is. */
  readonly at?: (seam: Seam, work: Work) => void;
};

/** Invalid or forbidden content is tried again when it changes, or after so long because the cluster may have changed. */
const hopelessRetryMs = 600_000;
/** The tier that uses the others. */
const workloadTier = 4;
/** While a copy is on its way out. */
const terminatingRetryMs = 500;

/**
 * Brings one Work's physical cluster to what the Work wishes. Gives the function that a queue calls with work keys. Everything it needs is in the store, and
 * each of its steps can be done twice; so it may die anywhere, and be run for any key at any time.
 */
export function createWorkReconciler(
  options: WorkReconcilerOptions,
): (key: string, signal: AbortSignal) => Promise<void> {
  const reconciler = new WorkReconciler(options);
  return (key, signal) => reconciler.reconcile(key, signal);
}

class WorkReconciler {
  readonly #options: WorkReconcilerOptions;
  /** Other credentials may make all the difference: each connection has a gate of its own. */
  readonly #gates = new WeakMap<Connection, PhysicalClusterGate>();
  readonly #now: () => Date;
  readonly #neighbours: Neighbours;
  #controlPlaneUID: string | undefined;

  constructor(options: WorkReconcilerOptions) {
    this.#options = options;
    this.#neighbours = new Neighbours(options.store, options.queue);
    this.#now = options.now ?? ((): Date => new Date());
  }

  async reconcile(key: string, signal: AbortSignal): Promise<void> {
    const { store, connections, queue } = this.#options;
    const stored = await readWork(store, parseWorkKey(key));
    if (stored === undefined || !isPending(stored.work)) return;
    const { physicalCluster, physicalClusterUID } = stored.work.spec;
    const state = await connections.get(physicalCluster);
    if (state.state === 'gone' || state.cluster.metadata.uid !== physicalClusterUID) {
      // Nobody can be asked any more: nothing may wait for that cluster.
      if (!(await removeWork(store, stored))) queue.add(key);
      return;
    }
    if (state.state === 'unusable') {
      const left = this.#backoffLeft(stored.work, false);
      if (left > 0) return queue.add(key, { delayMs: left });
      const error = new PhysicalError('Unauthorized', 0, `${state.reason}: ${state.message}`);
      return this.#failed(stored, error);
    }
    const gate = this.#gateOf(state.connection);
    const wait = this.#backoffLeft(stored.work, gate.answers);
    if (wait > 0) return queue.add(key, { delayMs: wait });
    const entry = await gate.enter();
    if (!entry.ok) return queue.add(key, { delayMs: entry.retryMs * (0.75 + Math.random() / 2) });
    let outcome: Outcome = 'ok';
    try {
      if (stored.work.spec.tombstoneAt === undefined) await this.#apply(stored, state.connection);
      else await this.#remove(stored, state.connection);
    } catch (error) {
      if (!(error instanceof PhysicalError)) throw error;
      // Given up because this process stops: that says nothing about the cluster.
      if (signal.aborted) return;
      if (error.class === 'Closed') return queue.add(key);
      outcome = outcomeOf(error);
      await this.#failed(stored, error);
    } finally {
      if (entry.leave(outcome).recovered) await this.#neighbours.ringAll(physicalClusterUID);
    }
  }

  async #apply(stored: StoredWork, { api }: Connection): Promise<void> {
    const { work } = stored;
    if (work.spec.tier > 0) await this.#ensureNamespace(stored, api);
    // What it refers to comes first: here and now, whether or not somebody else is about to do the same.
    await Promise.all(
      (await this.#neighbours.pendingDependencies(stored)).map((dependency) =>
        this.#applyOne(dependency, api).catch((error: unknown) => {
          if (!(error instanceof PhysicalError)) throw error;
          // The dependency's own turn notes it. A workload is sent without what it lacks: kubelets wait for it.
        }),
      ),
    );
    await this.#applyOne(stored, api);
    if (work.spec.tier === workloadTier) await this.#neighbours.ringUnused(stored);
  }

  async #applyOne(stored: StoredWork, api: Connection['api']): Promise<void> {
    const { store, at } = this.#options;
    const { key, work } = stored;
    const controlPlaneUID = await this.#readControlPlaneUID();
    at?.('beforeApply', work);
    const applied = await applyWork({ store, api, controlPlaneUID, name: key.name, work }).catch(async (error) => {
      if (error instanceof PhysicalError && error.class === 'NotFound' && work.spec.tier > 0) {
        await this.#namespaceVanished(stored);
      }
      throw error;
    });
    at?.('afterApply', work);
    if (applied === undefined) return;
    await this.#acknowledge(stored, applied);
    at?.('afterAck', work);
  }

  async #acknowledge({ key, work }: StoredWork, applied: KubeObject): Promise<void> {
    const now = this.#now();
    const after = await updateWorkStatus(this.#options.store, key, (current) => {
      const { lastError: _healed, ...status } = current.status ?? {};
      const conditions = setCondition(status.conditions ?? [], applyCondition('True', 'Applied', ''), now);
      return {
        ...status,
        appliedHash: work.spec.desiredHash,
        appliedGeneration: applied.metadata.generation ?? 0,
        copyUID: applied.metadata.uid ?? '',
        ownedFieldsHash: ownedFieldsHash(applied),
        conditions: [...conditions],
      };
    });
    // It changed while it was applied: whoever changed it has rung, this only makes sure.
    if (after !== undefined && isPending(after.work)) this.#options.queue.add(formatWorkKey(key));
  }

  async #remove(stored: StoredWork, { api }: Connection): Promise<void> {
    const { store, queue, at } = this.#options;
    const { key, work } = stored;
    if (await this.#neighbours.isInUse(stored)) return;
    // From here on the copy may be gone: should the work be wished again, it has to be applied again.
    const current =
      work.status?.appliedHash === undefined
        ? stored
        : await updateWorkStatus(store, key, ({ status = {} }) => {
            const { appliedHash: _forgotten, ...rest } = status;
            return rest;
          });
    if (current?.work.spec.tombstoneAt === undefined) return;
    at?.('beforeRemove', work);
    const controlPlaneUID = await this.#readControlPlaneUID();
    const gone = await removeCopy({ store, api, controlPlaneUID, name: key.name, work });
    at?.('afterRemove', work);
    if (!gone) {
      queue.add(formatWorkKey(key), { delayMs: terminatingRetryMs * (1 + Math.random()) });
      return;
    }
    if (!(await removeWork(store, current))) queue.add(formatWorkKey(key));
    else if (work.spec.tier > 0) await this.#neighbours.ringUnused(stored);
  }

  /** The namespace has to be there, and ours, before anything goes into it. */
  async #ensureNamespace({ work }: StoredWork, api: Connection['api']): Promise<void> {
    const { store } = this.#options;
    const controlPlaneUID = await this.#readControlPlaneUID();
    const namespace = await ensureNamespaceWork(store, work.spec, controlPlaneUID, this.#now());
    if (namespace.work.spec.tombstoneAt !== undefined) {
      throw new PhysicalError('NotReady', 0, `namespace ${work.spec.targetNamespace} is being removed`);
    }
    if (!isPending(namespace.work)) return;
    await this.#applyOne(namespace, api);
  }

  /** Somebody deleted the namespace by hand: it is made again with everything in it. */
  async #namespaceVanished({ work }: StoredWork): Promise<void> {
    const { store } = this.#options;
    const namespace = await ensureNamespaceWork(store, work.spec, await this.#readControlPlaneUID(), this.#now());
    await updateWorkStatus(store, namespace.key, ({ status = {} }) => {
      const { appliedHash: _forgotten, ...rest } = status;
      return rest;
    });
  }

  /** Notes the failure and when to try again. */
  async #failed({ key, work }: StoredWork, error: PhysicalError): Promise<void> {
    const { store, queue, log } = this.#options;
    const now = this.#now();
    const generation = work.metadata.generation ?? 0;
    const last = work.status?.lastError;
    const count = last?.generation === generation && last.class === error.class ? last.count + 1 : 1;
    const delayMs = retryDelay(error, count);
    log.debug({ work: formatWorkKey(key), class: error.class, err: error, count, delayMs }, 'a work failed');
    await updateWorkStatus(store, key, (current): WorkStatus => {
      const status = current.status ?? {};
      const condition = applyCondition('False', error.class, error.message);
      return {
        ...status,
        conditions: [...setCondition(status.conditions ?? [], condition, now)],
        lastError: {
          class: error.class,
          message: error.message,
          count,
          nextRetry: new Date(now.getTime() + delayMs).toISOString(),
          generation,
        },
      };
    });
    queue.add(formatWorkKey(key), { delayMs });
  }

  /** A work that failed because its cluster did not answer need not wait any longer when it does. */
  #backoffLeft({ metadata, status }: Work, answers: boolean): number {
    const last = status?.lastError;
    if (last === undefined || last.generation !== (metadata.generation ?? 0)) return 0;
    if (answers && reachability.has(last.class)) return 0;
    return Math.max(0, Date.parse(last.nextRetry) - this.#now().getTime());
  }

  #gateOf(connection: Connection): PhysicalClusterGate {
    let gate = this.#gates.get(connection);
    if (gate === undefined) {
      gate = new PhysicalClusterGate();
      this.#gates.set(connection, gate);
    }
    return gate;
  }

  /** It never changes. */
  async #readControlPlaneUID(): Promise<string> {
    this.#controlPlaneUID ??= (await this.#options.store.cluster(rootCluster))?.uid ?? '';
    return this.#controlPlaneUID;
  }
}

function applyCondition(
  status: 'True' | 'False',
  reason: string,
  message: string,
): Omit<Condition, 'lastTransitionTime'> {
  return { type: 'Applied', status, reason, message };
}

function retryDelay(error: PhysicalError, count: number): number {
  switch (error.class) {
    case 'Invalid':
    case 'Forbidden':
      return hopelessRetryMs * (0.75 + Math.random() / 2);
    default:
      return Math.max(backoffMs(count), error.retryAfterMs ?? 0);
  }
}

/** Errors that speak of the cluster, not of the work. */
const reachability: ReadonlySet<string> = new Set(['Unreachable', 'Unauthorized', 'BadResponse']);

function outcomeOf(error: PhysicalError): Outcome {
  if (reachability.has(error.class)) return 'unreachable';
  return error.class === 'Transient' ? 'overloaded' : 'ok';
}
