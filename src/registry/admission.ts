import type { GroupVersionKind, KubeObject } from '../apimachinery/object.ts';
import type { ObjectKey, WriteItem, WriteOutcome } from '../storage/object-store.ts';
import type { DeleteOptions, RequestContext, Target, WriteOptions } from './registry.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission is asked about. Objects are in the storage version (subresources of another kind: in that kind). */
export type AdmissionAttributes = {
  readonly ctx: RequestContext;
  readonly target: Target;
  readonly operation: Operation;
  /** The object's name; of a new object the generated one; '' when a whole collection is deleted, as the request names none. */
  readonly name: string;
  /** The object as it will be stored; `admit` may change it. Undefined for DELETE. */
  readonly object: KubeObject | undefined;
  /** The stored object; undefined for CREATE. Never change it. */
  readonly oldObject: KubeObject | undefined;
  readonly dryRun: boolean;
  /** The kind of both objects where it is not the resource's own: that of subresources such as scale. They are then just what the client sends and gets. */
  readonly kind?: GroupVersionKind;
  /** What the request asks for beside the object. */
  readonly options: WriteOptions | DeleteOptions;
};

/** A write that has passed every check and is about to be committed. */
export type PlannedWrite = {
  readonly ctx: RequestContext;
  readonly target: Target;
  readonly key: ObjectKey;
  /** The object as it is stored, and as it will be; undefined where there is none: `before` of a create, `after` of a removal. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /** To commit in one atomic group; the object itself is the last. */
  readonly items: readonly WriteItem[];
};

/**
 * What the verbs ask before a write. Both functions refuse by throwing an ApiError, and give undefined when there is nothing to wait for.
 * `src/admission` makes one from plugins.
 */
export interface AdmissionChain {
  /** May change `object`; asked before validation. */
  admit(attributes: AdmissionAttributes): Promise<void> | undefined;
  /** Sees the final object; asked after validation. */
  validate(attributes: AdmissionAttributes): Promise<void> | undefined;
  /** Commits the write, perhaps together with more; gives the outcomes of its items. Undefined: nobody cares, commit it as it is. */
  commit?(write: PlannedWrite): Promise<readonly WriteOutcome[]> | undefined;
}
