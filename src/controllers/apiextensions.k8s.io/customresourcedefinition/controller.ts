import { acceptNames } from '../../../api/apiextensions.k8s.io/v1/names.ts';
import {
  cleanupFinalizer,
  type Crd,
  type CrdCondition,
  crdResource,
  setCrdCondition,
} from '../../../api/apiextensions.k8s.io/v1/types.ts';
import { setApprovalCondition } from '../../../api/apiextensions.k8s.io/v1/validate-approval.ts';
import { ApiError } from '../../../apimachinery/errors.ts';
import { deepCopy, type Json } from '../../../apimachinery/json.ts';
import { formatTime } from '../../../apimachinery/object.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { CatalogSource } from '../../../registry/registry.ts';
import { namesInGroup } from '../../../registry/customresources/hooks.ts';
import type { CachedObject, ObjectKey, ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';
import { deleteInstances, deleteOrphans } from './instances.ts';

/** Objects of a definition that goes ring when they are gone; this is for what nobody rings for. */
const lookAgainMs = 5_000;
const lateCreatesMs = 2_000;
/** Deletions of a definition's objects are taken together. */
const gatherMs = 20;

export type CustomResourceDefinitionControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'cluster' | 'listEverywhere' | 'commit'>;
  readonly client: Pick<LoopbackClient, 'update' | 'delete'>;
  readonly catalogs: CatalogSource;
  readonly now?: () => Date;
};

/**
 * Accepts the names of CustomResourceDefinitions whose update asks for others, or which had to wait for names that have become free, and ends definitions that
 * are being deleted: deletes their objects, then takes their finalizer away.
 */
export function createCustomResourceDefinitionController(
  options: CustomResourceDefinitionControllerOptions,
): Controller {
  const { store, client, catalogs } = options;
  const now = options.now ?? (() => new Date());
  /** Definitions whose objects are on their way, by cluster and storage resource: the only objects that ring. */
  const waiting = new Map<string, string>();
  /** Definitions that are gone and whose place is looked at once more, and since when they are gone. */
  const gone = new Map<string, number>();

  return {
    name: 'customresourcedefinition',
    concurrency: 4,
    sweepAtStart: true,

    notice({ type, key }, enqueue) {
      if (key.resource === crdResource) enqueue(formatObjectKey(key));
      else if (type === 'DELETED' && waiting.size > 0) {
        const definition = waiting.get(`${key.cluster}/${key.resource}`);
        if (definition !== undefined) enqueue(definition, { delayMs: gatherMs });
      }
    },

    async sweep(context) {
      await visitEverywhere(store, crdResource, context, (object) => context.enqueue(formatObjectKey(object.key)));
    },

    async reconcile(text, { signal, enqueue }) {
      const key = parseObjectKey(text);
      const cluster = await store.cluster(key.cluster);
      if (cluster?.state !== 'Active') return;
      const instances = `${key.cluster}/${key.name}`;
      waiting.delete(instances);
      const { items, revision } = await store.list({
        cluster: key.cluster,
        resource: crdResource,
        at: { mode: 'fresh' },
      });
      const found = items.find((item) => item.key.name === key.name);
      if (found === undefined) {
        ringForRefused(items, enqueue);
        await deleteOrphans(store, key.cluster, key.name, revision);
        // Creates that were on their way when the definition went have come to their end by then.
        const since = gone.get(text) ?? performance.now();
        const left = since + lateCreatesMs - performance.now();
        if (left <= 0) gone.delete(text);
        else {
          gone.set(text, since);
          enqueue(text, { delayMs: left });
        }
        return;
      }
      gone.delete(text);
      const crd = deepCopy(found.object as Json) as Crd;
      if (crd.metadata.deletionTimestamp !== undefined) {
        if (!(crd.metadata.finalizers ?? []).includes(cleanupFinalizer)) return;
        waiting.set(instances, text);
        if (!(await end(client, store, key, crd, signal, now()))) enqueue(text, { delayMs: lookAgainMs });
        else waiting.delete(instances);
        return;
      }
      const builtIn = catalogs.builtIn?.(cluster).definitions ?? [];
      const taken = namesInGroup(
        crd,
        items.map((item) => item.object),
        builtIn,
      );
      const namesChanged = acceptNames(crd, taken, formatTime(now()));
      if (!setApprovalCondition(crd, formatTime(now())) && !namesChanged) return;
      await writeStatus(client, key, crd);
      ringForRefused(items, enqueue);
    },
  };
}

/** Names may have become free for definitions that could not have theirs. */
function ringForRefused(items: readonly CachedObject[], enqueue: (key: string) => void): void {
  for (const item of items) {
    const { conditions = [] } = (item.object as Crd).status ?? {};
    if (conditions.some((each) => each.type === 'NamesAccepted' && each.status === 'False'))
      enqueue(formatObjectKey(item.key));
  }
}

/** Deletes a definition's objects; true when none is left and the definition has been let go. */
async function end(
  client: CustomResourceDefinitionControllerOptions['client'],
  store: CustomResourceDefinitionControllerOptions['store'],
  key: ObjectKey,
  crd: Crd,
  signal: AbortSignal,
  now: Date,
): Promise<boolean> {
  const tell = async (condition: CrdCondition): Promise<void> => {
    if (!setCrdCondition(crd, { type: 'Terminating', ...condition }, formatTime(now))) return;
    const updated = await writeStatus(client, key, crd);
    if (updated !== undefined) crd.metadata = updated.metadata;
  };
  const { left, errors } = await deleteInstances({ store, client, cluster: key.cluster, resource: key.name, signal });
  if (errors.length > 0) {
    await tell({
      status: 'True',
      reason: 'InstanceDeletionFailed',
      message: `could not issue all deletes: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`,
    });
    return false;
  }
  if (left > 0) {
    await tell({
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    });
    return false;
  }
  const finalizers = (crd.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer);
  setCrdCondition(
    crd,
    { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' },
    formatTime(now),
  );
  const released = (await writeStatus(client, key, crd)) ?? crd;
  if (finalizers.length === 0) delete released.metadata.finalizers;
  else released.metadata.finalizers = finalizers;
  return ignoringLosses(async () => {
    await client.update({ cluster: key.cluster, resource: crdResource, name: key.name }, released);
    return true;
  }, false);
}

/** Undefined when another write was faster: its change rings again. */
function writeStatus(
  client: CustomResourceDefinitionControllerOptions['client'],
  { cluster, name }: ObjectKey,
  crd: Crd,
): Promise<Crd | undefined> {
  return ignoringLosses(
    async () => (await client.update({ cluster, resource: crdResource, name }, crd, 'status')) as Crd,
    undefined,
  );
}

async function ignoringLosses<T>(write: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return otherwise;
    throw error;
  }
}
