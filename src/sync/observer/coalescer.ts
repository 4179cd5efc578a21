/**
 * Hands on the latest value of each key: at once when the last one was long enough ago or the news is urgent, otherwise when the pause is over. One key is
 * never handled twice at a time, and only so many keys at once.
 */
export class Coalescer<Value> {
  readonly #handle: (key: string, value: Value) => Promise<void>;
  readonly #pauseMs: number;
  readonly #maxRunning: number;
  readonly #entries = new Map<string, Entry<Value>>();
  /** Keys whose turn has come while too many others run. */
  readonly #ready = new Set<string>();
  #running = 0;
  #closed = false;

  /** `handle` must not throw. */
  constructor(handle: (key: string, value: Value) => Promise<void>, options: { pauseMs: number; maxRunning: number }) {
    this.#handle = handle;
    this.#pauseMs = options.pauseMs;
    this.#maxRunning = options.maxRunning;
  }

  offer(key: string, value: Value, urgent: boolean): void {
    if (this.#closed) return;
    let entry = this.#entries.get(key);
    if (entry === undefined)
      this.#entries.set(key, (entry = { value, waiting: true, urgent, running: false, timer: undefined }));
    entry.value = value;
    entry.waiting = true;
    entry.urgent = entry.urgent || urgent;
    if (entry.running || (entry.timer !== undefined && !urgent)) return;
    clearTimeout(entry.timer);
    entry.timer = undefined;
    this.#ready.add(key);
    this.#runMore();
  }

  /** Forgets everything that still waits. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
    this.#ready.clear();
  }

  #runMore(): void {
    for (const key of this.#ready) {
      if (this.#running >= this.#maxRunning) return;
      this.#ready.delete(key);
      const entry = this.#entries.get(key);
      if (entry !== undefined) void this.#run(key, entry);
    }
  }

  async #run(key: string, entry: Entry<Value>): Promise<void> {
    entry.waiting = false;
    entry.urgent = false;
    entry.running = true;
    this.#running++;
    await this.#handle(key, entry.value);
    this.#running--;
    entry.running = false;
    if (this.#closed) return;
    if (entry.waiting && entry.urgent) {
      this.#ready.add(key);
    } else {
      entry.timer = setTimeout(() => {
        entry.timer = undefined;
        if (!entry.waiting) this.#entries.delete(key);
        else {
          this.#ready.add(key);
          this.#runMore();
        }
      }, this.#pauseMs);
      entry.timer.unref();
    }
    this.#runMore();
  }
}

type Entry<Value> = {
  value: Value;
  /** `value` has not been handed on yet. */
  waiting: boolean;
  urgent: boolean;
  running: boolean;
  /** The pause after the last time. */
  timer: NodeJS.Timeout | undefined;
};
