import { crdResource } from '../../../api/apiextensions.k8s.io/v1/types.ts';
import { equalAmounts } from '../../../apimachinery/amounts.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import { type Quota, quotaOf, quotaResource, statusItem } from '../../../registry/core/resourcequotas/quota.ts';
import { recount } from '../../../registry/core/resourcequotas/recount.ts';
import type { CatalogSource } from '../../../registry/registry.ts';
import type { CachedObject, Change, ObjectKey, ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';

export type ResourceQuotaControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'cluster' | 'listEverywhere' | 'commit'>;
  readonly catalogs: Pick<CatalogSource, 'catalogFor'>;
  readonly now?: () => number;
};

/** Writes that come between a count and its commit, before the queue's own back-off takes over. */
const maxLosses = 8;
/** Pods are overdue a moment after their time. */
const overdueMs = 1000;

/**
 * Counts for quotas that are new or whose spec has changed, so that their status is right although nobody writes in their namespace, and counts anew what
 * writes cannot keep right: a status that a user has written, pods whose node is lost, resources that come to be served. Everything else is
 * counted by the writes themselves (`QuotaLedger`); the sweep proves it from time to time.
 */
export function createResourceQuotaController(options: ResourceQuotaControllerOptions): Controller {
  const { store } = options;
  const now = options.now ?? Date.now;
  return {
    name: 'resourcequota',
    concurrency: 4,

    notice(change, enqueue) {
      const { key } = change;
      if (key.resource === quotaResource) {
        if (needsLook(change)) enqueue(formatObjectKey(key));
      } else if (key.resource === crdResource) {
        if (change.type !== 'DELETED') enqueue(formatObjectKey(key));
      } else if (key.resource === 'pods') {
        const delayMs = overdueIn(change, now());
        if (delayMs !== undefined) enqueue(formatObjectKey({ ...key, name: '' }), { delayMs });
      }
    },

    async sweep(context) {
      await visitEverywhere(store, quotaResource, context, ({ key }) => context.enqueue(formatObjectKey(key)));
    },

    async reconcile(text) {
      const key = parseObjectKey(text);
      if ((await store.cluster(key.cluster))?.state !== 'Active') return;
      for (const quota of await quotasFor(store, key)) await settle(options, quota.cached, now);
    },
  };
}

/** The ledger changes neither the spec nor managedFields: who does is a user, who may have written anything into the status. */
function needsLook({ type, object, before }: Change): boolean {
  if (type === 'DELETED') return false;
  if (before === undefined || !quotaOf(object).isSynced) return true;
  const fields = (each: CachedObject) => each.object.metadata.managedFields as Json | undefined;
  return !deepEqual(fields(object), fields(before));
}

/** When a pod that is being deleted will have had twice its grace period; undefined for others. */
function overdueIn({ type, object }: Change, now: number): number | undefined {
  if (type === 'DELETED' || !object.text.includes('"deletionTimestamp"')) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.object.metadata;
  if (deletionTimestamp === undefined) return undefined;
  return Math.max(0, Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000 - now) + overdueMs;
}

/** The quotas that a key is about: itself, those of a namespace whose pods are overdue, those that count a custom resource. */
async function quotasFor(store: ResourceQuotaControllerOptions['store'], key: ObjectKey): Promise<readonly Quota[]> {
  if (key.resource === quotaResource) {
    const cached = await store.get(key);
    return cached === undefined ? [] : [quotaOf(cached)];
  }
  const { cluster, namespace } = key;
  const { items } = await store.list({ cluster, resource: quotaResource, namespace, at: { mode: 'fresh' } });
  const quotas = items.map((item) => quotaOf(item));
  if (key.resource !== crdResource) return quotas;
  const name = `count/${key.name}`;
  return quotas.filter(({ hard, used }) => hard.has(name) && !used.has(name));
}

/** Makes the status true, unless it is. */
async function settle(
  { store, catalogs }: ResourceQuotaControllerOptions,
  found: CachedObject,
  now: () => number,
): Promise<void> {
  const cluster = await store.cluster(found.key.cluster);
  if (cluster === undefined) return;
  let cached: CachedObject | undefined = found;
  for (let losses = 0; cached !== undefined; losses++) {
    if (losses > maxLosses) throw new Error(`quota ${formatObjectKey(found.key)} changes too often to be counted`);
    const quota = quotaOf(cached);
    const used = await recount(store, await catalogs.catalogFor(cluster), quota, now());
    if (quota.isSynced && equalAmounts(used, quota.used)) return;
    const [outcome] = await store.commit([statusItem(quota, used)]);
    if (outcome === undefined || outcome.ok || outcome.why === 'noCluster') return;
    cached = await store.get(found.key);
  }
}
