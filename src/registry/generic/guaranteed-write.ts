import { ApiError, staleObject } from '../../apimachinery/errors.ts';
import type { GroupResource } from '../../apimachinery/object.ts';
import type { CachedObject, ObjectKey, ObjectStore, WriteItem, WriteOutcome } from '../../storage/object-store.ts';
import { isOutdated } from './commit-planned.ts';
import { clusterGone } from './engine.ts';
import { refusalOf } from './hooks.ts';

/** What one try over the object's current state wants. */
export type Attempt<T> =
  /** Commit these together (by `commit`, if it is there); the last is the object itself. `finish` gets its revision. */
  | {
      readonly items: readonly WriteItem[];
      readonly commit?: () => Promise<readonly WriteOutcome[]>;
      finish(revision: number): T;
    }
  /** Nothing to write. */
  | { readonly answer: T };

/** Tries after the first when another write came between (MaxRetryWhenPatchConflicts of upstream's patch handler). */
const maxRetries = 5;

/**
 * Reads an object, lets `attempt` decide, commits by compare-and-set, and tries again when someone was faster. The first read may come from a
 * cache: whatever it makes `attempt` decide but a successful commit (an error, nothing to write) is believed only of a fresh read.
 * @throws what `attempt` throws; 409 when it lost `maxRetries` times.
 */
export async function guaranteedWrite<T>(
  store: ObjectStore,
  key: ObjectKey,
  gr: GroupResource,
  attempt: (current: CachedObject | undefined) => Promise<Attempt<T>>,
): Promise<T> {
  let current = await store.getAny(key);
  let isFresh = false;
  for (let losses = 0; losses <= maxRetries; ) {
    let wanted: Attempt<T> | undefined;
    try {
      wanted = await attempt(current);
    } catch (error) {
      if (isFresh || !(error instanceof ApiError)) throw error;
      const fresh = await store.get(key);
      if (fresh?.revision === current?.revision) throw error;
      current = fresh;
      isFresh = true;
      continue;
    }
    if ('answer' in wanted) {
      if (isFresh) return wanted.answer;
      const fresh = await store.get(key);
      if (fresh?.revision === current?.revision) return wanted.answer;
      current = fresh;
      isFresh = true;
      continue;
    }
    const commit = wanted.commit ?? (() => store.commit(wanted.items));
    let outcomes = await commit();
    while (isOutdated(outcomes)) outcomes = await commit();
    const outcome = decisive(outcomes);
    if (outcome.ok) return wanted.finish(outcome.revision);
    if (outcome.why === 'noCluster') throw clusterGone();
    const refusal = refusalOf(wanted.items, outcomes);
    if (refusal !== undefined) throw refusal;
    losses++;
    current = await store.get(key);
    isFresh = true;
  }
  throw staleObject(gr, key.name);
}

/** The outcome that decides over an atomic group: the first failure that is not merely `aborted`, else the last item's success. */
export function decisive(outcomes: readonly WriteOutcome[]): WriteOutcome {
  for (const outcome of outcomes) if (!outcome.ok && outcome.why !== 'aborted') return outcome;
  const last = outcomes[outcomes.length - 1];
  if (last === undefined) throw new Error('an empty group was committed');
  return last;
}
