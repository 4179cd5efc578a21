import { setTimeout as sleep } from 'node:timers/promises';
import type { LoopbackClient } from '../client/client.ts';
import type { Config } from '../config/config.ts';
import { clusterOfKey } from '../controllers/framework/object-keys.ts';
import type { ReconcileQueue } from '../controllers/framework/reconcile-queue.ts';
import { type RunnerOptions, runControllers } from '../controllers/framework/runner.ts';
import { createWorkQueue } from '../controllers/framework/work-queue.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { version } from '../version.ts';
import { openBullQueue } from './bullmq-queue.ts';
import { runObservers } from './observer/manager.ts';
import { createConnections, type PhysicalClusterConnections } from './physical/connections.ts';
import { runPhysicalClusterController } from './physical/controller.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import { createStatusController } from './status/controller.ts';
import { createDoorbell } from './work/doorbell.ts';
import { createNamespaceCollector } from './work/namespace-collector.ts';
import { createWorkReconciler, type WorkReconcilerOptions } from './worker/reconcile.ts';

export type SyncOptions = {
  readonly store: ObjectStore;
  /** In the name of a member of system:masters, as field manager `atoll-sync`: what it writes to tenants' objects is nobody's wish. */
  readonly client: LoopbackClient;
  /** Where the durable queue lives when no Redis is configured; without either, work is queued in this process's memory. */
  readonly databaseUrl?: string;
  readonly config: Pick<Config, 'redisUrl'>;
  readonly log: RunnerOptions['log'];
  readonly timing?: {
    /** How long an unreachable physical cluster may hold back the deletion of a tenant's object; 10 minutes. */
    readonly deleteDeadlineMs?: number;
    /** How often everything is looked at again; 10 minutes. */
    readonly sweepMs?: number;
    /** How often every copy is held against what is there; 10 minutes. */
    readonly auditMs?: number;
  };
  /** For tests that stop the worker in the middle. */
  readonly at?: WorkReconcilerOptions['at'];
};

const tenMinutesMs = 600_000;
/** Works that this process handles at once, over all physical clusters. */
const concurrency = 32;
const retryMs = 2000;

/**
 * Everything between tenants' objects and physical clusters: placement, the work queue and its workers, heartbeats, observers. Any number of processes may
 * run it: one leads the controllers, all of them work. Gives at once; `stop` resolves when nothing of it runs any more.
 */
export function startSync(options: SyncOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(options: SyncOptions, signal: AbortSignal): Promise<void> {
  const { store, client, log, timing = {}, at } = options;
  const queue = await openQueue(options, signal);
  if (queue === undefined) return;
  const connections = createConnections({ store, userAgent: `atoll/${version}` });
  queue.start(createWorkReconciler({ store, connections, queue, log, ...(at === undefined ? {} : { at }) }));
  const doorbell = createDoorbell({ store, queue });
  const controllers = runControllers({
    name: 'sync',
    store,
    log,
    controllers: [
      doorbell,
      createScheduler({ store, client, log, deleteDeadlineMs: timing.deleteDeadlineMs ?? tenMinutesMs }),
      createStatusController({ store, client }),
      createNamespaceCollector({ store }),
    ],
    timing: { sweepMs: timing.sweepMs ?? tenMinutesMs },
  });
  const fleet = store.lead('sync-fleet', signal, (leading) => watchFleet(options, queue, connections, leading));
  await aborted(signal);
  doorbell.stop();
  // Requests under way are given up: what they did is found again, what they did not is done again.
  connections.close();
  await Promise.all([controllers.stop(), queue.stop(), fleet]);
}

async function watchFleet(
  { store, client, log, timing = {} }: SyncOptions,
  queue: ReconcileQueue,
  connections: PhysicalClusterConnections,
  signal: AbortSignal,
): Promise<void> {
  const { auditMs = tenMinutesMs } = timing;
  await Promise.all([
    runPhysicalClusterController({ store, client, connections, log }, signal),
    runObservers({ store, queue, connections, log, auditMs }, signal),
  ]);
}

/** Tries until it succeeds: a queue that is away must not keep the API from starting. Undefined when `signal` aborts first. */
async function openQueue(
  { config, databaseUrl, log }: SyncOptions,
  signal: AbortSignal,
): Promise<ReconcileQueue | undefined> {
  const common = {
    name: 'atoll-sync',
    concurrency,
    onError: (key: string, error: unknown, failures: number) =>
      log.warn({ err: error, work: key, failures }, 'a work could not be handled'),
  };
  if (config.redisUrl === undefined && databaseUrl === undefined) {
    return createWorkQueue({ ...common, groupOf: clusterOfKey });
  }
  while (!signal.aborted) {
    try {
      const backend =
        config.redisUrl === undefined ? { databaseUrl: databaseUrl ?? '' } : { redisUrl: config.redisUrl };
      return await openBullQueue({ ...common, backend, log });
    } catch (error) {
      log.error({ err: error }, 'the work queue cannot be opened');
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
