import type { CachedObject, Change, ObjectKey, ObjectStore } from '../../storage/object-store.ts';

/** Puts a key into the controller's queue. */
export type Enqueue = (key: string, options?: { delayMs?: number }) => void;

/**
 * A level-triggered controller: changes and sweeps ring for keys, `reconcile` looks at the current state and acts. It keeps nothing for what needs no
 * work. Keys begin with the logical cluster's name and a slash.
 */
export type Controller = {
  readonly name: string;
  /** Reconciles at once. */
  readonly concurrency: number;
  /** Rings for what a change concerns. Called for every change of every logical cluster, in order: must be quick and not throw. */
  notice(change: Change, enqueue: Enqueue): void;
  reconcile(key: string, context: { readonly signal: AbortSignal; readonly enqueue: Enqueue }): Promise<void>;
  /** Rings for everything that may need work, however long ago it changed. */
  sweep?(context: SweepContext): Promise<void>;
  /** Sweep at each start, not only when changes may have been missed: for work that waits for time to pass. */
  readonly sweepAtStart?: boolean;
};

/** Why a sweep happens: a replica begins to lead; changes were missed, or may have been; it is time. */
export type SweepReason = 'start' | 'missed' | 'time';

export type SweepContext = {
  readonly reason: SweepReason;
  readonly enqueue: Enqueue;
  readonly signal: AbortSignal;
  /** Resolves when the queue can take more: awaited between pages. */
  readonly ready: () => Promise<void>;
};

const pageSize = 500;

/** Visits the stored objects of a resource in all logical clusters, page by page. */
export async function visitEverywhere(
  store: Pick<ObjectStore, 'listEverywhere'>,
  resource: string,
  { signal, ready }: SweepContext,
  visit: (object: CachedObject) => void,
): Promise<void> {
  let after: ObjectKey | undefined;
  do {
    const page = await store.listEverywhere({ resource, limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const object of page) visit(object);
    await ready();
    after = page.length < pageSize ? undefined : page.at(-1)?.key;
  } while (after !== undefined && !signal.aborted);
}
