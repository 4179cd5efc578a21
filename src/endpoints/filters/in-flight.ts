import { tooManyRequests } from '../../apimachinery/errors.ts';
import type { Exchange } from '../exchange.ts';
import { expire } from './deadline.ts';

export type InFlightLimits = { readonly requests: number; readonly watches: number };

const tickMs = 500;
const overload = 'Too many requests, please try again later.';

/**
 * The requests this process is serving, within limits: short ones, and watches counted apart. One shared timer looks for those whose deadline has
 * passed; it runs only while there are any.
 */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #short = new Set<Exchange>();
  readonly #long = new Set<Exchange>();
  #timer: NodeJS.Timeout | undefined = undefined;
  #idle: (() => void)[] = [];

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /** Throws 429 when the process has its hands full. */
  enter(x: Exchange): void {
    if (x.longRunning) {
      if (this.#long.size >= this.#limits.watches) throw tooManyRequests(overload, 1);
      x.deadline = Number.POSITIVE_INFINITY;
      this.#long.add(x);
      return;
    }
    if (this.#short.size >= this.#limits.requests) throw tooManyRequests(overload, 1);
    this.#short.add(x);
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref();
  }

  leave(x: Exchange): void {
    if (!this.#short.delete(x)) this.#long.delete(x);
    if (this.#idle.length > 0 && this.#short.size === 0 && this.#long.size === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  get requests(): number {
    return this.#short.size;
  }

  get watches(): number {
    return this.#long.size;
  }

  /** Resolves when nothing is being served any more. */
  whenIdle(): Promise<void> {
    if (this.#short.size === 0 && this.#long.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #tick(): void {
    if (this.#short.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = performance.now();
    for (const x of this.#short) {
      if (now < x.deadline) continue;
      // Whatever it still waits for, nobody waits for it any more.
      this.leave(x);
      expire(x);
    }
  }
}
