import type { Change, WatchHandle, WatchOptions } from './object-store.ts';

export type EndReason = Parameters<WatchOptions['onEnd']>[0];

/** One watch inside the hub: what it follows and how far it has got. */
export class Subscription implements WatchHandle {
  readonly cluster: string;
  readonly resource: string;
  readonly namespace: string;
  /** Everything up to this revision was delivered. */
  position: number;
  closed = false;
  readonly #options: WatchOptions;
  readonly #leave: (subscription: Subscription) => void;

  constructor(options: WatchOptions, leave: (subscription: Subscription) => void) {
    this.cluster = options.cluster;
    this.resource = options.resource;
    this.namespace = options.namespace ?? '';
    this.position = options.from;
    this.#options = options;
    this.#leave = leave;
  }

  /** Delivers the part of `changes` that is new to this watch, and the progress. */
  deliver(changes: readonly Change[], progress: number): void {
    if (this.closed) return;
    const position = this.position;
    if (progress <= position) return;
    const first = changes[0];
    const news =
      first === undefined || first.revision > position
        ? changes
        : changes.filter((change) => change.revision > position);
    // What comes late is no news: a later call tells the progress.
    if (news.length === 0 && changes.length > 0) return;
    this.position = progress;
    this.#options.onChanges(news, progress);
  }

  matches(change: Change): boolean {
    const { cluster, resource, namespace } = change.key;
    return (
      (this.cluster === '*' || this.cluster === cluster) &&
      (this.resource === '*' || this.resource === resource) &&
      (this.namespace === '' || this.namespace === namespace)
    );
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#leave(this);
  }

  end(reason: EndReason): void {
    if (this.closed) return;
    this.close();
    this.#options.onEnd(reason);
  }
}

/** A watch that has nothing to follow: ends at the next turn of the event loop. */
export function endedWatch(options: WatchOptions, reason: EndReason): WatchHandle {
  const timer = setImmediate(() => options.onEnd(reason));
  return { close: () => clearImmediate(timer) };
}
