import type { KubeObject } from '../../apimachinery/object.ts';
import type { CachedObject, ClusterRecord, ObjectStore } from '../../storage/object-store.ts';
import type { ConfigurationIndex } from './configuration-index.ts';

export type ConfigurationSource = {
  readonly store: Pick<ObjectStore, 'peek' | 'list'>;
  readonly configurations: ConfigurationIndex;
};

/** The configurations of one kind in a logical cluster, compiled, in order of their names. At once when this process knows them, above all when there are none. */
export type Configurations<T> = (cluster: ClusterRecord) => readonly T[] | Promise<readonly T[]>;

const none: readonly never[] = [];

/**
 * Follows the configurations of a resource: a logical cluster that has none costs a look into a map; of one that has some the collection is kept in memory
 * while it is used. `compile` is called once for each state of an object.
 */
export function followConfigurations<T>(
  { store, configurations }: ConfigurationSource,
  resource: string,
  compile: (object: KubeObject) => T,
): Configurations<T> {
  const compiled = new WeakMap<CachedObject, { readonly value: T }>();
  const lists = new WeakMap<readonly CachedObject[], readonly T[]>();
  const compileOne = (item: CachedObject): T => {
    let known = compiled.get(item);
    if (known === undefined) {
      known = { value: compile(item.object) };
      compiled.set(item, known);
    }
    return known.value;
  };
  const compileAll = (items: readonly CachedObject[]): readonly T[] => {
    if (items.length === 0) return none;
    let list = lists.get(items);
    if (list === undefined) {
      list = items.map(compileOne);
      lists.set(items, list);
    }
    return list;
  };
  return (cluster) => {
    if (!configurations.mayHave(cluster, resource)) return none;
    const items = store.peek(cluster.name, resource, '');
    if (items !== undefined) return compileAll(items);
    return store.list({ cluster: cluster.name, resource, at: { mode: 'any' } }).then((list) => compileAll(list.items));
  };
}
