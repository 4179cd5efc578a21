import { ApiError } from '../../../apimachinery/errors.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { forEachConcurrently } from '../../framework/concurrency.ts';

export type InstanceDeletion = {
  readonly store: Pick<ObjectStore, 'list'>;
  readonly client: Pick<LoopbackClient, 'delete'>;
  readonly cluster: ClusterName;
  /** The storage resource, which is also the definition's name. */
  readonly resource: string;
  readonly signal: AbortSignal;
};

const concurrency = 16;
const pageSize = 500;
const maxErrors = 10;

/** Deletes all objects of a custom resource; gives how many are still there (held by finalizers, mostly) and what went wrong. */
export async function deleteInstances(
  deletion: InstanceDeletion,
): Promise<{ left: number; errors: readonly string[] }> {
  const { store, client, cluster, resource, signal } = deletion;
  const errors: string[] = [];
  let left = 0;
  let after: { namespace: string; name: string } | undefined;
  for (;;) {
    const page = await store.list({
      cluster,
      resource,
      at: { mode: 'fresh' },
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    await forEachConcurrently(page.items, concurrency, async ({ key, object }) => {
      signal.throwIfAborted();
      if (object.metadata.deletionTimestamp !== undefined) return;
      try {
        await client.delete({ cluster, resource, namespace: key.namespace, name: key.name });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code !== 404 && errors.length < maxErrors) errors.push(error.message);
      }
    });
    const last = page.items.at(-1);
    if (!page.more || last === undefined) break;
    after = last.key;
  }
  if (errors.length > 0) return { left, errors };
  const rest = await store.list({ cluster, resource, at: { mode: 'fresh' }, limit: pageSize });
  left = rest.items.length;
  return { left, errors };
}

/**
 * Removes objects whose definition did not exist at `revision`: creates that slipped in behind its end. Nobody serves them any more, so they are removed from
 * storage itself. Objects of a definition that has been made anew are newer than that, and stay.
 */
export async function deleteOrphans(
  store: Pick<ObjectStore, 'list' | 'commit'>,
  cluster: ClusterName,
  resource: string,
  revision: number,
): Promise<void> {
  const { items } = await store.list({ cluster, resource, at: { mode: 'fresh' }, limit: pageSize });
  await forEachConcurrently(
    items.filter((item) => item.revision <= revision),
    concurrency,
    async ({ key, revision: expected, text }) => {
      await store.commit([{ op: 'delete', key, expected, text }]);
    },
  );
}
