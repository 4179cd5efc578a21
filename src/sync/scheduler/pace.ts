/** A pass over a large namespace is followed by a rest this many times as long: writing thousands of objects there must not occupy a core. */
const restFactor = 3;
const worthRestingMs = 20;
const longestRestMs = 3_000;

/**
 * Keeps passes over the same namespace apart, in proportion to what one costs. Changes that come meanwhile are met by the next pass together. Small
 * namespaces never wait.
 */
export class Pace {
  readonly #restUntil = new Map<string, number>();
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long the namespace should be left alone; 0: it may be looked at. */
  restMs(key: string): number {
    const until = this.#restUntil.get(key);
    if (until === undefined) return 0;
    const rest = until - this.#now();
    if (rest > 0) return Math.ceil(rest);
    this.#restUntil.delete(key);
    return 0;
  }

  /** Says what a pass took. */
  took(key: string, ms: number): void {
    if (ms < worthRestingMs) return;
    this.#forgetRested();
    this.#restUntil.set(key, this.#now() + Math.min(ms * restFactor, longestRestMs));
  }

  #forgetRested(): void {
    const now = this.#now();
    for (const [key, until] of this.#restUntil) if (until <= now) this.#restUntil.delete(key);
  }
}
