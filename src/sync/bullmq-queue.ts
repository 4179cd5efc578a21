import { createPostgresBackend, type JobsOptions, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { ReconcileQueue, ReconcileQueueOptions } from '../controllers/framework/reconcile-queue.ts';
import type { SyncLog } from './log.ts';

export type BullQueueOptions = ReconcileQueueOptions & {
  /** Redis when there is one (several times the throughput), else Postgres. */
  readonly backend: { readonly redisUrl: string } | { readonly databaseUrl: string };
  readonly log: SyncLog;
};

type Job = { readonly name: string; readonly data: { readonly key: string } };
type NewJob = Job & { readonly opts: JobsOptions };

/** What is needed of bullmq's classes, whichever backend they stand on. */
type Backend = {
  addAll(jobs: NewJob[]): Promise<unknown>;
  work(process: (job: Job) => Promise<void>): { stop(): Promise<void> };
  close(): Promise<void>;
};

/** bullmq's own tables live apart from ours. */
const schema = 'bullmq';
/** One client of the pool is parked on LISTEN; the rest serve adds and the worker. */
const poolSize = 6;
const ring = 'ring';
const maxBatch = 200;
/** A job whose process died is given to another within seconds, however often that happens. */
const patience = { lockDuration: 5000, stalledInterval: 2000, maxStalledCount: 1_000_000 } as const;
const defaultBackoffMs = { base: 250, max: 300_000 };

/**
 * A work queue that all replicas share: bullmq on Postgres or Redis. A key is a job's deduplication id, so that one waits and one runs at most;
 * `keepLastIfActive` runs it once more when it was added while it ran. Delays are kept by the process that wished them: a delayed job would keep a later
 * ring of the same key waiting, and on Postgres concurrent workers deadlock over promoting many of them. So a process that dies takes its delays along;
 * whoever uses the queue rings again for what is behind.
 * @throws Error when the backend cannot be reached.
 */
export async function openBullQueue(options: BullQueueOptions): Promise<ReconcileQueue> {
  const backend =
    'redisUrl' in options.backend
      ? await openRedis(options, options.backend.redisUrl)
      : await openPostgres(options, options.backend.databaseUrl);
  return new BullQueue(options, backend);
}

class BullQueue implements ReconcileQueue {
  readonly #options: BullQueueOptions;
  readonly #backend: Backend;
  readonly #stopping = new AbortController();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly due: number; readonly timer: NodeJS.Timeout }>();
  #pending: string[] = [];
  #flushing: Promise<void> | undefined;
  #active = 0;
  #worker: { stop(): Promise<void> } | undefined;

  constructor(options: BullQueueOptions, backend: Backend) {
    this.#options = options;
    this.#backend = backend;
  }

  add(key: string, { delayMs = 0 }: { delayMs?: number } = {}): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#pending.length + this.#delayed.size >= (this.#options.maxKeys ?? 100_000)) {
      this.#options.onDrop?.(key);
      return;
    }
    if (delayMs > 0) return this.#delay(key, delayMs);
    this.#pending.push(key);
    this.#flushing ??= this.#flush();
  }

  /** Of several wishes for one key the earliest counts. */
  #delay(key: string, delayMs: number): void {
    const due = Date.now() + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined && waiting.due <= due) return;
    clearTimeout(waiting?.timer);
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, delayMs);
    timer.unref();
    this.#delayed.set(key, { due, timer });
  }

  start(reconcile: (key: string, signal: AbortSignal) => Promise<void>): void {
    this.#worker = this.#backend.work(async ({ data: { key } }) => {
      this.#active++;
      try {
        await reconcile(key, this.#stopping.signal);
        this.#failures.delete(key);
      } catch (error) {
        // Never left to bullmq: a failed job that waits for its retry would swallow the next ring.
        if (!this.#stopping.signal.aborted) this.#failed(key, error);
      } finally {
        this.#active--;
      }
    });
  }

  async stop(): Promise<void> {
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    await this.#flushing;
    this.#stopping.abort(new Error(`queue ${this.#options.name} stops`));
    await this.#worker?.stop();
    await this.#backend.close();
  }

  /** Of this process: what it is adding, delaying and working on. */
  size(): number {
    return this.#pending.length + this.#delayed.size + this.#active;
  }

  #failed(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { base, max } = this.#options.backoffMs ?? defaultBackoffMs;
    this.add(key, { delayMs: Math.min(max, base * 2 ** Math.min(failures - 1, 30)) * (0.5 + Math.random() / 2) });
    this.#options.onError?.(key, error, failures);
  }

  /** Adds what has gathered, in batches; what cannot be added is dropped: a sweep rings again. */
  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const keys = new Set(this.#pending.splice(0, maxBatch));
      try {
        await this.#backend.addAll([...keys].map(jobOf));
      } catch (error) {
        this.#options.log.warn({ err: error, jobs: keys.size }, 'jobs could not be queued');
        for (const key of keys) this.#options.onDrop?.(key);
      }
    }
    this.#flushing = undefined;
  }
}

function jobOf(key: string): NewJob {
  const deduplication = { id: key, keepLastIfActive: true };
  return { name: ring, data: { key }, opts: { removeOnComplete: true, removeOnFail: true, deduplication } };
}

async function openPostgres(options: BullQueueOptions, databaseUrl: string): Promise<Backend> {
  const { name, concurrency, log } = options;
  const pool = new Pool({
    connectionString: databaseUrl,
    max: poolSize,
    keepAlive: true,
    application_name: `atoll-${name}`,
    // A pool that is handed over cannot carry a schema: its connections have to look there themselves.
    options: `-c search_path=${schema},public`,
  });
  pool.setMaxListeners(0);
  const onError = (err: Error): void => log.warn({ err }, `queue ${name} has trouble with its database`);
  pool.on('error', onError);
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, schema);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw error;
  }
  const bull = withBackend(createPostgresBackend);
  const queue = new bull.Queue<Job['data']>(name, { connection: pool });
  queue.on('error', onError);
  await queue.waitUntilReady();
  return {
    addAll: (jobs) => queue.addBulk(jobs),
    work(process) {
      const worker = new bull.Worker<Job['data']>(name, process, { connection: pool, concurrency, ...patience });
      worker.on('error', onError);
      return { stop: () => worker.close() };
    },
    async close() {
      await queue.close();
      await pool.end();
    },
  };
}

async function openRedis(options: BullQueueOptions, redisUrl: string): Promise<Backend> {
  const { name, concurrency, log } = options;
  const onError = (err: Error): void => log.warn({ err }, `queue ${name} has trouble with Redis`);
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null, lazyConnect: true });
  connection.on('error', onError);
  try {
    await connection.connect();
  } catch (error) {
    connection.disconnect();
    throw error;
  }
  const queue = new Queue<Job['data']>(name, { connection, prefix: 'atoll' });
  queue.on('error', onError);
  await queue.waitUntilReady();
  return {
    addAll: (jobs) => queue.addBulk(jobs),
    work(process) {
      const worker = new Worker<Job['data']>(name, process, { connection, concurrency, prefix: 'atoll', ...patience });
      worker.on('error', onError);
      return { stop: () => worker.close() };
    },
    async close() {
      await queue.close();
      await connection.quit();
    },
  };
}
