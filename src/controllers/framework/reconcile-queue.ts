/**
 * A level-triggered work queue: keys are doorbells, the truth is in Postgres. A key that is added while it waits is kept once; added while it runs,
 * it runs once more afterwards. Losing every queued key costs latency only. Failures retry with jittered exponential back-off.
 */
export interface ReconcileQueue {
  add(key: string, options?: { delayMs?: number }): void;
  /** Begins calling `reconcile`, at most `concurrency` at once, never twice for one key at the same time. */
  start(reconcile: (key: string, signal: AbortSignal) => Promise<void>): void;
  /** Stops taking keys, aborts running reconciles, resolves when they have returned. */
  stop(): Promise<void>;
  /** Keys waiting, delayed and running (metrics, tests). */
  size(): number;
}

export type ReconcileQueueOptions = {
  readonly name: string;
  readonly concurrency: number;
  /** First retry delay and its cap. */
  readonly backoffMs?: { readonly base: number; readonly max: number };
  readonly onError?: (key: string, error: unknown, failures: number) => void;
  /** Keys of one group take turns with those of others, so that one with many keys does not keep the rest waiting. Default: one group. */
  readonly groupOf?: (key: string) => string;
  /** Keys waiting, delayed and running together; further ones are dropped. */
  readonly maxKeys?: number;
  /** A key was dropped, or given up: only a sweep will find what it stood for. */
  readonly onDrop?: (key: string) => void;
};
