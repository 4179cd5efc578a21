import type { Change } from './object-store.ts';
import type { SerializedObject } from './cache/serialized.ts';

/** A change as stores make it: with the one implementation of `CachedObject`, which knows its size. */
export interface StoredChange extends Change {
  readonly object: SerializedObject;
  readonly before: SerializedObject | undefined;
}

/**
 * The newest changes of one shard, in revision order, bounded by bytes: what watches resume from without asking the database. Complete: it holds
 * every change after `start`.
 */
export class ChangeRing {
  /** Every change with a greater revision is here. */
  start: number;
  readonly #maxBytes: number;
  #changes: StoredChange[] = [];
  /** Changes before this index were let go; they are cut off in bulk. */
  #head = 0;
  #bytes = 0;

  constructor(start: number, maxBytes: number) {
    this.start = start;
    this.#maxBytes = maxBytes;
  }

  push(change: StoredChange): void {
    this.#changes.push(change);
    this.#bytes += weight(change);
    while (this.#bytes > this.#maxBytes && this.#head < this.#changes.length - 1) this.#letGo();
  }

  /** Forgets everything: the ring begins anew at `start`. */
  reset(start: number): void {
    this.start = start;
    this.#changes = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** Calls `visit` with the changes after `revision`, in order. `revision` must not be before `start`. */
  visitAfter(revision: number, visit: (change: StoredChange) => void): void {
    let low = this.#head;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#changes.length; low++) {
      const change = this.#changes[low];
      if (change !== undefined) visit(change);
    }
  }

  #letGo(): void {
    const change = this.#changes[this.#head];
    if (change === undefined) return;
    this.#bytes -= weight(change);
    this.start = change.revision;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** `before` is nearly always the object of an earlier change, so it counts by half. */
function weight(change: StoredChange): number {
  return change.object.size + (change.before === undefined ? 0 : change.before.size >> 1);
}
