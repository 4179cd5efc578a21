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
const later = 'later';
const maxBatch = 200;
/** A job whose process died is given to another within seconds, however often that happens. */
const patience = { lockDuration: 10_000, stalledInterval: 5000, maxStalledCount: 1_000_000 } as const;
const defaultBackoffMs = { base: 250, max: 300_000 };

/**
 * A work queue that all replicas share and that survives them: bullmq on Postgres or Redis. A key is a job's deduplication id, so that one waits and one
 * runs at most; `keepLastIfActive` runs it once more when it was added while it ran. A delayed key is a job of its own that rings when it is due, so
 * that a delay never keeps a later ring waiting.
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
  #pending: NewJob[] = [];
  #flushing: Promise<void> | undefined;
  #active = 0;
  #worker: { stop(): Promise<void> } | undefined;

  constructor(options: BullQueueOptions, backend: Backend) {
    this.#options = options;
    this.#backend = backend;
  }

  add(key: string, { delayMs = 0 }: { delayMs?: number } = {}): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#pending.length >= (this.#options.maxKeys ?? 100_000)) {
      this.#options.onDrop?.(key);
      return;
    }
    const keep = { removeOnComplete: true, removeOnFail: true } as const;
    const job: NewJob =
      delayMs > 0
        ? {
            name: later,
            data: { key },
            opts: {
              ...keep,
              delay: Math.ceil(delayMs),
              deduplication: { id: `${later}:${key}`, keepLastIfActive: true, reschedule: true },
            },
          }
        : { name: ring, data: { key }, opts: { ...keep, deduplication: { id: key, keepLastIfActive: true } } };
    this.#pending.push(job);
    this.#flushing ??= this.#flush();
  }

  start(reconcile: (key: string, signal: AbortSignal) => Promise<void>): void {
    this.#worker = this.#backend.work(async ({ name, data: { key } }) => {
      if (name === later) return this.add(key);
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
    await this.#flushing;
    this.#stopping.abort(new Error(`queue ${this.#options.name} stops`));
    await this.#worker?.stop();
    await this.#backend.close();
  }

  /** Of this process: what it is adding and what it is working on. */
  size(): number {
    return this.#pending.length + this.#active;
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
      const jobs = this.#pending.splice(0, maxBatch);
      try {
        await this.#backend.addAll(jobs);
      } catch (error) {
        this.#options.log.warn({ err: error, jobs: jobs.length }, 'jobs could not be queued');
        for (const { data } of jobs) this.#options.onDrop?.(data.key);
      }
    }
    this.#flushing = undefined;
  }
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
  await connection.connect();
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
