/**
 * Which work stands for which revision: the oldest one that is still outstanding is as far as a checkpoint may go. A key counts from the change that rang
 * for it until a reconcile that began later has succeeded.
 */
export class Outstanding {
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, number>();

  /** A change at `revision` rang for the key. */
  rang(key: string, revision: number): void {
    if (!this.#waiting.has(key)) this.#waiting.set(key, revision);
  }

  /** A reconcile begins; gives the revision that it stands for, if any. */
  begin(key: string): number | undefined {
    const revision = this.#waiting.get(key);
    if (revision === undefined) return undefined;
    this.#waiting.delete(key);
    this.#running.set(key, revision);
    return revision;
  }

  succeeded(key: string): void {
    this.#running.delete(key);
  }

  failed(key: string): void {
    const revision = this.#running.get(key);
    if (revision === undefined) return;
    this.#running.delete(key);
    this.#waiting.set(key, Math.min(revision, this.#waiting.get(key) ?? revision));
  }

  /** The key holds nothing back any more: a sweep will find it. */
  forget(key: string): void {
    this.#waiting.delete(key);
    this.#running.delete(key);
  }

  /** The newest revision up to which all work is done, given that everything up to `seen` has rung. */
  doneThrough(seen: number): number {
    let done = seen;
    for (const revision of this.#waiting.values()) done = Math.min(done, revision - 1);
    for (const revision of this.#running.values()) done = Math.min(done, revision - 1);
    return done;
  }
}
