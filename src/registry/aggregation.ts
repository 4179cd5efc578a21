import type { Json, JsonObject } from '../apimachinery/json.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { ConnectClient } from './connect/backend.ts';
import type { RequestContext } from './registry.ts';

/** A group version that another server serves. */
export type RemoteGroupVersion = { readonly group: string; readonly version: string };

/** What of a group other servers serve. */
export type RemoteGroup = {
  readonly name: string;
  /** The highest of its APIServices. */
  readonly priority: number;
  readonly versions: readonly { readonly version: string; readonly priority: number }[];
};

/** An aggregated version as discovery shows it: an entry of its group's versions. */
export type RemoteVersion = RemoteGroupVersion & { readonly entry: Json };

/** An OpenAPI v3 document of another server. */
export type RemoteOpenApi = {
  /** `apis/<group>/<version>` */
  readonly path: string;
  /** Names its content. */
  readonly hash: string;
};

/** What of another server's OpenAPI v2 document is about the group versions that it is registered for. */
export type RemoteOpenApiV2 = {
  /** Names its content. */
  readonly hash: string;
  readonly document: JsonObject;
};

/**
 * Passes requests on to aggregated API servers and tells what they serve: group versions that are not built in. Custom resources give way to a server that
 * is registered for their group version.
 */
export interface Aggregator {
  /** Whether another server is registered for a group version, reachable or not. At once when the logical cluster's APIServices are at hand. */
  serves(cluster: ClusterName, groupVersion: RemoteGroupVersion): boolean | Promise<boolean>;
  /** Passes a request on. `path` has no logical cluster and ends with the query. What cannot be passed on is answered as a stock server does. */
  pass(ctx: RequestContext, groupVersion: RemoteGroupVersion, path: string, client: ConnectClient): Promise<void>;
  groups(cluster: ClusterName): Promise<readonly RemoteGroup[]>;
  /** What aggregated discovery shows of each version. A server that does not answer at once is Stale. */
  discovery(ctx: RequestContext): Promise<readonly RemoteVersion[]>;
  /** OpenAPI v3 documents of servers that answer. */
  openApi(ctx: RequestContext): Promise<readonly RemoteOpenApi[]>;
  /** OpenAPI v2 documents of servers that answer. */
  openApiV2(ctx: RequestContext): Promise<readonly RemoteOpenApiV2[]>;
}
