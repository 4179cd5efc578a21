import { setTimeout } from 'node:timers/promises';
import type { StorageLog } from '../log.ts';

const retryMs = 1000;

/** Named locks in one process: who asks first leads, the others wait for their turn. */
export class MemoryLeaders {
  readonly #log: StorageLog;
  readonly #last = new Map<string, Promise<void>>();

  constructor(log: StorageLog) {
    this.#log = log;
  }

  /** As `ObjectStore.lead`. */
  async lead(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    let began = false;
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(() => {
      began = true;
      return this.#hold(name, signal, run);
    });
    this.#last.set(name, turn);
    await Promise.race([turn, aborted(signal)]);
    // Who never led does not wait for who leads now; who led ends with its run.
    if (began) await turn;
    if (this.#last.get(name) === turn) this.#last.delete(name);
  }

  async #hold(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await run(signal);
      } catch (error) {
        if (!signal.aborted) this.#log.error({ err: error, name }, 'a leader failed');
      }
      if (!signal.aborted) await setTimeout(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
