/** More collections than this are not told apart: the oldest counts are dropped. */
const maxCounted = 1024;

/**
 * Tells which collections are worth caching although nobody lists them: those whose objects are read one by one, again and again (a workspace's
 * namespaces on every create). Bounded, and forgotten after `windowMs`.
 */
export class Popularity {
  readonly #threshold: number;
  readonly #windowMs: number;
  readonly #counts = new Map<string, { since: number; reads: number }>();

  constructor(options: { readonly threshold: number; readonly windowMs: number }) {
    this.#threshold = options.threshold;
    this.#windowMs = options.windowMs;
  }

  /** Counts one read past the cache; true when this one makes the collection popular (once a window). */
  read(cluster: string, resource: string, now: number): boolean {
    const key = `${cluster}/${resource}`;
    const count = this.#counts.get(key);
    if (count === undefined || now - count.since > this.#windowMs) {
      if (count === undefined && this.#counts.size >= maxCounted) this.#dropOldest();
      this.#counts.set(key, { since: now, reads: 1 });
      return this.#threshold <= 1;
    }
    count.reads++;
    return count.reads === this.#threshold;
  }

  #dropOldest(): void {
    for (const key of this.#counts.keys()) {
      this.#counts.delete(key);
      return;
    }
  }
}
