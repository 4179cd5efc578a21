import type { KubeObject } from '../apimachinery/object.ts';
import type { ClusterName } from '../logicalcluster/name.ts';

/** Addresses one object or a collection of a kind. `resource` is `deployments.apps`. */
export type ObjectRef = {
  readonly cluster: ClusterName;
  readonly resource: string;
  /** Default: the storage version. */
  readonly version?: string;
  readonly namespace?: string;
  readonly name: string;
};

/**
 * What controllers and sync use to reach the API of any logical cluster: the registry's verbs, in process, with the authorization of the
 * identity the client was made for. All throw ApiError.
 */
export interface LoopbackClient {
  get(ref: ObjectRef): Promise<KubeObject>;
  /** Undefined instead of 404. */
  find(ref: ObjectRef): Promise<KubeObject | undefined>;
  list(query: {
    cluster: ClusterName;
    resource: string;
    namespace?: string;
    labelSelector?: string;
    fieldSelector?: string;
  }): Promise<readonly KubeObject[]>;
  create(ref: Omit<ObjectRef, 'name'>, object: KubeObject): Promise<KubeObject>;
  /** Compare-and-set on metadata.resourceVersion. */
  update(ref: ObjectRef, object: KubeObject, subresource?: string): Promise<KubeObject>;
  /** JSON merge patch. */
  patch(ref: ObjectRef, patch: object, subresource?: string): Promise<KubeObject>;
  /** Server-side apply. */
  apply(
    ref: ObjectRef,
    object: object,
    options: { fieldManager: string; force?: boolean; subresource?: string },
  ): Promise<KubeObject>;
  delete(
    ref: ObjectRef,
    options?: { propagationPolicy?: string; preconditions?: { uid?: string; resourceVersion?: string } },
  ): Promise<void>;
}
