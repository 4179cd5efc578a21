import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/**
 * Remembers what verified tokens said, by the token's SHA-256 (the token itself is not kept), at most `maxAgeMs` and never past `expiresAt`.
 * Bounded: the least recently used entry goes first.
 */
export class TokenCache<T extends object> {
  readonly #entries: LRUCache<string, { readonly value: T; readonly until: number }>;
  readonly #maxAgeMs: number;
  readonly #now: () => number;

  constructor(options: { readonly max: number; readonly maxAgeMs: number; readonly now: () => number }) {
    this.#entries = new LRUCache({ max: options.max });
    this.#maxAgeMs = options.maxAgeMs;
    this.#now = options.now;
  }

  /** The value remembered for the token, or what `verify` gives, which is then remembered. Failures are not. */
  async getOrVerify(
    token: string,
    verify: (token: string) => Promise<{ readonly value: T; readonly expiresAt: number }>,
  ): Promise<T> {
    const key = hash('sha256', token, 'base64');
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#now() < entry.until) return entry.value;
    const { value, expiresAt } = await verify(token);
    this.#entries.set(key, { value, until: Math.min(expiresAt, this.#now() + this.#maxAgeMs) });
    return value;
  }
}
