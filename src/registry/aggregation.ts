import type { Json } from '../apimachinery/json.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { ConnectClient } from './connect/backend.ts';
import type { RequestContext } from './registry.ts';

/** A group version that another server serves. */
export type RemoteGroupVersion = { readonly group: string; readonly version: string };

/** What of a group other servers serve. */
export type RemoteGroup = {
  readonly name: string;
  /** Preferred first. */
  readonly versions: readonly string[];
};

/** An OpenAPI v3 document of another server. */
export type RemoteOpenApi = {
  /** `apis/<group>/<version>` */
  readonly path: string;
  /** Names its content. */
  readonly hash: string;
};

/** Passes requests on to aggregated API servers and tells what they serve. Asked only about what the server itself does not serve. */
export interface Aggregator {
  /** Whether another server is registered for a group version, reachable or not. */
  serves(cluster: ClusterName, groupVersion: RemoteGroupVersion): Promise<boolean>;
  /** Passes a request on. `path` has no logical cluster and ends with the query. What cannot be passed on is answered as a stock server does. */
  pass(ctx: RequestContext, groupVersion: RemoteGroupVersion, path: string, client: ConnectClient): Promise<void>;
  /** Groups by priority, highest first. */
  groups(cluster: ClusterName): Promise<readonly RemoteGroup[]>;
  /** Items of an APIGroupDiscoveryList, in the order of `groups`. A server that does not answer at once is Stale. */
  discovery(ctx: RequestContext): Promise<readonly Json[]>;
  /** OpenAPI v3 documents of servers that answer. */
  openApi(ctx: RequestContext): Promise<readonly RemoteOpenApi[]>;
}
