import type { CachedObject, ObjectStore } from '../storage/object-store.ts';
import type { AdmissionAttributes } from './admission.ts';

/**
 * Gives an object of the request's logical cluster. The cached one is enough; before it is missed, or when it is not `good` enough to go on with,
 * storage is asked: another replica may know better.
 */
export async function findInCluster(
  store: Pick<ObjectStore, 'get' | 'getAny'>,
  { ctx }: AdmissionAttributes,
  resource: string,
  name: string,
  namespace = '',
  good?: (object: CachedObject) => boolean,
): Promise<CachedObject | undefined> {
  const key = { cluster: ctx.cluster.name, resource, namespace, name };
  const object = await store.getAny(key);
  return object === undefined || good?.(object) === false ? store.get(key) : object;
}

/** What was chosen from a list, by the list's version. */
type Choices = WeakMap<object, CachedObject | 'none'>;

/**
 * A function that gives the one cluster-scoped object of a resource that `choose` picks, as far as this replica knows; it chooses once for each state of
 * the collection.
 */
export function createChooser(
  store: Pick<ObjectStore, 'list'>,
  resource: string,
  choose: (objects: readonly CachedObject[]) => CachedObject | undefined,
): (attributes: AdmissionAttributes) => Promise<CachedObject | undefined> {
  const choices: Choices = new WeakMap();
  return async ({ ctx }) => {
    const { items, version } = await store.list({ cluster: ctx.cluster.name, resource, at: { mode: 'any' } });
    const known = version === undefined ? undefined : choices.get(version);
    if (known !== undefined) return known === 'none' ? undefined : known;
    const chosen = choose(items);
    if (version !== undefined) choices.set(version, chosen ?? 'none');
    return chosen;
  };
}

/** The newest of the objects that are marked as default; of those made in the same second the first by name. */
export function newestDefault(
  objects: readonly CachedObject[],
  annotations: readonly string[],
): CachedObject | undefined {
  const marked = objects.filter(({ object }) =>
    annotations.some((annotation) => object.metadata.annotations?.[annotation] === 'true'),
  );
  const age = ({ object }: CachedObject): number => -Date.parse(object.metadata.creationTimestamp ?? '');
  return marked.toSorted((a, b) => age(a) - age(b) || (a.key.name < b.key.name ? -1 : 1))[0];
}
