import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Change, type ObjectStore, RevisionCompacted } from '../../storage/object-store.ts';
import type { Controller } from './controller.ts';
import { ControllerQueues } from './controller-queues.ts';

export type RunnerStore = Pick<
  ObjectStore,
  'lead' | 'watch' | 'changesSince' | 'revision' | 'fresh' | 'readCheckpoint' | 'writeCheckpoint'
>;

export type RunnerOptions = {
  /** Names the lock and the checkpoint. */
  readonly name: string;
  readonly store: RunnerStore;
  readonly controllers: readonly Controller[];
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly shard?: string;
  readonly timing?: Partial<typeof defaultTiming>;
};

const defaultTiming = {
  /** How often a checkpoint is written while changes come. */
  checkpointMs: 5000,
  /** Everything is looked at again, whether or not anything rang. */
  sweepMs: 60 * 60_000,
  /** After a failure of the store. */
  retryMs: 1000,
};

const pageSize = 500;
/** While more keys than this wait, no further changes are read. */
const maxBacklog = 20_000;

/**
 * Runs controllers on one replica (whoever holds the lock), fed by the change log of one shard from a durable checkpoint. Gives a function that ends it.
 * When the log no longer reaches back to the checkpoint, and from time to time anyway, the controllers sweep. Changes are read no faster than they
 * are worked on, so a long backlog costs no memory.
 */
export function runControllers(options: RunnerOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let leadership: Promise<void> = Promise.resolve();
  const running = options.store.lead(options.name, stopping.signal, (signal) => {
    options.log.info({ controllers: options.controllers.map(({ name }) => name) }, 'controllers lead');
    leadership = new Leadership(options, signal).run();
    return leadership;
  });
  return {
    async stop() {
      stopping.abort();
      await running;
      // The lock is let go at once; what runs under it still has to end.
      await leadership.catch(() => undefined);
    },
  };
}

class Leadership {
  readonly #options: RunnerOptions;
  readonly #timing: typeof defaultTiming;
  readonly #signal: AbortSignal;
  readonly #queues: ControllerQueues;
  /** Every change up to here has rung. */
  #seen = 0;
  #written = 0;

  constructor(options: RunnerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#signal = signal;
    this.#queues = new ControllerQueues(options.controllers, options.log);
  }

  async run(): Promise<void> {
    const missed = await this.#readCheckpoint();
    this.#queues.start(this.#signal);
    try {
      await Promise.all([this.#follow(), this.#sweepNowAndThen(missed), this.#writeCheckpoints()]);
    } finally {
      await this.#queues.stop();
      await this.#writeCheckpoint().catch(() => undefined);
    }
  }

  /** True when there is none to begin with: everything must be looked at. */
  async #readCheckpoint(): Promise<boolean> {
    const { store, name, shard } = this.#options;
    const [checkpoint, current] = await Promise.all([store.readCheckpoint(name), store.fresh(shard)]);
    // A checkpoint of the future is one of another database's history.
    const usable = checkpoint !== undefined && checkpoint <= current;
    this.#seen = usable ? checkpoint : current;
    this.#written = usable ? checkpoint : -1;
    return !usable;
  }

  async #follow(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#catchUp();
        await this.#live();
      } catch (error) {
        if (this.#signal.aborted) return;
        if (error instanceof RevisionCompacted) {
          this.#options.log.warn({ from: error.requested, oldest: error.oldest }, 'changes were missed, sweeping');
          this.#seen = await this.#options.store.fresh(this.#options.shard);
          this.#queues.sweep('missed', this.#signal);
        } else {
          this.#options.log.error({ err: error }, 'controllers cannot read changes');
          await pause(this.#timing.retryMs, this.#signal);
        }
      }
    }
  }

  /** Reads the log page by page until its end, waiting for the queues. */
  async #catchUp(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#queues.below(maxBacklog, this.#signal);
      const changes = await this.#options.store.changesSince(this.#seen, pageSize, this.#options.shard);
      this.#notice(changes, changes.at(-1)?.revision ?? this.#seen);
      if (changes.length < pageSize) return;
    }
  }

  /** Follows the log as it grows; resolves when the watch ends or the queues are too full to go on. */
  #live(): Promise<void> {
    const { store, shard } = this.#options;
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return resolve();
      const end = (): void => {
        watch?.close();
        this.#signal.removeEventListener('abort', end);
        resolve();
      };
      let watch: ReturnType<ObjectStore['watch']> | undefined;
      try {
        watch = store.watch({
          cluster: '*',
          resource: '*',
          from: this.#seen,
          ...(shard === undefined ? {} : { shard }),
          onChanges: (changes, progress) => {
            this.#notice(changes, progress);
            if (this.#queues.size > maxBacklog) end();
          },
          onEnd: (reason) => {
            this.#options.log.debug({ reason }, 'the watch of the controllers ended');
            if (reason === 'closed') void pause(this.#timing.retryMs, this.#signal).then(end);
            else end();
          },
        });
      } catch (error) {
        return reject(error instanceof Error ? error : new Error(String(error)));
      }
      this.#signal.addEventListener('abort', end, { once: true });
    });
  }

  #notice(changes: readonly Change[], progress: number): void {
    for (const change of changes) this.#queues.notice(change);
    this.#seen = Math.max(this.#seen, progress);
  }

  async #sweepNowAndThen(missed: boolean): Promise<void> {
    this.#queues.sweep(missed ? 'missed' : 'start', this.#signal);
    // Jitter, so that replicas and controllers of different shards do not sweep in step.
    while (await pause(this.#timing.sweepMs * (0.75 + Math.random() / 2), this.#signal))
      this.#queues.sweep('time', this.#signal);
  }

  async #writeCheckpoints(): Promise<void> {
    while (await pause(this.#timing.checkpointMs, this.#signal)) {
      await this.#writeCheckpoint().catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'controllers cannot write their checkpoint'),
      );
    }
  }

  async #writeCheckpoint(): Promise<void> {
    const done = this.#queues.doneThrough(this.#seen);
    if (done <= this.#written) return;
    await this.#options.store.writeCheckpoint(this.#options.name, done);
    this.#written = done;
  }
}

/** False when `signal` aborted first. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await setTimeout(ms, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}
