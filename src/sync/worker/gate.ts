/** How one attempt at a physical cluster went, for those who decide on the next. */
export type Outcome = 'ok' | 'overloaded' | 'unreachable';

export type Entry =
  /** `leave` says whether the cluster answers again after it had not for some time: those who were turned away can come. */
  | { readonly ok: true; leave(outcome: Outcome): { readonly recovered: boolean } }
  /** Every place is taken: come again soon. Or the cluster does not answer: there is no hurry. */
  | { readonly ok: false; readonly retryMs: number };

const startLimit = 10;
const maxLimit = 50;
/** So many may stand before a full gate, for so long: others need their workers too. */
const maxWaiting = 8;
const maxWaitMs = 1000;
const failuresToOpen = 3;
const halfOpenEveryMs = 10_000;
const busyRetryMs = 1000;
/** Those turned away are called when the cluster answers again; coming by themselves is for the case that nobody calls. */
const closedRetryMs = 180_000;

/**
 * Who may talk to a physical cluster: at most so many at once (more while it goes well, half as many when it groans), and nobody but a scout now and then
 * while it does not answer. Keeps a slow or dead cluster from using up the workers that others wait for.
 */
export class PhysicalClusterGate {
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();
  #limit = startLimit;
  #inside = 0;
  #failures = 0;
  #nextScoutAt = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** As far as is known. */
  get answers(): boolean {
    return this.#failures === 0;
  }

  /** Waits for a moment when every place is taken. */
  async enter(): Promise<Entry> {
    if (this.#isFull() && this.#waiting.size < maxWaiting) await this.#wait();
    const now = this.#now();
    if (this.#isClosed()) {
      if (now < this.#nextScoutAt) return { ok: false, retryMs: closedRetryMs };
      this.#nextScoutAt = now + halfOpenEveryMs;
    } else if (this.#isFull()) {
      return { ok: false, retryMs: busyRetryMs };
    }
    this.#inside++;
    let left = false;
    return {
      ok: true,
      leave: (outcome) => {
        if (left) return { recovered: false };
        left = true;
        const wasClosed = this.#isClosed();
        this.#inside--;
        this.#learn(outcome);
        for (const next of this.#waiting) {
          next();
          break;
        }
        return { recovered: wasClosed && this.answers };
      },
    };
  }

  #isClosed(): boolean {
    return this.#failures >= failuresToOpen;
  }

  #isFull(): boolean {
    return !this.#isClosed() && this.#inside >= Math.floor(this.#limit);
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, maxWaitMs);
      this.#waiting.add(go);
    });
  }

  #learn(outcome: Outcome): void {
    if (outcome === 'ok') {
      this.#failures = 0;
      this.#limit = Math.min(maxLimit, this.#limit + 1 / this.#limit);
      return;
    }
    this.#limit = Math.max(1, this.#limit / 2);
    if (outcome === 'overloaded') return;
    this.#failures++;
    if (this.#failures === failuresToOpen) this.#nextScoutAt = this.#now() + halfOpenEveryMs;
  }
}

const backoffBaseMs = 250;
const backoffMaxMs = 300_000;

/** Full jitter over 250 ms · 2^(failures-1), five minutes at most. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const cap = Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(50, Math.floor(cap * random()));
}
