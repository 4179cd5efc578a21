import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterRecord, CachedObject, ObjectStore } from '../../storage/object-store.ts';

export type ConfigurationStore = Pick<ObjectStore, 'guard' | 'peek' | 'list'>;

/** The configurations of one kind in a logical cluster, compiled, in order of their names. At once when this process knows them, above all when there are none. */
export type Configurations<T> = (cluster: ClusterRecord) => readonly T[] | Promise<readonly T[]>;

const none: readonly never[] = [];

/**
 * Follows the configurations of a resource in all logical clusters without keeping anything of an idle one: whoever writes one raises the guard of its
 * logical cluster (see `admissionConfigurations`), so where the guard never was raised there are none, and where it was, the collection is kept in memory
 * while it is used. `compile` is called once for each state of an object.
 */
export function followConfigurations<T>(
  store: ConfigurationStore,
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
  const load = async (cluster: ClusterRecord): Promise<readonly T[]> => {
    if ((await store.guard(cluster.name)) === 0) return none;
    return compileAll((await store.list({ cluster: cluster.name, resource, at: { mode: 'any' } })).items);
  };
  return (cluster) => {
    const guard = store.guard(cluster.name);
    if (guard === 0) return none;
    const items = typeof guard === 'number' ? store.peek(cluster.name, resource, '') : undefined;
    return items === undefined ? load(cluster) : compileAll(items);
  };
}
