import { type ClusterName, parseClusterName, parseClusterPath } from '../../logicalcluster/name.ts';
import type { ClusterRecord, ObjectStore } from '../../storage/object-store.ts';

type ClusterReader = Pick<ObjectStore, 'cluster' | 'childCluster'>;

/**
 * The logical cluster that a name (`root`, 16 characters) or a path means. A path begins with a name and walks down by workspace names: `root:org:team`,
 * or `<name>:team`. Undefined when it does not exist, is being deleted, or is not well formed: who asks must not learn which.
 */
export async function resolveCluster(store: ClusterReader, text: string): Promise<ClusterRecord | undefined> {
  const name = parseClusterName(text);
  if (name !== undefined) return active(await store.cluster(name));
  const [first, ...workspaces] = parseClusterPath(text) ?? [];
  const start = first === undefined ? undefined : parseClusterName(first);
  if (start === undefined) return undefined;
  let found = active(await store.cluster(start));
  for (const workspace of workspaces) {
    if (found === undefined) return undefined;
    found = active(await store.childCluster(found.name, workspace));
  }
  return found;
}

function active(record: ClusterRecord | undefined): ClusterRecord | undefined {
  return record?.state === 'Active' ? record : undefined;
}

/** Deeper trees could not be addressed (parseClusterPath). */
const maxDepth = 64;

/** The canonical path of a cluster: `root:org:team`. */
export async function pathOf(store: Pick<ObjectStore, 'cluster'>, cluster: ClusterRecord): Promise<string> {
  const segments: string[] = [];
  let record: ClusterRecord | undefined = cluster;
  while (record !== undefined && record.parent !== '' && segments.length <= maxDepth) {
    segments.unshift(record.workspace);
    const above: ClusterName = record.parent;
    record = await store.cluster(above);
  }
  segments.unshift(record?.name ?? cluster.name);
  return segments.join(':');
}
