import { ApiError } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { LoopbackClient } from '../../client/client.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { CachedObject, ObjectStore } from '../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../framework/object-keys.ts';

export type EnsureOptions = {
  readonly name: string;
  readonly store: Pick<ObjectStore, 'get' | 'cluster' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'create' | 'update'>;
  /** The object that every namespace has: its storage resource and name. */
  readonly resource: string;
  readonly objectName: string;
  make(namespace: string): KubeObject;
  /** Undefined: the object is as it must be; else what it must become. */
  repair?(object: KubeObject): KubeObject | undefined;
  readonly sweepAtStart?: boolean;
  /** Called when a sweep has rung for every namespace. */
  swept?(): Promise<void>;
};

const namespaces = 'namespaces';

/** A controller that sees to it that one object is in every namespace of every logical cluster: made with the namespace, made again when it goes. */
export function createEnsureController(options: EnsureOptions): Controller {
  const { store, client, resource, objectName } = options;
  const namespaceKey = (cluster: ClusterName, name: string) =>
    formatObjectKey({ cluster, resource: namespaces, namespace: '', name });

  return {
    name: options.name,
    concurrency: 4,
    ...(options.sweepAtStart === undefined ? {} : { sweepAtStart: options.sweepAtStart }),

    notice({ type, key, object }, enqueue) {
      if (key.resource === namespaces) {
        if (type === 'ADDED') enqueue(namespaceKey(key.cluster, key.name));
      } else if (key.resource === resource && key.name === objectName) {
        if (type === 'DELETED' || options.repair?.(object.object) !== undefined)
          enqueue(namespaceKey(key.cluster, key.namespace));
      }
    },

    async sweep(context) {
      await visitEverywhere(store, namespaces, context, ({ key }) =>
        context.enqueue(namespaceKey(key.cluster, key.name)),
      );
      await options.swept?.();
    },

    async reconcile(text) {
      const { cluster, name: namespace } = parseObjectKey(text);
      if ((await store.cluster(cluster))?.state !== 'Active') return;
      const within = await store.get({ cluster, resource: namespaces, namespace: '', name: namespace });
      if (within === undefined || isBeingDeleted(within)) return;
      const found = await store.get({ cluster, resource, namespace, name: objectName });
      if (found === undefined) {
        await ignoreRaces(client.create({ cluster, resource, namespace }, options.make(namespace)));
        return;
      }
      const repaired = isBeingDeleted(found) ? undefined : options.repair?.(found.object);
      if (repaired !== undefined) await client.update({ cluster, resource, namespace, name: objectName }, repaired);
    },
  };
}

function isBeingDeleted(object: CachedObject): boolean {
  return object.object.metadata.deletionTimestamp !== undefined;
}

/** Somebody else made it, or the namespace began to go: both are as good as done. */
async function ignoreRaces(creating: Promise<unknown>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    if (!(error instanceof ApiError && [403, 404, 409].includes(error.code))) throw error;
  }
}
