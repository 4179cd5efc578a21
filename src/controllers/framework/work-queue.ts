import type { ReconcileQueue, ReconcileQueueOptions } from './reconcile-queue.ts';

const defaultBackoffMs = { base: 50, max: 60_000 };
const defaultMaxKeys = 100_000;

/** A work queue in this process's memory. See `ReconcileQueue` for its promises. */
export function createWorkQueue(options: ReconcileQueueOptions): ReconcileQueue {
  return new WorkQueue(options);
}

type Reconcile = (key: string, signal: AbortSignal) => Promise<void>;

class WorkQueue implements ReconcileQueue {
  readonly #options: ReconcileQueueOptions;
  /** Ready keys by group, groups in the order of their turns; no group is empty. */
  readonly #ready = new Map<string, Set<string>>();
  readonly #delayed = new Map<string, { readonly due: number; readonly timer: NodeJS.Timeout }>();
  readonly #running = new Map<string, Promise<void>>();
  /** Running keys that were added again. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #stopping = new AbortController();
  #readyCount = 0;
  #reconcile: Reconcile | undefined;

  constructor(options: ReconcileQueueOptions) {
    this.#options = options;
  }

  add(key: string, { delayMs = 0 }: { delayMs?: number } = {}): void {
    if (this.#stopping.signal.aborted) return;
    if (delayMs > 0) return this.#delay(key, delayMs);
    this.#undelay(key);
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    const group = this.#options.groupOf?.(key) ?? '';
    let keys = this.#ready.get(group);
    if (keys?.has(key) === true) return;
    if (this.#isFull(key)) return;
    if (keys === undefined) this.#ready.set(group, (keys = new Set()));
    keys.add(key);
    this.#readyCount++;
    this.#runMore();
  }

  start(reconcile: Reconcile): void {
    if (this.#reconcile !== undefined) throw new Error(`queue ${this.#options.name} was started already`);
    this.#reconcile = reconcile;
    this.#runMore();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`queue ${this.#options.name} stops`));
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#ready.clear();
    this.#readyCount = 0;
    this.#failures.clear();
    await Promise.all(this.#running.values());
  }

  size(): number {
    return this.#readyCount + this.#delayed.size + this.#running.size;
  }

  #isFull(key: string): boolean {
    if (this.size() < (this.#options.maxKeys ?? defaultMaxKeys)) return false;
    this.#failures.delete(key);
    this.#options.onDrop?.(key);
    return true;
  }

  /** Of several wishes for one key the earliest counts. */
  #delay(key: string, delayMs: number): void {
    const due = Date.now() + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined && waiting.due <= due) return;
    if (waiting === undefined && this.#isReady(key)) return;
    if (waiting === undefined && this.#isFull(key)) return;
    clearTimeout(waiting?.timer);
    const timer = setTimeout(() => this.add(key), delayMs);
    timer.unref();
    this.#delayed.set(key, { due, timer });
  }

  #undelay(key: string): void {
    const waiting = this.#delayed.get(key);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#delayed.delete(key);
  }

  #isReady(key: string): boolean {
    return this.#ready.get(this.#options.groupOf?.(key) ?? '')?.has(key) === true;
  }

  #runMore(): void {
    const reconcile = this.#reconcile;
    if (reconcile === undefined) return;
    while (this.#readyCount > 0 && this.#running.size < this.#options.concurrency) {
      const key = this.#take();
      this.#running.set(key, this.#run(key, reconcile));
    }
  }

  /** The first key of the group whose turn it is; the group goes to the end. */
  #take(): string {
    for (const [group, keys] of this.#ready) {
      for (const key of keys) {
        keys.delete(key);
        this.#readyCount--;
        this.#ready.delete(group);
        if (keys.size > 0) this.#ready.set(group, keys);
        return key;
      }
    }
    throw new Error('a queue without ready keys was asked for one');
  }

  /** Never rejects. Begins in a later microtask, so that `#running` knows it first. */
  async #run(key: string, reconcile: Reconcile): Promise<void> {
    await Promise.resolve();
    let failed = false;
    try {
      await reconcile(key, this.#stopping.signal);
      this.#failures.delete(key);
    } catch (error) {
      failed = !this.#stopping.signal.aborted;
      if (failed) this.#failed(key, error);
    }
    this.#running.delete(key);
    // After a failure the delay holds, whatever was added meanwhile: writes of its own would otherwise drive it in circles.
    if (this.#again.delete(key) && !failed) this.add(key);
    this.#runMore();
  }

  #failed(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { base, max } = this.#options.backoffMs ?? defaultBackoffMs;
    const delayMs = Math.min(max, base * 2 ** Math.min(failures - 1, 30)) * (0.5 + Math.random() / 2);
    this.#delay(key, Math.max(1, delayMs));
    this.#options.onError?.(key, error, failures);
  }
}
