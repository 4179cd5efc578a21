import { ApiError } from '../../../apimachinery/errors.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { CachedObject, ObjectStore } from '../../../storage/object-store.ts';
import { forEachConcurrently } from '../../framework/concurrency.ts';
import type { Remains } from './conditions.ts';

export type ContentDeletion = {
  readonly store: Pick<ObjectStore, 'list' | 'countByResource'>;
  readonly client: Pick<LoopbackClient, 'delete'>;
  readonly cluster: ClusterName;
  readonly namespace: string;
  readonly signal: AbortSignal;
};

/** Resources with default content, which has no rows to count. */
const virtualResources = ['configmaps', 'serviceaccounts'];
const concurrency = 16;
const maxErrors = 10;

/**
 * Deletes everything in a namespace, pods first: as long as pods are left, nothing else is touched (upstream's ordered namespace deletion). Gives what is
 * left afterwards. Objects whose kind is no longer served are not waited for.
 */
export async function deleteNamespaceContent(deletion: ContentDeletion): Promise<Remains> {
  const counts = await deletion.store.countByResource(deletion.cluster, deletion.namespace);
  const resources = new Set([...counts.keys(), ...virtualResources]);
  const objects = new Map<string, number>();
  const finalizers = new Map<string, number>();
  const errors: string[] = [];
  const remains: Remains = { objects, finalizers, errors };
  const ordered = [...resources].toSorted();
  if (resources.delete('pods')) ordered.splice(0, ordered.length, 'pods', ...[...resources].toSorted());
  for (const resource of ordered) {
    for (const object of await deleteCollection(deletion, resource, errors)) {
      objects.set(resource, (objects.get(resource) ?? 0) + 1);
      for (const finalizer of object.object.metadata.finalizers ?? [])
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
    if (resource === 'pods' && objects.has('pods')) break;
  }
  return remains;
}

/** Deletes all objects of one resource; gives those that are still there. */
async function deleteCollection(
  { store, client, cluster, namespace, signal }: ContentDeletion,
  resource: string,
  errors: string[],
): Promise<readonly CachedObject[]> {
  const list = () => store.list({ cluster, resource, namespace, at: { mode: 'fresh' } });
  const { items } = await list();
  let served = true;
  await forEachConcurrently(
    items.filter((item) => item.object.metadata.deletionTimestamp === undefined),
    concurrency,
    async (item) => {
      if (!served) return;
      signal.throwIfAborted();
      const { uid } = item.object.metadata;
      try {
        await client.delete(
          { cluster, resource, namespace, name: item.key.name },
          { propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) },
        );
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (isNotServed(error)) served = false;
        else if (error.code !== 404 && error.code !== 409 && errors.length < maxErrors) errors.push(error.message);
      }
    },
  );
  if (!served || items.length === 0) return [];
  return (await list()).items;
}

/** The resource itself is unknown, or knows no DELETE: as opposed to an object that is gone, it names nothing. */
function isNotServed(error: ApiError): boolean {
  return error.code === 405 || (error.code === 404 && error.details?.name === undefined);
}
