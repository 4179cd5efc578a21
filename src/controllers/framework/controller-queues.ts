import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Change } from '../../storage/object-store.ts';
import type { Controller, Enqueue, SweepReason } from './controller.ts';
import { clusterOfKey } from './object-keys.ts';
import { Outstanding } from './outstanding.ts';
import type { ReconcileQueue } from './reconcile-queue.ts';
import { createWorkQueue } from './work-queue.ts';

/** A key that failed this often holds no checkpoint back: it goes on being tried, and after a restart a sweep finds it. */
const patientFailures = 10;
const backlogPollMs = 20;
/** A sweep goes on when fewer keys than this wait. */
const maxSwept = 5000;

type Running = {
  readonly controller: Controller;
  readonly queue: ReconcileQueue;
  readonly enqueue: Enqueue;
  readonly outstanding: Outstanding;
  /** The sweep under way, and why another was asked for meanwhile. */
  sweeping: Promise<void> | undefined;
  sweepAgain: SweepReason | undefined;
};

/** The queues of several controllers, with the account of what they have still to do. */
export class ControllerQueues {
  readonly #running: readonly Running[];
  readonly #log: Pick<Logger, 'debug' | 'warn' | 'error'>;
  /** The change that is being looked at. */
  #revision: number | undefined;

  constructor(controllers: readonly Controller[], log: Pick<Logger, 'debug' | 'warn' | 'error'>) {
    this.#log = log;
    this.#running = controllers.map((controller) => this.#prepare(controller));
  }

  #prepare(controller: Controller): Running {
    const outstanding = new Outstanding();
    const queue = createWorkQueue({
      name: controller.name,
      concurrency: controller.concurrency,
      groupOf: clusterOfKey,
      onError: (key, error, failures) => {
        outstanding.failed(key);
        if (failures >= patientFailures) outstanding.forget(key);
        this.#log[failures >= patientFailures ? 'warn' : 'debug'](
          { err: error, controller: controller.name, key, failures },
          'reconcile failed',
        );
      },
      onDrop: (key) => {
        outstanding.forget(key);
        this.#log.warn({ controller: controller.name, key }, 'the queue is full, a key waits for the next sweep');
      },
    });
    const enqueue: Enqueue = (key, options) => {
      if (this.#revision !== undefined) outstanding.rang(key, this.#revision);
      queue.add(key, options);
    };
    return { controller, queue, enqueue, outstanding, sweeping: undefined, sweepAgain: undefined };
  }

  start(signal: AbortSignal): void {
    for (const { controller, queue, outstanding } of this.#running) {
      queue.start(async (key, stopping) => {
        const revision = outstanding.begin(key);
        await controller.reconcile(key, {
          signal: AbortSignal.any([signal, stopping]),
          enqueue: (next, options) => {
            // What a reconcile leads to at once is as overdue as itself; what it puts off is for a sweep to remember.
            if (revision !== undefined && options?.delayMs === undefined) outstanding.rang(next, revision);
            queue.add(next, options);
          },
        });
        outstanding.succeeded(key);
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.flatMap(({ queue, sweeping }) => [queue.stop(), sweeping ?? Promise.resolve()]));
  }

  notice(change: Change): void {
    this.#revision = change.revision;
    for (const { controller, enqueue } of this.#running) {
      try {
        controller.notice(change, enqueue);
      } catch (error) {
        this.#log.error({ err: error, controller: controller.name, key: change.key }, 'a change could not be read');
      }
    }
    this.#revision = undefined;
  }

  /** Begins sweeps; a controller that sweeps already does so once more afterwards. At a start only those sweep that wish to. */
  sweep(reason: SweepReason, signal: AbortSignal): void {
    for (const running of this.#running)
      if (reason !== 'start' || running.controller.sweepAtStart === true) this.#beginSweep(running, reason, signal);
  }

  #beginSweep(running: Running, reason: SweepReason, signal: AbortSignal): void {
    if (running.controller.sweep === undefined) return;
    if (running.sweeping !== undefined) {
      running.sweepAgain = reason;
      return;
    }
    running.sweeping = this.#sweep(running, reason, signal).finally(() => {
      running.sweeping = undefined;
      const again = running.sweepAgain;
      running.sweepAgain = undefined;
      if (again !== undefined && !signal.aborted) this.#beginSweep(running, again, signal);
    });
  }

  async #sweep({ controller, enqueue, queue }: Running, reason: SweepReason, signal: AbortSignal): Promise<void> {
    try {
      await controller.sweep?.({ reason, enqueue, signal, ready: () => this.below(maxSwept, signal) });
      this.#log.debug({ controller: controller.name, queued: queue.size() }, 'swept');
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ err: error, controller: controller.name }, 'a sweep failed');
    }
  }

  /** Resolves when fewer than `limit` keys wait, or `signal` aborts. */
  async below(limit: number, signal: AbortSignal): Promise<void> {
    while (this.size >= limit && !signal.aborted)
      await setTimeout(backlogPollMs, undefined, { signal }).catch(() => undefined);
  }

  get size(): number {
    return this.#running.reduce((sum, { queue }) => sum + queue.size(), 0);
  }

  /** Up to which revision all work is done, given that everything up to `seen` was noticed. */
  doneThrough(seen: number): number {
    return Math.min(seen, ...this.#running.map(({ outstanding }) => outstanding.doneThrough(seen)));
  }
}
