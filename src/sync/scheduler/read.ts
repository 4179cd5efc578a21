import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { workloadResources } from '../kinds.ts';
import { podTemplate, pullSecrets, references } from '../render/closure.ts';
import type { Workload } from './plan.ts';

/** The objects of a resource in a namespace, as of now. Shared: never to be changed. */
export async function listObjects(
  store: ObjectStore,
  cluster: ClusterName,
  resource: string,
  namespace: string,
): Promise<readonly KubeObject[]> {
  const { items } = await store.list({ cluster, resource, namespace, at: { mode: 'fresh' } });
  return items.map((item) => item.object);
}

/** The workloads of a namespace with what their pod templates refer to. */
export async function readWorkloads(
  store: ObjectStore,
  cluster: ClusterName,
  namespace: string,
): Promise<readonly Workload[]> {
  const lists = await Promise.all(
    workloadResources.map(async (resource) =>
      (await listObjects(store, cluster, resource, namespace)).map((object): Workload => {
        const template = podTemplate(object);
        return { object, resource, references: template === undefined ? [] : references(template) };
      }),
    ),
  );
  return lists.flat();
}

/** Every `<resource>/<name>` whose change concerns the namespace. */
function referencesOf(workloads: readonly Workload[]): ReadonlySet<string> {
  // Every workload may inherit the pull secrets of the default ServiceAccount.
  const names = new Set(['serviceaccounts/default']);
  for (const workload of workloads)
    for (const { resource, name } of workload.references) names.add(`${resource}/${name}`);
  return names;
}

/**
 * Reads what the workloads refer to, as far as it exists, and follows ServiceAccounts to their pull secrets. `announce` hears all names before they are
 * read: whoever follows changes by them misses none that comes after the read.
 */
export async function readDependencies(
  store: ObjectStore,
  cluster: ClusterName,
  namespace: string,
  workloads: readonly Workload[],
  announce: (references: ReadonlySet<string>) => void,
): Promise<{ objects: ReadonlyMap<string, KubeObject>; workloads: readonly Workload[] }> {
  const objects = new Map<string, KubeObject>();
  const read = async (names: Iterable<string>): Promise<void> => {
    await Promise.all(
      [...names].map(async (reference) => {
        const slash = reference.indexOf('/');
        const key = { cluster, resource: reference.slice(0, slash), namespace, name: reference.slice(slash + 1) };
        const found = await store.get(key);
        if (found !== undefined) objects.set(reference, found.object);
      }),
    );
  };
  const named = referencesOf(workloads);
  announce(named);
  await read(named);
  const extended = workloads.map((workload): Workload => {
    const inherited = [
      'serviceaccounts/default',
      ...workload.references.map(({ resource, name }) => `${resource}/${name}`),
    ]
      .filter((reference) => reference.startsWith('serviceaccounts/'))
      .flatMap((reference) => {
        const account = objects.get(reference);
        return account === undefined ? [] : pullSecrets(account);
      });
    return inherited.length === 0 ? workload : { ...workload, references: [...workload.references, ...inherited] };
  });
  const all = referencesOf(extended);
  if (all.size > named.size) {
    announce(all);
    await read([...all].filter((reference) => !named.has(reference)));
  }
  return { objects, workloads: extended };
}
