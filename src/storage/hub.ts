import { setTimeout } from 'node:timers/promises';
import { type Change, RevisionCompacted, type WatchHandle, type WatchOptions } from './object-store.ts';
import { ChangeRing, type StoredChange } from './ring.ts';
import { endedWatch, Subscription } from './subscription.ts';
import { type Group, Subscriptions } from './subscriptions.ts';

/** What a watch that is older than the ring reads from: the change log. */
export type HistoryFilter = { readonly cluster: string; readonly resource: string; readonly namespace: string };
export type HistoryPage = {
  readonly changes: readonly Change[];
  /** Nothing that the filter accepts lies between the last change and this revision. */
  readonly through: number;
};
/** Reads the next changes after `from`, in order. Throws `RevisionCompacted` when the log no longer reaches back that far. */
export type ReadHistory = (filter: HistoryFilter, from: number) => Promise<HistoryPage>;

export type HubOptions = {
  readonly revision: number;
  readonly oldest: number;
  /** Bytes of recent changes kept for watches that resume. */
  readonly ringBytes: number;
  readonly readHistory: ReadHistory;
  /** Called before a watch begins while nobody follows the log: resolves when `apply` is being called again. */
  readonly startFollowing?: () => Promise<void>;
  /** A watch whose history cannot be read now (the database is away) tries again after this long. */
  readonly retryMs?: number;
  /** How often an idle watch hears of progress. */
  readonly progressMs?: number;
  /** Told of callbacks that throw, and of history that could not be read. */
  readonly onError: (error: unknown, doing: string) => void;
};

