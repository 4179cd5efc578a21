import { type ClusterName, parseClusterName, parseClusterPath, rootCluster } from '../logicalcluster/name.ts';
import type { ClusterRecord, ObjectStore } from '../storage/object-store.ts';

/** Stands for "no logical cluster" where credentials are checked for a path that names none: nothing is ever stored in it. */
export const nowhere = 'system:nowhere' as ClusterName;

/**
 * The logical cluster a path prefix names: '' is root, a name is itself, `<name>:<workspace>:…` walks down from it. Undefined when it does not
 * exist, is being deleted, or the text is not well formed: callers must not tell these apart.
 */
export async function resolveCluster(store: ObjectStore, text: string): Promise<ClusterRecord | undefined> {
  if (text === '') return active(await store.cluster(rootCluster));
  const segments = parseClusterPath(text);
  const first = segments?.[0];
  if (segments === undefined || first === undefined) return undefined;
  const name = parseClusterName(first);
  let cluster = name === undefined ? undefined : active(await store.cluster(name));
  for (let i = 1; i < segments.length && cluster !== undefined; i++) {
    cluster = active(await store.childCluster(cluster.name, segments[i] ?? ''));
  }
  return cluster;
}

function active(record: ClusterRecord | undefined): ClusterRecord | undefined {
  return record?.state === 'Active' ? record : undefined;
}
