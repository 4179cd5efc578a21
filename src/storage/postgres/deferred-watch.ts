import type { Hub } from '../hub.ts';
import { RevisionCompacted, type WatchHandle, type WatchOptions } from '../object-store.ts';
import { setTimeout } from 'node:timers/promises';

const retryMs = 500;

/** A watch on a logical cluster that this process does not know yet: begins once it knows where the cluster lives. */
export class DeferredWatch implements WatchHandle {
  readonly #options: WatchOptions;
  #handle: WatchHandle | undefined;
  #closed = false;

  /** `findHub` gives undefined when the cluster does not exist. */
  constructor(options: WatchOptions, findHub: () => Promise<Hub | undefined>) {
    this.#options = options;
    void this.#begin(findHub);
  }

  close(): void {
    this.#closed = true;
    this.#handle?.close();
  }

  async #begin(findHub: () => Promise<Hub | undefined>): Promise<void> {
    for (;;) {
      try {
        const hub = await findHub();
        if (this.#closed) return;
        if (hub === undefined) return this.#options.onEnd('clusterDeleted');
        this.#handle = hub.watch(this.#options);
        return;
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof RevisionCompacted) return this.#options.onEnd('compacted');
        // The database is away; the watch waits for it as one that had begun would.
        await setTimeout(retryMs, undefined, { ref: false });
      }
    }
  }
}
