import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ObjectKey } from '../../storage/object-store.ts';

/** An object's key as one text, for queues. No part of a key may contain a slash (names are path segments). */
export function formatObjectKey({ cluster, resource, namespace, name }: ObjectKey): string {
  return `${cluster}/${resource}/${namespace}/${name}`;
}

/** @throws when `text` was not made by `formatObjectKey`. */
export function parseObjectKey(text: string): ObjectKey {
  const [cluster, resource, namespace, name, ...more] = text.split('/');
  if (
    cluster === undefined ||
    resource === undefined ||
    namespace === undefined ||
    name === undefined ||
    more.length > 0
  )
    throw new Error(`not an object key: ${text}`);
  return { cluster: cluster as ClusterName, resource, namespace, name };
}

/** The part before the first slash: the logical cluster. Queues take turns by it. */
export function clusterOfKey(text: string): string {
  const slash = text.indexOf('/');
  return slash < 0 ? text : text.slice(0, slash);
}
