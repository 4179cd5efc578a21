/** Gathers what comes one by one, and hands it over in batches, one at a time. */
export type BatchesOptions<T> = {
  /** Sends a batch; what it throws makes the batch be tried again. */
  readonly send: (batch: readonly T[]) => Promise<void>;
  readonly maxBatch: number;
  /** How long the first of a batch waits for others. */
  readonly waitMs: number;
  /** What may wait; more is dropped. */
  readonly maxWaiting: number;
  /** Tries before a batch is given up. */
  readonly tries: number;
  readonly firstRetryMs: number;
  readonly onDropped: (count: number) => void;
  readonly onFailure: (error: Error) => void;
};

const longestRetryMs = 30_000;
const closeMs = 5_000;

/** A bounded queue before a slow receiver. */
export class Batches<T> {
  readonly #options: BatchesOptions<T>;
  #waiting: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #closed = false;

  constructor(options: BatchesOptions<T>) {
    this.#options = options;
  }

  add(item: T): void {
    const { maxWaiting, maxBatch, waitMs } = this.#options;
    if (this.#closed || this.#waiting.length >= maxWaiting) {
      this.#dropped++;
      if (this.#dropped === 1) setImmediate(() => this.#tellDropped());
      return;
    }
    this.#waiting.push(item);
    if (this.#waiting.length >= maxBatch) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), waitMs).unref();
  }

  /** Sends what waits; gives up after some seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#start();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeMs);
    });
    await Promise.race([this.#sending ?? Promise.resolve(), late]);
    clearTimeout(timer);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#run().finally(() => {
      this.#sending = undefined;
    });
  }

  async #run(): Promise<void> {
    const { maxBatch } = this.#options;
    while (this.#waiting.length > 0) await this.#deliver(this.#waiting.splice(0, maxBatch));
  }

  async #deliver(batch: readonly T[]): Promise<void> {
    const { send, tries, firstRetryMs, onFailure, onDropped } = this.#options;
    for (let tried = 1; ; tried++) {
      try {
        await send(batch);
        return;
      } catch (error) {
        onFailure(error instanceof Error ? error : new Error(String(error)));
        if (tried >= tries) {
          onDropped(batch.length);
          return;
        }
        const wait = Math.min(firstRetryMs * 2 ** (tried - 1), longestRetryMs);
        await new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2)).unref());
      }
    }
  }

  #tellDropped(): void {
    this.#options.onDropped(this.#dropped);
    this.#dropped = 0;
  }
}
