import type { StoredChange } from '../ring.ts';
import { Collection } from './collection.ts';

/** A collection in the cache, and until when the changes of the hub are already in it. */
export type Cached = {
  readonly collection: Collection;
  /** Everything up to this revision was in it when it was loaded. */
  readonly loadedAt: number;
  /** False once it has left the cache: it no longer changes. */
  live: boolean;
};

/** The revision whose state a cached collection shows, when the log has been applied up to `applied`. */
export function stateRevision({ collection, loadedAt, live }: Cached, applied: number): number {
  return Math.max(loadedAt, live ? applied : collection.revision);
}

/** What loading a collection gives: its objects at a revision, or that it is too big to be cached. */
export type Loaded = { readonly collection: Collection; readonly revision: number } | 'tooBig';

type Entry = {
  readonly cluster: string;
  readonly resource: string;
  cached: Cached | undefined;
  /** Changes that came while it was being loaded. */
  readonly missed: StoredChange[];
  loading: Promise<Cached | 'tooBig'> | undefined;
  lastUsed: number;
  bytes: number;
};

export type CollectionsOptions = {
  readonly maxBytes: number;
  /** A collection that nobody has used for this long, and nobody watches, is dropped. */
  readonly idleMs?: number;
  readonly watches: (cluster: string, resource: string) => boolean;
};

/** Answers "too big" for this long without measuring again. */
const tooBigMs = 30_000;
const maxTooBig = 1000;

/**
 * The collections that one process keeps in memory, within a budget of bytes. Loaded on first use, kept current by `apply`, dropped when idle or, least
 * recently used first, when the budget is spent.
 */
export class Collections {
  readonly #options: CollectionsOptions;
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #tooBig = new Map<string, number>();
  #count = 0;
  #bytes = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: CollectionsOptions) {
    this.#options = options;
  }

  /** Collections in memory or on their way. */
  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A collection that is in memory; counts as use. */
  get(cluster: string, resource: string): Cached | undefined {
    const entry = this.#entries.get(cluster)?.get(resource);
    if (entry === undefined) return undefined;
    entry.lastUsed = Date.now();
    return entry.cached;
  }

  /** As `get`, but not a use. */
  peek(cluster: string, resource: string): Cached | undefined {
    return this.#entries.get(cluster)?.get(resource)?.cached;
  }

  /** True when the collection was too big a short while ago. */
  isTooBig(cluster: string, resource: string): boolean {
    const until = this.#tooBig.get(key(cluster, resource));
    return until !== undefined && until > Date.now();
  }

  /**
   * A collection, loaded when it is not there; concurrent callers share the load. The hub must be following the log, and `load` must read a state that
   * is not older than the call.
   */
  load(cluster: string, resource: string, load: () => Promise<Loaded>): Promise<Cached | 'tooBig'> {
    const known = this.#entries.get(cluster)?.get(resource);
    if (known?.cached !== undefined) return Promise.resolve(known.cached);
    if (known?.loading !== undefined) return known.loading;
    const entry = this.#enter(cluster, resource);
    entry.loading = this.#fill(entry, load);
    return entry.loading;
  }

  /** Takes the next changes of the log. */
  apply(changes: readonly StoredChange[]): void {
    if (this.#count === 0) return;
    for (const change of changes) {
      const entry = this.#entries.get(change.key.cluster)?.get(change.key.resource);
      if (entry === undefined) continue;
      if (entry.cached === undefined) entry.missed.push(change);
      else this.#applyTo(entry, entry.cached, change);
    }
    if (this.#bytes > this.#options.maxBytes) this.#evict();
  }

  /** Forgets the collections of a cluster. */
  dropCluster(cluster: string): void {
    for (const entry of this.#entries.get(cluster)?.values() ?? []) this.#drop(entry);
  }

  clear(): void {
    for (const resources of this.#entries.values()) for (const entry of resources.values()) this.#drop(entry);
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #enter(cluster: string, resource: string): Entry {
    const entry: Entry = {
      cluster,
      resource,
      cached: undefined,
      missed: [],
      loading: undefined,
      lastUsed: Date.now(),
      bytes: 0,
    };
    const resources = this.#entries.get(cluster) ?? new Map<string, Entry>();
    this.#entries.set(cluster, resources.set(resource, entry));
    this.#count++;
    this.#sweeper ??= setInterval(() => this.#sweep(), (this.#options.idleMs ?? 60_000) / 4).unref();
    return entry;
  }

  async #fill(entry: Entry, load: () => Promise<Loaded>): Promise<Cached | 'tooBig'> {
    let loaded: Loaded;
    try {
      loaded = await load();
    } catch (error) {
      this.#drop(entry);
      throw error;
    }
    if (loaded === 'tooBig') {
      this.#drop(entry);
      if (this.#tooBig.size >= maxTooBig) this.#tooBig.clear();
      this.#tooBig.set(key(entry.cluster, entry.resource), Date.now() + tooBigMs);
      return 'tooBig';
    }
    const cached: Cached = { collection: loaded.collection, loadedAt: loaded.revision, live: false };
    const held = this.#holds(entry);
    if (held) {
      cached.live = true;
      entry.cached = cached;
      entry.loading = undefined;
      this.#account(entry, cached);
    }
    for (const change of entry.missed) this.#applyTo(entry, cached, change);
    entry.missed.length = 0;
    if (this.#bytes > this.#options.maxBytes) this.#evict(entry);
    return cached;
  }

  #applyTo(entry: Entry, { collection, loadedAt }: Cached, change: StoredChange): void {
    if (change.revision <= loadedAt) return;
    if (change.type === 'DELETED') collection.remove(change.key.namespace, change.key.name);
    else collection.set(change.object);
    collection.revision = change.revision;
    if (this.#holds(entry)) this.#account(entry, { collection });
  }

  #account(entry: Entry, { collection }: { readonly collection: Collection }): void {
    this.#bytes += collection.bytes - entry.bytes;
    entry.bytes = collection.bytes;
  }

  #holds(entry: Entry): boolean {
    return this.#entries.get(entry.cluster)?.get(entry.resource) === entry;
  }

  #drop(entry: Entry): void {
    if (!this.#holds(entry)) return;
    if (entry.cached !== undefined) entry.cached.live = false;
    const resources = this.#entries.get(entry.cluster);
    resources?.delete(entry.resource);
    if (resources?.size === 0) this.#entries.delete(entry.cluster);
    this.#bytes -= entry.bytes;
    this.#count--;
  }

  /** Drops the least recently used until the budget holds, `last` only when it is alone too much. */
  #evict(last?: Entry): void {
    const entries = [...this.#entries.values()].flatMap((resources) => [...resources.values()]);
    entries.sort((a, b) => a.lastUsed - b.lastUsed);
    for (const entry of [...entries.filter((candidate) => candidate !== last), ...(last === undefined ? [] : [last])]) {
      // Some room, or the next change evicts again.
      if (this.#bytes <= this.#options.maxBytes * 0.9) return;
      if (entry.cached !== undefined) this.#drop(entry);
    }
  }

  #sweep(): void {
    const idleMs = this.#options.idleMs ?? 60_000;
    const idleSince = Date.now() - idleMs;
    for (const resources of this.#entries.values()) {
      for (const entry of resources.values()) {
        if (entry.lastUsed > idleSince || entry.cached === undefined) continue;
        if (!this.#options.watches(entry.cluster, entry.resource)) this.#drop(entry);
      }
    }
    if (this.#count > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function key(cluster: string, resource: string): string {
  return `${cluster}\0${resource}`;
}
