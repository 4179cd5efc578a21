import type { Work } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isPending } from './work-store.ts';

/** Since when a Work has something to do, as far as the leader knows. */
type Waiting = { readonly since: number; readonly nextRetry: number };

/** A work that rests for so long although it has something to do was forgotten: its process died, or its ring was lost. */
const overdueMs = 15_000;
/** More than these are left to the next sweep over everything. */
const maxWorks = 100_000;

/** Remembers the Works that have something to do, so that none needs a scan over all of them to be found again. */
export class PendingWorks {
  readonly #waiting = new Map<string, Waiting>();

  /** Called with the state of a Work whenever it is seen; undefined: it is gone. */
  see(key: string, work: Work | undefined, now: number): void {
    if (work === undefined || !isPending(work)) {
      this.#waiting.delete(key);
      return;
    }
    if (this.#waiting.size >= maxWorks && !this.#waiting.has(key)) return;
    const nextRetry = Date.parse(work.status?.lastError?.nextRetry ?? '');
    this.#waiting.set(key, { since: now, nextRetry: Number.isNaN(nextRetry) ? 0 : nextRetry });
  }

  /** The keys of Works that nobody has moved for too long, though their time has come. They are not named again for as long. */
  overdue(now: number): readonly string[] {
    const found: string[] = [];
    for (const [key, { since, nextRetry }] of this.#waiting) {
      if (now < Math.max(since, nextRetry) + overdueMs) continue;
      found.push(key);
      this.#waiting.set(key, { since: now, nextRetry });
    }
    return found;
  }

  get size(): number {
    return this.#waiting.size;
  }
}
