import type { ClusterName } from '../logicalcluster/name.ts';

/**
 * What the rest of Atoll knows of storage: ordered revisions, compare-and-set, lists at a revision, and watches that miss nothing.
 * Texts are JSON without `metadata.resourceVersion`; they begin `{"kind":K,"apiVersion":V,"metadata":{` so that the revision can be spliced in
 * (see serialized-object.ts). The store never parses them on the way of a request.
 */
export type ObjectKey = {
  readonly cluster: ClusterName;
  /** `configmaps`, `deployments.apps`: group-resource, never a version. */
  readonly resource: string;
  /** '' for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
};

/** The committed state of one object. */
export type StoredObject = {
  readonly key: ObjectKey;
  /** Revision of the object's last change, within its shard. */
  readonly revision: number;
  readonly text: string;
};

/** A logical cluster as storage knows it. */
export type ClusterRecord = {
  readonly name: ClusterName;
  readonly shard: string;
  /** '' for root. */
  readonly parent: ClusterName | '';
  /** The workspace's name in its parent; 'root' for root. */
  readonly workspace: string;
  /** UUID; the same as the LogicalCluster object's uid. */
  readonly uid: string;
  /** Revision that created the cluster: the resourceVersion of its default content. */
  readonly revision: number;
  /** RFC 3339, whole seconds. */
  readonly createdAt: string;
  readonly state: 'Active' | 'Deleting';
};

/** One change to one object. `expected` is the compare-and-set condition. */
export type WriteItem =
  /** Fails with `exists` when the object exists. */
  | {
      readonly op: 'create';
      readonly key: ObjectKey;
      readonly text: string;
      readonly owners?: readonly string[];
      /** Commits of this logical cluster that were decided before this one fail (`CommitOptions.guard`). */
      readonly raisesGuard?: boolean;
    }
  /** Fails with `absent` or `stale` unless the object's revision is `expected`. */
  | {
      readonly op: 'update';
      readonly key: ObjectKey;
      readonly expected: number;
      readonly text: string;
      readonly owners?: readonly string[];
      /** The object at `expected`, when the caller holds it: spares the store reading it for the change's `before`. */
      readonly before?: CachedObject;
      readonly raisesGuard?: boolean;
    }
  /** As update; `text` is the final state that DELETED events carry (spliced with the delete's revision). */
  | {
      readonly op: 'delete';
      readonly key: ObjectKey;
      readonly expected: number;
      readonly text: string;
      readonly before?: CachedObject;
    }
  /** Makes a logical cluster; fails with `exists` when the name or (parent, workspace) is taken. Takes no revision of its own. */
  | {
      readonly op: 'createCluster';
      readonly cluster: Omit<ClusterRecord, 'revision' | 'state' | 'shard'> & { readonly shard?: string };
    }
  /**
   * Marks a cluster and every cluster below it as Deleting: requests see it at once, their watches end; purge removes rows later. Each cluster takes a
   * revision of its shard, after the objects of the group. Fails with `noCluster` when there is no live cluster of that name, and for root.
   */
  | { readonly op: 'deleteCluster'; readonly cluster: ClusterName };

export type WriteOutcome =
  | { readonly ok: true; readonly revision: number }
  /**
   * `current` is the object's revision now, 0 when absent. `aborted`: the item itself was fine, its atomic group was not. `outdated`: the guard of the
   * logical cluster is another by now, `current`.
   */
  | {
      readonly ok: false;
      readonly why: 'exists' | 'absent' | 'stale' | 'aborted' | 'noCluster' | 'outdated';
      readonly current: number;
    };

export type CommitOptions = {
  /**
   * The guard (`ObjectStore.guard`) on which the group was decided: when the logical cluster of the first item has another by now, that item fails with
   * `outdated`. This is how a write is held to rules that other replicas may be changing at the same moment.
   */
  readonly guard?: number;
};

export type ListOptions = {
  readonly cluster: ClusterName;
  readonly resource: string;
  /** '' or absent: all namespaces. */
  readonly namespace?: string;
  /**
   * fresh: at least as new as the moment of the call. any: whatever is at hand. notOlderThan: waits up to 3 s, then throws
   * tooLargeResourceVersion. exact: the state at that revision, throws `RevisionCompacted` when history no longer reaches it.
   */
  readonly at:
    | { readonly mode: 'fresh' }
    | { readonly mode: 'any' }
    | { readonly mode: 'notOlderThan'; readonly revision: number }
    | { readonly mode: 'exact'; readonly revision: number };
  /** Return at most this many objects that `filter` accepts. */
  readonly limit?: number;
  /** Start strictly after this (namespace, name). */
  readonly after?: { readonly namespace: string; readonly name: string };
  readonly filter?: ObjectFilter;
  readonly signal?: AbortSignal;
};

/** A predicate over stored objects; `needs` names what it reads so that a store may index. Must be pure. */
export type ObjectFilter = (object: CachedObject) => boolean;

/** A stored object as caches hold it: bytes once serialized, lazily parsed parts. Shared between requests: never mutate. */
export interface CachedObject {
  readonly key: ObjectKey;
  readonly revision: number;
  /** The text of `StoredObject`. */
  readonly text: string;
  /** The served JSON in storage version, `resourceVersion` spliced in, UTF-8. */
  readonly bytes: Uint8Array;
  /** metadata.labels; an empty object when none. */
  readonly labels: Readonly<Record<string, string>>;
  /** The parsed object with resourceVersion set (parsed on first use). Treat as frozen; deepCopy before changing. */
  readonly object: import('../apimachinery/object.ts').KubeObject;
}

export type ListResult = {
  /** Sorted by namespace, then name (byte order). */
  readonly items: readonly CachedObject[];
  /** Revision of the whole list. */
  readonly revision: number;
  /** True when `limit` ended the list and there are objects behind it, whether `filter` takes them or not; continue after the last item. */
  readonly more: boolean;
  /** Objects after the last item (only when no filter was given and it is cheap to know). */
  readonly remaining?: number;
  /**
   * Identifies this exact content (same token: same items, in the same order). Lets a response writer reuse a body. Absent when not cached.
   */
  readonly version?: object;
};

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One committed change, in revision order. */
export interface Change {
  readonly type: ChangeType;
  readonly revision: number;
  readonly key: ObjectKey;
  /** State after the change; for DELETED the last state with the delete's revision. */
  readonly object: CachedObject;
  /** State before the change; undefined for ADDED. */
  readonly before: CachedObject | undefined;
}

export type WatchOptions = {
  /** '*' follows every cluster (controllers and virtual workspaces only). */
  readonly cluster: ClusterName | '*';
  /** '*' follows every resource (controllers only). */
  readonly resource: string;
  readonly namespace?: string;
  /** Changes strictly after this revision. Throws `RevisionCompacted` (from `watch`) when history no longer reaches it. */
  readonly from: number;
  readonly shard?: string;
  /**
   * Called with consecutive changes, in order; `progress` is the revision up to which everything has been seen, also called with no changes when
   * only it moved. Must not throw or block. The same array instance is passed to all watches with the same (cluster, resource, namespace), so
   * that encoded bytes can be shared through a WeakMap.
   */
  readonly onChanges: (changes: readonly Change[], progress: number) => void;
  /** The stream ended by itself: history lost, buffer overrun, cluster deleted, store closed. Called at most once; not after `close()`. */
  readonly onEnd: (reason: 'compacted' | 'overrun' | 'clusterDeleted' | 'closed') => void;
};

export interface WatchHandle {
  close(): void;
}

/** The wished-for revision is older than the change log. `oldest` is the oldest revision a watch may start from. */
export class RevisionCompacted extends Error {
  readonly requested: number;
  readonly oldest: number;
  constructor(requested: number, oldest: number) {
    super(`too old resource version: ${requested} (${oldest})`);
    this.name = 'RevisionCompacted';
    this.requested = requested;
    this.oldest = oldest;
  }
}

/**
 * Content that every logical cluster (of a type) has without a row: served as if stored since the cluster's creation, stored on first change.
 * Pure and cheap: called on reads. Texts as in StoredObject.
 */
export interface DefaultContent {
  /** Resources for which `objects` may be non-empty. */
  readonly resources: ReadonlySet<string>;
  /** All default objects of a resource in a cluster, sorted by namespace and name; a stable array per (cluster, resource) is welcome. */
  objects(
    cluster: ClusterRecord,
    resource: string,
  ): readonly { readonly namespace: string; readonly name: string; readonly text: string }[];
}

/** All errors but `RevisionCompacted`, ApiError (timeouts) and `StorageUnavailable` are bugs. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

export interface ObjectStore {
  /** Always linearizable. */
  get(key: ObjectKey): Promise<CachedObject | undefined>;
  /** As old as the cache at hand, or linearizable when there is none. */
  getAny(key: ObjectKey): Promise<CachedObject | undefined>;
  list(options: ListOptions): Promise<ListResult>;
  /** Stored objects (not default content) of a resource over all clusters of a shard, keyset-paginated; controllers' resync only. */
  listEverywhere(options: {
    resource: string;
    shard?: string;
    after?: ObjectKey;
    limit: number;
  }): Promise<readonly CachedObject[]>;
  /** Objects in `cluster` that name `ownerUid` in metadata.ownerReferences (from WriteItem.owners). */
  listDependents(cluster: ClusterName, ownerUid: string, limit: number): Promise<readonly CachedObject[]>;
  /** Which resources have stored rows in a cluster (and namespace), with counts; for deletion of content. Default content is not counted. */
  countByResource(cluster: ClusterName, namespace?: string): Promise<ReadonlyMap<string, number>>;
  /**
   * Commits all items in the order given or none (an atomic group); resolves after the commit is durable. All items of a group must live in one
   * shard. When any item fails, its outcome says why and the others say `aborted`.
   */
  commit(items: readonly WriteItem[], options?: CommitOptions): Promise<readonly WriteOutcome[]>;
  /**
   * The guard of a logical cluster: 0 until the first commit of an item that raises it, in whichever process. At once when this process knows it. What
   * raised it so far is in what `peek`, `list` and `getAny` give from then on.
   */
  guard(cluster: ClusterName): number | Promise<number>;
  /** The objects of a namespace at once, when this process has the collection in memory. */
  peek(cluster: ClusterName, resource: string, namespace: string): readonly CachedObject[] | undefined;
  /** Resolves when this process has seen everything committed before the call; gives that revision. Calls are coalesced. */
  fresh(shard?: string): Promise<number>;
  /** The newest revision this process has seen. */
  revision(shard?: string): number;
  watch(options: WatchOptions): WatchHandle;
  /** A logical cluster by name; undefined when there is none (or it is purged). Cached; invalidated by changes. */
  cluster(name: ClusterName): Promise<ClusterRecord | undefined>;
  /** A child by its workspace name. */
  childCluster(parent: ClusterName, workspace: string): Promise<ClusterRecord | undefined>;
  /** Direct children, keyset-paginated by workspace name. */
  childClusters(parent: ClusterName, options: { after?: string; limit: number }): Promise<readonly ClusterRecord[]>;
  /** Deletes up to `limit` rows of clusters marked Deleting, and in the end the clusters; resolves to the number removed, 0 when nothing is left. */
  purgeDeletedClusters(limit: number): Promise<number>;
  /** Reads up to `limit` changes after `from`, in order (all clusters); throws RevisionCompacted. Controllers resume with it. */
  changesSince(from: number, limit: number, shard?: string): Promise<readonly Change[]>;
  /** Oldest revision a watch may start from. */
  oldestRevision(shard?: string): number;
  /**
   * Runs while this replica holds the named lock; the signal aborts on loss. A run that returns or throws gives the lock back, and the replicas contend
   * for it again after a second. Resolves when `signal` has aborted and the run has returned. Postgres: advisory lock.
   */
  lead(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** A small durable note (controller checkpoints). */
  readCheckpoint(name: string): Promise<number | undefined>;
  writeCheckpoint(name: string, revision: number): Promise<void>;
  close(): Promise<void>;
}
