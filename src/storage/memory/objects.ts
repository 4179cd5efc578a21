import type { ClusterName } from '../../logicalcluster/name.ts';
import { Collection } from '../cache/collection.ts';
import { SerializedObject } from '../cache/serialized.ts';
import { type ObjectItem, ownersOf } from '../group.ts';
import type { CachedObject, ClusterRecord, DefaultContent } from '../object-store.ts';
import type { StoredChange } from '../ring.ts';
import type { MemoryClusters } from './clusters.ts';

/** The current objects of all logical clusters in memory, default content among them. */
export class MemoryObjects {
  readonly #clusters: MemoryClusters;
  readonly #defaults: DefaultContent | undefined;
  readonly #collections = new Map<ClusterName, Map<string, Collection>>();
  readonly #owners = new WeakMap<CachedObject, readonly string[]>();
  /** Objects that are served without having been written. */
  readonly #virtual = new WeakSet<CachedObject>();

  constructor(clusters: MemoryClusters, defaults: DefaultContent | undefined) {
    this.#clusters = clusters;
    this.#defaults = defaults;
  }

  /** Clusters that somebody has asked for something. */
  clusters(): readonly ClusterName[] {
    return [...this.#collections.keys()];
  }

  /** The collections of a cluster that somebody has asked for. */
  collections(cluster: ClusterName): ReadonlyMap<string, Collection> {
    return this.#collections.get(cluster) ?? new Map<string, Collection>();
  }

  owners(object: CachedObject): readonly string[] {
    return this.#owners.get(object) ?? [];
  }

  /** True when the object was written, not default content. */
  isStored(object: CachedObject): boolean {
    return !this.#virtual.has(object);
  }

  /** Forgets a cluster. */
  drop(cluster: ClusterName): void {
    this.#collections.delete(cluster);
  }

  /** The collection with its default content; undefined when the cluster does not exist. */
  collection(cluster: ClusterName, resource: string): Collection | undefined {
    const known = this.#collections.get(cluster)?.get(resource);
    if (known !== undefined) return known;
    const record = this.#clusters.get(cluster);
    if (record === undefined) return undefined;
    const collection = new Collection(record.revision);
    for (const object of this.defaults(record, resource)) collection.set(object);
    const collections = this.#collections.get(cluster) ?? new Map<string, Collection>();
    this.#collections.set(cluster, collections.set(resource, collection));
    return collection;
  }

  /** Default content as objects. */
  defaults(record: ClusterRecord, resource: string): readonly SerializedObject[] {
    if (this.#defaults?.resources.has(resource) !== true) return [];
    return this.#defaults.objects(record, resource).map(({ namespace, name, text }) => {
      const key = { cluster: record.name, resource, namespace, name };
      const object = new SerializedObject(key, record.revision, text);
      this.#virtual.add(object);
      return object;
    });
  }

  /** Applies an item that has been checked. */
  write(item: ObjectItem, revision: number): StoredChange {
    const key = item.key;
    const object = new SerializedObject(key, revision, item.text);
    const collection = this.collection(key.cluster, key.resource) ?? new Collection(revision);
    if (item.op === 'delete') {
      const before = collection.remove(key.namespace, key.name);
      return { type: 'DELETED', revision, key, object, before };
    }
    this.#owners.set(object, ownersOf(item));
    const before = collection.set(object);
    return { type: before === undefined ? 'ADDED' : 'MODIFIED', revision, key, object, before };
  }
}
