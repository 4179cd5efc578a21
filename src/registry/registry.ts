import type { ResourceDefinition, VersionDefinition } from '../api/resource-definition.ts';
import type { JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { CachedObject, ChangeType, ClusterRecord } from '../storage/object-store.ts';

/** authentication.k8s.io UserInfo. */
export type UserInfo = {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
};

/** Who asks, where, until when. The cluster is explicit, never ambient. */
export type RequestContext = {
  readonly cluster: ClusterRecord;
  readonly user: UserInfo;
  readonly signal: AbortSignal;
  /** Adds a `Warning: 299` header. */
  warn(text: string): void;
  /** Says something about the request in the audit trail. */
  annotate?(key: string, value: string): void;
  /** Value for managedFields when the request names no fieldManager: the User-Agent up to its first slash. */
  readonly defaultFieldManager: string;
};

/** What a request addresses. `namespace` is '' for cluster-scoped resources and for lists over all namespaces. */
export type Target = {
  readonly definition: ResourceDefinition;
  readonly version: VersionDefinition;
  readonly namespace: string;
  /** '' for collections. */
  readonly name: string;
  /** '' for the main resource; 'status', 'scale', 'token' … */
  readonly subresource: string;
};

/** An object as a verb gives it: in the target's version. Exactly one of the two forms is cheap; both are right. */
export interface Rendered {
  /** Served JSON, UTF-8, with kind and apiVersion. */
  bytes(): Uint8Array;
  /** The object with resourceVersion. Treat as frozen. */
  object(): KubeObject;
}

export type Selection = {
  /** Unparsed, as clients send them. The registry parses (400 on error). */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

export type GetOptions = { readonly resourceVersion?: string };

export type ListRequest = Selection & {
  /** Forbidden; here to be told with the rest of what does not go together. */
  readonly sendInitialEvents?: boolean;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly limit?: number;
  readonly continue?: string;
};

export type ListAnswer = {
  readonly items: readonly Rendered[];
  /** metadata of the list: resourceVersion, continue, remainingItemCount. */
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  /** See ListResult.version: same token, same items. */
  readonly version?: object;
};

export type WatchRequest = Selection & {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly sendInitialEvents?: boolean;
  readonly allowWatchBookmarks?: boolean;
};

export type WatchEvent = { readonly type: ChangeType; readonly object: CachedObject; readonly revision: number };

/** Receives a watch. `events` batches are shared between watches with equal `shareKey`; writers may memoize encodings per batch array. */
export type WatchSink = {
  /** Events in order. `progress`: everything up to it has been delivered. */
  events(batch: readonly WatchEvent[], progress: number): void;
  /** The end of initial events (sendInitialEvents): send a bookmark with annotation k8s.io/initial-events-end at this revision. */
  initialEventsEnd(revision: number): void;
  /** The watch is over; with an error, send it as an ERROR event first. */
  end(error: import('../apimachinery/errors.ts').ApiError | undefined): void;
};

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export type WriteOptions = {
  readonly dryRun: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation: FieldValidation;
  /** The request names `fieldValidation`; else it is the default. */
  readonly namesFieldValidation?: true;
};

/** Propagation as the request says it; undefined: the kind's default. */
export type DeleteOptions = {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
};

export type DeleteAnswer =
  /** Gone now. */
  | { readonly done: true; readonly object: Rendered; readonly uid: string }
  /** Waits for finalizers or a grace period. */
  | { readonly done: false; readonly object: Rendered };

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export type PatchRequest = {
  readonly type: PatchType;
  /** Parsed patch document. */
  readonly patch: JsonObject | readonly JsonObject[];
  /** Apply only. */
  readonly force?: boolean;
  /** Strict decoding errors found while the body was parsed (duplicate fields). */
  readonly strictErrors: readonly string[];
};

export type PatchAnswer = { readonly object: Rendered; readonly created: boolean };

/**
 * The verbs over every resource, once. Handlers (HTTP) and the loopback client call the same functions; both authorize before they call.
 * All throw ApiError. Objects passed in belong to the registry afterwards.
 */
export interface Registry {
  get(ctx: RequestContext, target: Target, options: GetOptions): Promise<Rendered>;
  list(ctx: RequestContext, target: Target, request: ListRequest): Promise<ListAnswer>;
  /** Gives the watch's stop function. Errors after the first event come through the sink; parse errors (400, 422) throw. */
  watch(ctx: RequestContext, target: Target, request: WatchRequest, sink: WatchSink): Promise<() => void>;
  /** `strictErrors`: unknown and duplicate fields that decoding found. */
  create(ctx: RequestContext, target: Target, object: KubeObject, options: WriteOptions): Promise<Rendered>;
  /** `created`: PUT on an absent object of a kind that allows it. */
  update(
    ctx: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteOptions,
  ): Promise<{ object: Rendered; created: boolean }>;
  patch(ctx: RequestContext, target: Target, request: PatchRequest, options: WriteOptions): Promise<PatchAnswer>;
  delete(ctx: RequestContext, target: Target, options: DeleteOptions): Promise<DeleteAnswer>;
  deleteCollection(
    ctx: RequestContext,
    target: Target,
    request: ListRequest,
    options: DeleteOptions,
  ): Promise<ListAnswer>;
}

/** The resources a logical cluster serves. Computed lazily and shared between logical clusters that serve the same. */
export interface Catalog {
  /** Undefined when the group, version or resource is not served there. */
  find(
    group: string,
    version: string,
    resource: string,
  ): { definition: ResourceDefinition; version: VersionDefinition } | undefined;
  /** All definitions served, in discovery order. */
  readonly definitions: readonly ResourceDefinition[];
  /** Changes whenever the content does; ETag and cache key of discovery and OpenAPI. */
  readonly hash: string;
}

export interface CatalogSource {
  /** As new as the call. */
  catalogFor(cluster: ClusterRecord): Promise<Catalog>;
  /** What is served in every logical cluster of its kind: known without a wait, and part of every catalog. */
  builtIn?(cluster: ClusterRecord): Catalog;
  /** As old as what this process has at hand, which follows changes within milliseconds. */
  recentFor?(cluster: ClusterRecord): Promise<Catalog>;
}

export type { ClusterName };
