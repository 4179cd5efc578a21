import cluster, { type Worker } from 'node:cluster';
import { relayMetrics } from '../observability/cluster-metrics.ts';

/** What the parent tells a worker, and a worker its parent. */
type ToWorker = { readonly type: 'begin'; readonly assignment: unknown } | { readonly type: 'stop' };
type ToParent =
  | { readonly type: 'waiting' }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string };

export type WorkerPoolOptions = {
  readonly count: number;
  readonly log: (text: string) => void;
  /** How long a worker may drain before it is killed. */
  readonly drainMs: number;
};

const restartDelayMs = 500;

/** A worker could not start; the message is for the user. */
export class WorkerFailed extends Error {
  override readonly name = 'StartError';
}

/**
 * Worker processes that share listening ports (node:cluster hands connections out in turn). They load their code at once and wait for `begin`, so that
 * whatever they need can be prepared meanwhile. A worker that dies later is replaced.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, Worker>();
  readonly #waiting = new Set<number>();
  readonly #starting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #assign: ((index: number) => unknown) | undefined;
  #stopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    relayMetrics();
    for (let index = 0; index < options.count; index++) this.#launch(index);
  }

  /** Gives every worker its assignment (plain JSON). Resolves when all are ready; rejects with what the first one that failed said. */
  async begin(assign: (index: number) => unknown): Promise<void> {
    this.#assign = assign;
    await Promise.all(
      Array.from({ length: this.#options.count }, (_, index) => {
        return new Promise<void>((resolve, reject) => {
          this.#starting.set(index, { resolve, reject });
          if (this.#waiting.has(index)) this.#send(index);
          else if (!this.#workers.has(index)) reject(new WorkerFailed(`process ${index} ended before it began`));
        });
      }),
    );
  }

  /** Drains and ends all workers. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // A worker that was given nothing to do has nothing to drain.
    const drainMs = this.#assign === undefined ? 0 : this.#options.drainMs;
    await Promise.all([...this.#workers.values()].map((worker) => stopWorker(worker, drainMs)));
  }

  #launch(index: number): void {
    const worker = cluster.fork();
    this.#workers.set(index, worker);
    worker.on('message', (message: ToParent) => {
      if (message.type === 'waiting') {
        this.#waiting.add(index);
        if (this.#assign !== undefined) this.#send(index);
      } else if (message.type === 'ready') {
        this.#starting.get(index)?.resolve();
        this.#starting.delete(index);
      } else if (message.type === 'failed') this.#starting.get(index)?.reject(new WorkerFailed(message.message));
    });
    worker.on('exit', (code, signal) => {
      this.#workers.delete(index);
      this.#waiting.delete(index);
      const why = `process ${index} ended (${signal ?? code})`;
      this.#starting.get(index)?.reject(new WorkerFailed(`${why} before it was ready`));
      if (this.#stopping || this.#assign === undefined) return;
      this.#options.log(`${why}, starting it again`);
      setTimeout(() => {
        if (!this.#stopping) this.#launch(index);
      }, restartDelayMs);
    });
  }

  #send(index: number): void {
    this.#waiting.delete(index);
    this.#workers.get(index)?.send({ type: 'begin', assignment: this.#assign?.(index) } satisfies ToWorker);
  }
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

/** True in a process that a WorkerPool started. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** Waits for the parent's assignment, runs `start` with it, and obeys the parent; ends when the parent is gone. */
export function runWorker(start: (assignment: unknown) => Promise<{ stop(): Promise<void> }>): void {
  // A terminal's Ctrl-C reaches the whole process group; the parent decides when this process stops.
  process.on('SIGINT', () => {});
  const tell = (message: ToParent): void => {
    if (process.connected === true) process.send?.(message);
  };
  let serving: Promise<{ stop(): Promise<void> }> | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    if (serving === undefined) process.exit(0);
    serving
      .then((server) => server.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('message', (message: ToWorker) => {
    if (message.type === 'stop') return stop();
    if (message.type !== 'begin') return;
    serving = start(message.assignment);
    serving.then(
      () => tell({ type: 'ready' }),
      (error: unknown) => {
        tell({ type: 'failed', message: describe(error) });
        process.exitCode = 1;
        process.disconnect?.();
      },
    );
  });
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  tell({ type: 'waiting' });
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'StartError' ? error.message : (error.stack ?? error.message);
}
