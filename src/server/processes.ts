import cluster, { type Worker } from 'node:cluster';
import { relayMetrics } from '../observability/cluster-metrics.ts';

/** What the parent tells a worker, and a worker its parent. */
type ToWorker = { readonly type: 'stop' };
type ToParent = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

export type WorkerPool = {
  /** Drains and ends all workers. */
  stop(): Promise<void>;
};

export type WorkerPoolOptions = {
  readonly count: number;
  /** Plain JSON given to worker `index`; read there with `workerAssignment`. */
  readonly assignment: (index: number) => unknown;
  readonly log: (text: string) => void;
  /** How long a worker may drain before it is killed. */
  readonly drainMs: number;
};

const assignmentVariable = 'ATOLL_WORKER';
const restartDelayMs = 500;

/** What the parent assigned to this process; undefined when this process is not a worker. */
export function workerAssignment(env: Readonly<Record<string, string | undefined>>): unknown {
  const text = cluster.isWorker ? env[assignmentVariable] : undefined;
  return text === undefined ? undefined : JSON.parse(text);
}

/**
 * Starts worker processes that share listening ports (node:cluster hands connections out in turn). Resolves when all are ready; throws what the
 * first one that failed said. A worker that dies later is replaced.
 */
export async function startWorkers(options: WorkerPoolOptions): Promise<WorkerPool> {
  relayMetrics();
  const running = new Map<number, Worker>();
  let stopping = false;

  const launch = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = cluster.fork({ [assignmentVariable]: JSON.stringify(options.assignment(index)) });
      running.set(index, worker);
      let ready = false;
      worker.on('message', (message: ToParent) => {
        if (message.type === 'ready') {
          ready = true;
          resolve();
        } else if (message.type === 'failed') reject(new WorkerFailed(message.message));
      });
      worker.on('exit', (code, signal) => {
        running.delete(index);
        if (!ready) reject(new WorkerFailed(`process ${index} ended before it was ready (${signal ?? code})`));
        else if (!stopping) {
          options.log(`process ${index} ended (${signal ?? code}), starting it again`);
          setTimeout(() => {
            if (!stopping) launch(index).catch((error: Error) => options.log(error.message));
          }, restartDelayMs);
        }
      });
    });

  const stop = async (): Promise<void> => {
    stopping = true;
    await Promise.all([...running.values()].map((worker) => stopWorker(worker, options.drainMs)));
  };
  try {
    await Promise.all(Array.from({ length: options.count }, (_, index) => launch(index)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

/** A worker could not start; the message is for the user. */
export class WorkerFailed extends Error {
  override readonly name = 'StartError';
}

function stopWorker(worker: Worker, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) return resolve();
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), drainMs);
    worker.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    if (worker.isConnected()) worker.send({ type: 'stop' } satisfies ToWorker);
    else worker.process.kill('SIGTERM');
  });
}

/** Runs `start` in a worker and obeys the parent; ends when the parent is gone. */
export async function runWorker(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  // A terminal's Ctrl-C reaches the whole process group; the parent decides when this process stops.
  process.on('SIGINT', () => {});
  const tell = (message: ToParent): void => {
    if (process.connected === true) process.send?.(message);
  };
  let server: { stop(): Promise<void> };
  try {
    server = await start();
  } catch (error) {
    tell({
      type: 'failed',
      message:
        error instanceof Error
          ? error.name === 'StartError'
            ? error.message
            : (error.stack ?? error.message)
          : String(error),
    });
    process.exitCode = 1;
    process.disconnect?.();
    return;
  }
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('message', (message: ToWorker) => {
    if (message.type === 'stop') stop();
  });
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  tell({ type: 'ready' });
}
