import { RevisionCompacted } from '../object-store.ts';
import type { HistoryFilter, HistoryPage } from '../hub.ts';
import type { StoredChange } from '../ring.ts';

/** The change log of one shard, in memory: an array whose oldest part is cut off when it grows beyond `maxChanges`. */
export class MemoryLog {
  readonly #maxChanges: number;
  #changes: StoredChange[] = [];
  /** Every change with a greater revision is here. */
  start: number;
  /** Greatest revision given out. */
  end: number;

  constructor(start: number, maxChanges: number) {
    this.start = start;
    this.end = start;
    this.#maxChanges = maxChanges;
  }

  /** Appends the changes of one commit, up to revision `end`. */
  append(changes: readonly StoredChange[], end: number): void {
    for (const change of changes) this.#changes.push(change);
    this.end = end;
    const excess = this.#changes.length - this.#maxChanges;
    // In bulk: cutting costs as much as what stays.
    if (excess > this.#maxChanges >> 3) this.compactTo(this.#changes[excess - 1]?.revision ?? this.start);
  }

  /** Forgets the changes up to `revision`. */
  compactTo(revision: number): void {
    if (revision <= this.start) return;
    this.#changes = this.#changes.slice(this.#indexAfter(revision));
    this.start = revision;
  }

  /** The changes after `from`, oldest first. Throws `RevisionCompacted`. */
  after(from: number): readonly StoredChange[] {
    if (from < this.start) throw new RevisionCompacted(from, this.start);
    return this.#changes.slice(this.#indexAfter(from));
  }

  read(filter: HistoryFilter, from: number): HistoryPage {
    const changes = this.after(from).filter(
      ({ key }) =>
        (filter.cluster === '*' || filter.cluster === key.cluster) &&
        (filter.resource === '*' || filter.resource === key.resource) &&
        (filter.namespace === '' || filter.namespace === key.namespace),
    );
    return { changes, through: this.end };
  }

  #indexAfter(revision: number): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
