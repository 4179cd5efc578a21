import type { KubeObject } from '../../apimachinery/object.ts';
import type { ApiError } from '../../apimachinery/errors.ts';
import type { CachedObject, WriteItem, WriteOutcome } from '../../storage/object-store.ts';
import type { DeleteOptions, RequestContext } from '../registry.ts';

/**
 * What a resource needs beyond its strategy because it involves storage or deletion: other content in the same commit, reasons to stay, grace.
 * Objects are in the storage version. Registered by storage resource name.
 */
export type ResourceHooks = {
  /**
   * Fills what only the server knows, before validation, and gives what must be committed together with the new object (before it, in one atomic
   * group). Called again when a write is tried again.
   */
  beforeCreate?(ctx: RequestContext, object: KubeObject, dryRun: boolean): Companions;
  /** What `beforeCreate` chose may turn out to be taken: then it is asked again. */
  readonly choosesAnew?: boolean;
  /** The same for an update of the object itself, after the strategy has prepared it. */
  beforeUpdate?(ctx: RequestContext, object: KubeObject, old: KubeObject, dryRun: boolean): Companions;
  /** Finalizers whose work is done by the commit that removes the object: they never hold it. */
  readonly fulfilledFinalizers?: readonly string[];
  /** A deleted object stays although no finalizer in its metadata holds it (namespaces: spec.finalizers). */
  blocksRemoval?(object: KubeObject): boolean;
  /** The kind marks the time of its deletion only: no grace period, and no new generation. */
  readonly deletesWithoutGrace?: boolean;
  /** Changes the object when its deletion begins. */
  beginDeletion?(object: KubeObject): void;
  /** Seconds that a DELETE leaves the object; 0: none. Absent: the resource knows no grace. */
  gracePeriodSeconds?(object: KubeObject, options: DeleteOptions): number;
  /** What must be committed together with the object's removal. */
  beforeRemove?(object: CachedObject): Companions;
};

/** Items to commit together with an object, before it. */
export type Companions = Promise<readonly WriteItem[]> | readonly WriteItem[];

const refusals = new WeakMap<WriteItem, ApiError>();

/** Says what the client is told when an item fails because its object exists; without this, the write is tried again with new items. */
export function refuseWhenTaken(item: WriteItem, error: ApiError): WriteItem {
  refusals.set(item, error);
  return item;
}

/** What the outcome of an atomic group says about the items that came along: the error that one of them is refused with. */
export function refusalOf(items: readonly WriteItem[], outcomes: readonly WriteOutcome[]): ApiError | undefined {
  const index = outcomes.findIndex((outcome) => !outcome.ok && outcome.why === 'exists');
  const item = items[index];
  return item === undefined ? undefined : refusals.get(item);
}

/** Whether an item that came along made the group fail, not the object itself. */
export function companionFailed(outcomes: readonly WriteOutcome[]): boolean {
  const index = outcomes.findIndex((outcome) => !outcome.ok && outcome.why !== 'aborted');
  return index >= 0 && index < outcomes.length - 1;
}

/** Whether finalizers or the kind keep a deleted object. */
export function isHeld(hooks: ResourceHooks, finalizers: readonly string[], object: KubeObject): boolean {
  const fulfilled = hooks.fulfilledFinalizers;
  const held = fulfilled === undefined ? finalizers.length > 0 : finalizers.some((each) => !fulfilled.includes(each));
  return held || hooks.blocksRemoval?.(object) === true;
}
