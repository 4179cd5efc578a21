import { setTimeout } from 'node:timers/promises';
import type { Hub } from '../hub.ts';
import { RevisionCompacted, type WatchHandle, type WatchOptions } from '../object-store.ts';
import type { EndReason } from '../subscription.ts';

const retryMs = 500;

/** A watch on a logical cluster that this process does not know yet: begins once it knows where the cluster lives. */
export class DeferredWatch implements WatchHandle {
  readonly #options: WatchOptions;
  #handle: WatchHandle | undefined;
  #closed = false;

  /** `findHub` asks the database where the cluster lives now; undefined when it does not exist or is being deleted. */
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
        if (hub === undefined) return this.#end('clusterDeleted');
        this.#handle ??= hub.watch({ ...this.#options, onEnd: (reason) => this.#end(reason) });
        // This process may have heard of the cluster's deletion after it was found and before the watch began.
        if ((await findHub()) === undefined) this.#end('clusterDeleted');
        return;
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof RevisionCompacted) return this.#end('compacted');
        // The database is away; the watch waits for it as one that had begun would.
        await setTimeout(retryMs, undefined, { ref: false });
      }
    }
  }

  #end(reason: EndReason): void {
    if (this.#closed) return;
    this.close();
    this.#options.onEnd(reason);
  }
}
