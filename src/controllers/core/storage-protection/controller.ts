import { claimProtection, volumeProtection } from '../../../api/core/v1/protection-finalizers.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { CachedObject, Change, ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, type Enqueue, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';
import { claimsOf, usesClaim } from './claims-of-pods.ts';

const claims = 'persistentvolumeclaims';
const volumes = 'persistentvolumes';

export type ProtectionOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'cluster' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'update'>;
};

/** Lets a claim that is being deleted go when no pod on a node uses it (upstream's pvc-protection). */
export function createClaimProtectionController(options: ProtectionOptions): Controller {
  const { store } = options;
  return createProtectionController(options, {
    name: 'pvc-protection',
    resource: claims,
    finalizer: claimProtection,
    async isUsed({ key, object }) {
      const { cluster, namespace } = key;
      const pods = await store.list({ cluster, resource: 'pods', namespace, at: { mode: 'fresh' } });
      return pods.items.some((pod) => usesClaim(pod.object, object));
    },
    noticeOthers({ type, key, object }, enqueue) {
      if (key.resource !== 'pods' || (type !== 'DELETED' && !isBeingDeleted(object))) return;
      for (const name of claimsOf(object)) enqueue(formatObjectKey({ ...key, resource: claims, name }));
    },
  });
}

/** Lets a volume that is being deleted go when it is not bound (upstream's pv-protection). */
export function createVolumeProtectionController(options: ProtectionOptions): Controller {
  return createProtectionController(options, {
    name: 'pv-protection',
    resource: volumes,
    finalizer: volumeProtection,
    isUsed: ({ object }) =>
      Promise.resolve((object as KubeObject & { status?: { phase?: string } }).status?.phase === 'Bound'),
  });
}

type Protection = {
  readonly name: string;
  readonly resource: string;
  readonly finalizer: string;
  isUsed(object: CachedObject): Promise<boolean>;
  /** Rings for what a change to something else may set free. */
  noticeOthers?(change: Change, enqueue: Enqueue): void;
};

/** Keeps a finalizer on all objects of a resource, and takes it from those that are being deleted and that nothing uses. */
function createProtectionController({ store, client }: ProtectionOptions, protection: Protection): Controller {
  const { name, resource, finalizer } = protection;
  const needsWork = (object: CachedObject): boolean =>
    isBeingDeleted(object) === object.text.includes(`"${finalizer}"`);
  return {
    name,
    concurrency: 2,
    notice(change, enqueue) {
      const { type, key, object } = change;
      if (key.resource !== resource) protection.noticeOthers?.(change, enqueue);
      else if (type !== 'DELETED' && needsWork(object)) enqueue(formatObjectKey(key));
    },
    async sweep(context) {
      await visitEverywhere(store, resource, context, (object) => {
        if (needsWork(object)) context.enqueue(formatObjectKey(object.key));
      });
    },
    async reconcile(text) {
      const key = parseObjectKey(text);
      if ((await store.cluster(key.cluster))?.state !== 'Active') return;
      const found = await store.get(key);
      if (found === undefined) return;
      const { metadata } = found.object;
      const { finalizers = [] } = metadata;
      const isDeleting = metadata.deletionTimestamp !== undefined;
      if (isDeleting !== finalizers.includes(finalizer)) return;
      if (isDeleting && (await protection.isUsed(found))) return;
      const next = isDeleting ? finalizers.filter((each) => each !== finalizer) : [...finalizers, finalizer];
      await client.update(key, { ...found.object, metadata: { ...metadata, finalizers: next } });
    },
  };
}

/** Cheap, and may be wrong in one direction: the text may be a label's. The reconciler looks. */
function isBeingDeleted({ text }: CachedObject): boolean {
  return text.includes('"deletionTimestamp"');
}