/**
 * The fan-out of one shard in one process. Whoever follows the change log calls `apply` with consecutive changes; the hub keeps the newest of them
 * and hands them to the watches, once per tick of the event loop. An idle watch costs a map entry.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #ring: ChangeRing;
  readonly #subscriptions = new Subscriptions();
  /** Subscriptions that still read history; not in #subscriptions. */
  readonly #catchingUp = new Set<Subscription>();
  /** Those of them whose logical cluster is being deleted: they end when they have caught up. */
  readonly #lastPages = new WeakSet<Subscription>();
  readonly #waiters = new Set<{ revision: number; resolve: (reached: boolean) => void }>();
  #applied: number;
  #oldest: number;
  #pending: StoredChange[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #progress: NodeJS.Timeout | undefined;
  #closed = false;
  #following: boolean;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#following = options.startFollowing === undefined;
    this.#applied = options.revision;
    this.#oldest = options.oldest;
    this.#ring = new ChangeRing(options.revision, options.ringBytes);
  }

  /** The newest revision that this process has seen. */
  get applied(): number {
    return this.#applied;
  }

  /** The oldest revision that a watch may start from. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Revisions after this one are in memory. */
  get ringStart(): number {
    return this.#ring.start;
  }

  /** Watches that are open. */
  get size(): number {
    return this.#subscriptions.count + this.#catchingUp.size;
  }

  /** True when somebody watches exactly this collection. */
  watches(cluster: string, resource: string): boolean {
    return this.#subscriptions.watches(cluster, resource);
  }

  /** Takes the changes after `applied`, complete and in order, up to `revision`. */
  apply(changes: readonly StoredChange[], revision: number): void {
    for (const change of changes) {
      this.#ring.push(change);
      this.#pending.push(change);
    }
    this.#advance(revision);
    if (changes.length > 0) this.#flushing ??= setImmediate(this.#flush);
  }

  /** True while `apply` is called with every change; false while `skipTo` only moves the revision. */
  get following(): boolean {
    return this.#following;
  }

  set following(value: boolean) {
    this.#following = value;
  }

  /** Moves on without knowing the changes: only while not following. */
  skipTo(revision: number): void {
    this.#flushNow();
    this.#ring.reset(revision);
    this.#advance(revision);
  }

  /** The log now reaches back to `oldest` only. */
  compactedTo(oldest: number): void {
    this.#oldest = Math.max(this.#oldest, oldest);
  }

  /** What was seen is not what the log says (history lost, database replaced): every watch ends, everything begins anew. */
  restart(revision: number, oldest: number): void {
    this.#pending = [];
    this.#ring.reset(revision);
    this.#applied = revision;
    this.#oldest = oldest;
    this.#endAll('compacted');
  }

  /** Resolves to true when `revision` has been applied, to false after `timeoutMs` or when `signal` aborts. */
  reaches(revision: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#applied >= revision) return Promise.resolve(true);
    if (this.#closed || signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
        resolve(reached);
      };
      const abort = (): void => settle(false);
      const waiter = { revision, resolve: settle };
      const timer = globalThis.setTimeout(abort, timeoutMs);
      signal?.addEventListener('abort', abort);
      this.#waiters.add(waiter);
    });
  }

  /** True while somebody waits for a revision that has not come yet. */
  get awaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Begins a watch. Throws `RevisionCompacted` when `from` is too old. Callbacks never come before this returns. */
  watch(options: WatchOptions): WatchHandle {
    if (options.from < this.#oldest) throw new RevisionCompacted(options.from, this.#oldest);
    if (this.#closed) return endedWatch(options, 'closed');
    const subscription = new Subscription(options, (leaving) => {
      this.#subscriptions.remove(leaving);
      this.#catchingUp.delete(leaving);
    });
    if (this.#following && options.from >= this.#applied) this.#subscriptions.add(subscription);
    else {
      this.#catchingUp.add(subscription);
      setImmediate(() => void this.#catchUp(subscription));
    }
    this.#progress ??= setInterval(this.#tellProgress, this.#options.progressMs ?? 5000).unref();
    return subscription;
  }

  /** Ends the watches of a logical cluster that is being deleted, after what they still have to see. */
  endCluster(cluster: string): void {
    this.#flushNow();
    this.#subscriptions.visitCluster(cluster, (subscription) => subscription.end('clusterDeleted'));
    for (const subscription of this.#catchingUp)
      if (subscription.cluster === cluster) this.#lastPages.add(subscription);
  }

  close(): void {
    this.#closed = true;
    if (this.#flushing !== undefined) clearImmediate(this.#flushing);
    clearInterval(this.#progress);
    this.#endAll('closed');
    for (const waiter of this.#waiters) waiter.resolve(false);
  }

  #advance(revision: number): void {
    this.#applied = revision;
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve(true);
  }

  #flushNow(): void {
    if (this.#flushing !== undefined) clearImmediate(this.#flushing);
    this.#flush();
  }

  readonly #flush = (): void => {
    this.#flushing = undefined;
    const changes = this.#pending;
    if (changes.length === 0) return;
    this.#pending = [];
    const touched: Group[] = [];
    for (const change of changes) this.#subscriptions.collect(change, touched);
    const progress = this.#applied;
    for (const group of touched) {
      const batch = group.batch;
      group.batch = undefined;
      if (batch === undefined) continue;
      for (const subscription of group.members) this.#deliver(subscription, batch, progress);
    }
  };

  readonly #tellProgress = (): void => {
    this.#flushNow();
    if (this.#subscriptions.count === 0) {
      if (this.#catchingUp.size > 0) return;
      clearInterval(this.#progress);
      this.#progress = undefined;
      return;
    }
    const progress = this.#applied;
    this.#subscriptions.visitAll((subscription) => this.#deliver(subscription, [], progress));
  };

  #deliver(subscription: Subscription, changes: readonly Change[], progress: number): void {
    try {
      subscription.deliver(changes, progress);
    } catch (error) {
      this.#options.onError(error, 'delivering changes to a watch');
    }
  }

  /** Reads history until the ring covers the rest; the step from there into the live stream is synchronous, so nothing is missed or doubled. */
  async #catchUp(subscription: Subscription): Promise<void> {
    const retryMs = this.#options.retryMs ?? 500;
    while (!subscription.closed) {
      if (this.#following && subscription.position >= this.#ring.start) {
        this.#joinLive(subscription);
        if (this.#lastPages.has(subscription)) subscription.end('clusterDeleted');
        return;
      }
      try {
        if (!this.#following) {
          await this.#options.startFollowing?.();
          continue;
        }
        const page = await this.#options.readHistory(subscription, subscription.position);
        if (page.through <= subscription.position) throw new Error(`the change log ends at ${page.through}`);
        this.#deliver(subscription, page.changes, page.through);
      } catch (error) {
        if (error instanceof RevisionCompacted) {
          this.compactedTo(error.oldest);
          return subscription.end('compacted');
        }
        this.#options.onError(error, 'reading the history of a watch');
        await setTimeout(retryMs, undefined, { ref: false });
      }
    }
  }

  #joinLive(subscription: Subscription): void {
    this.#catchingUp.delete(subscription);
    const changes: Change[] = [];
    if (subscription.position < this.#applied) {
      this.#ring.visitAfter(subscription.position, (change) => {
        if (subscription.matches(change)) changes.push(change);
      });
      this.#subscriptions.add(subscription);
      if (changes.length > 0) this.#deliver(subscription, changes, this.#applied);
    } else this.#subscriptions.add(subscription);
  }

  #endAll(reason: 'compacted' | 'closed'): void {
    this.#subscriptions.visitAll((subscription) => subscription.end(reason));
    for (const subscription of this.#catchingUp) subscription.end(reason);
  }
}
