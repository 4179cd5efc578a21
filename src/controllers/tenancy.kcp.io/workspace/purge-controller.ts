import type { ObjectStore } from '../../../storage/object-store.ts';
import type { Controller } from '../../framework/controller.ts';

const workspaces = 'workspaces.tenancy.kcp.io';
/** The one key: purge takes deleted logical clusters as it finds them. */
const key = 'root/purge';
const stepRows = 2000;

/**
 * Removes the rows of deleted logical clusters, step by step, behind the deletion that requests saw at once.
 */
export function createPurgeController({
  store,
}: {
  readonly store: Pick<ObjectStore, 'purgeDeletedClusters'>;
}): Controller {
  return {
    name: 'purge',
    concurrency: 1,
    sweepAtStart: true,
    notice({ type, key: { resource } }, enqueue) {
      if (type === 'DELETED' && resource === workspaces) enqueue(key);
    },
    sweep: (context) => Promise.resolve(context.enqueue(key)),
    async reconcile(_key, { signal }) {
      while (!signal.aborted && (await store.purgeDeletedClusters(stepRows)) > 0);
    },
  };
}
