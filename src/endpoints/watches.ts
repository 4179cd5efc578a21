import type { WatchWriter } from './writers/watch.ts';

const tickMs = 500;

/** All open watches of the process. One shared timer sends bookmarks and ends those whose time is over; it runs only while there are any. */
export class Watches {
  readonly #open = new Set<WatchWriter>();
  #timer: NodeJS.Timeout | undefined = undefined;

  add(writer: WatchWriter): void {
    this.#open.add(writer);
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref();
  }

  delete(writer: WatchWriter): void {
    this.#open.delete(writer);
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  get size(): number {
    return this.#open.size;
  }

  /** Ends every watch as if its time were over: clients resume elsewhere from the last bookmark. */
  endAll(): void {
    for (const writer of this.#open) writer.finish();
  }

  #tick(): void {
    const now = performance.now();
    for (const writer of this.#open) writer.tick(now);
  }
}
