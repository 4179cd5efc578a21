import type { KubeObject } from '../../apimachinery/object.ts';
import type { CachedObject, WriteItem } from '../../storage/object-store.ts';
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
  beforeCreate?(ctx: RequestContext, object: KubeObject): Promise<readonly WriteItem[]> | readonly WriteItem[];
  /** Finalizers whose work is done by the commit that removes the object: they never hold it. */
  readonly fulfilledFinalizers?: readonly string[];
  /** A deleted object stays although no finalizer in its metadata holds it (namespaces: spec.finalizers). */
  blocksRemoval?(object: KubeObject): boolean;
  /** Changes the object when its deletion begins. */
  beginDeletion?(object: KubeObject): void;
  /** Seconds that a DELETE leaves the object; 0: none. Absent: the resource knows no grace. */
  gracePeriodSeconds?(object: KubeObject, options: DeleteOptions): number;
  /** What must be committed together with the object's removal. */
  beforeRemove?(object: CachedObject): readonly WriteItem[];
};

/** Whether finalizers or the kind keep a deleted object. */
export function isHeld(hooks: ResourceHooks, finalizers: readonly string[], object: KubeObject): boolean {
  const fulfilled = hooks.fulfilledFinalizers;
  const held = fulfilled === undefined ? finalizers.length > 0 : finalizers.some((each) => !fulfilled.includes(each));
  return held || hooks.blocksRemoval?.(object) === true;
}
