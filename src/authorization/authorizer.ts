import type { ClusterRecord } from '../storage/object-store.ts';
import type { UserInfo } from '../registry/registry.ts';

/** What is to be decided (k8s authorizer.Attributes). Resource requests have `resource` set, others `path`. */
export type Attributes = {
  readonly user: UserInfo;
  readonly cluster: ClusterRecord;
  /** get, list, watch, create, update, patch, delete, deletecollection, or any virtual verb (impersonate, bind, access …). */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** '' for non-resource requests. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Non-resource path within the logical cluster (`/healthz`, `/apis/apps`); '' for resource requests. */
  readonly path: string;
};

export type Decision = { readonly outcome: 'allow' | 'deny' | 'noOpinion'; readonly reason: string };

/** Decides or has no opinion; the chain's first definite answer wins, no opinion at all is a denial. */
export interface Authorizer {
  authorize(attributes: Attributes): Promise<Decision>;
}

/**
 * The reason of a `deny` that hides the logical cluster itself: the caller may not enter it. Endpoints answer as if it did not exist, with the text
 * that unknown logical clusters get.
 */
export const workspaceAccessNotPermitted = 'workspace access not permitted';
