import type { CachedObject, ListOptions } from '../object-store.ts';
import { compareText } from './order.ts';
import type { SerializedObject } from './serialized.ts';
import { SortedObjects } from './sorted-objects.ts';

/** The part of `ListOptions` that selects from a collection, and of `ListResult` that it gives. */
export type Selection = Pick<ListOptions, 'namespace' | 'limit' | 'after' | 'filter'>;
export type Selected = {
  readonly items: readonly CachedObject[];
  readonly more: boolean;
  readonly remaining?: number;
  readonly version?: object;
};

/** A list of everything in a collection or namespace, kept until something in it changes; the array is its own version token. */
type Snapshot = readonly CachedObject[];

/** All objects of one resource in one logical cluster, sorted by namespace and name. */
export class Collection {
  /** Revision of the last change that touched the collection, or of its load. */
  revision: number;
  count = 0;
  /** Approximate memory of the objects. */
  bytes = 0;
  readonly #namespaces = new Map<string, SortedObjects>();
  readonly #order: SortedObjects[] = [];
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(revision: number) {
    this.revision = revision;
  }

  get(namespace: string, name: string): SerializedObject | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set(object: SerializedObject): SerializedObject | undefined {
    const namespace = object.key.namespace;
    let sorted = this.#namespaces.get(namespace);
    if (sorted === undefined) {
      sorted = new SortedObjects(namespace);
      this.#namespaces.set(namespace, sorted);
      this.#order.splice(this.#positionAfter(namespace), 0, sorted);
    }
    const previous = sorted.set(object);
    if (previous === undefined) this.count++;
    this.bytes += object.size - (previous?.size ?? 0);
    this.#changed(namespace);
    return previous;
  }

  remove(namespace: string, name: string): SerializedObject | undefined {
    const sorted = this.#namespaces.get(namespace);
    const previous = sorted?.remove(name);
    if (sorted === undefined || previous === undefined) return undefined;
    if (sorted.count === 0) {
      this.#namespaces.delete(namespace);
      this.#order.splice(this.#order.indexOf(sorted), 1);
    }
    this.count--;
    this.bytes -= previous.size;
    this.#changed(namespace);
    return previous;
  }

  /** Every object, sorted. The array is shared: same array, same content. */
  all(namespace = ''): readonly CachedObject[] {
    const known = this.#snapshots.get(namespace);
    if (known !== undefined) return known;
    const items: SerializedObject[] = [];
    if (namespace === '') for (const sorted of this.#order) sorted.appendTo(items);
    else this.#namespaces.get(namespace)?.appendTo(items);
    this.#snapshots.set(namespace, items);
    return items;
  }

  /** Answers a list. */
  select({ namespace = '', limit, after, filter }: Selection): Selected {
    const available = namespace === '' ? this.count : (this.#namespaces.get(namespace)?.count ?? 0);
    if (after === undefined && filter === undefined && (limit === undefined || limit >= available)) {
      const items = this.all(namespace);
      return { items, more: false, version: items };
    }
    return this.#page(namespace, limit ?? Number.MAX_SAFE_INTEGER, after, filter);
  }

  #page(namespace: string, limit: number, after: Selection['after'], filter: Selection['filter']): Selected {
    const items: SerializedObject[] = [];
    let more = false;
    let rest = 0;
    const visit = (object: SerializedObject): boolean => {
      // What is behind a full page is not looked at: whether the filter takes any of it is seen by who goes on, as on a stock server.
      if (items.length === limit) {
        more = true;
        return false;
      }
      if (filter !== undefined && !filter(object)) return true;
      items.push(object);
      return true;
    };
    const order = namespace === '' ? this.#order : [this.#namespaces.get(namespace)];
    for (const sorted of order) {
      if (sorted === undefined) continue;
      const place = after === undefined ? 1 : compareText(sorted.namespace, after.namespace);
      if (place < 0) continue;
      // `visit` has turned down the object that it stopped at, so that one remains too.
      if (more) rest += sorted.count;
      else {
        const behind = sorted.visitAfter(place === 0 ? after?.name : undefined, visit);
        if (more) rest = behind + 1;
      }
    }
    return { items, more, ...(more && filter === undefined ? { remaining: rest } : {}) };
  }

  #changed(namespace: string): void {
    if (this.#snapshots.size === 0) return;
    this.#snapshots.delete('');
    this.#snapshots.delete(namespace);
  }

  /** Where a namespace that is not there yet belongs. */
  #positionAfter(namespace: string): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareText(this.#order[middle]?.namespace ?? '', namespace) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
