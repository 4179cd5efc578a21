/** The name of a logical cluster: `root`, 16 base-36 characters, or `system:…` (internal). Storage keys use it, never the path. */
export type ClusterName = string & { readonly __clusterName: unique symbol };

export const rootCluster = 'root' as ClusterName;

const namePattern = /^(root|[a-z0-9]{16}|system:[a-z0-9][a-z0-9-]{0,62})$/;
const segmentPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A cluster name when `text` is well formed as one, else undefined. */
export function parseClusterName(text: string): ClusterName | undefined {
  return namePattern.test(text) ? (text as ClusterName) : undefined;
}

/** The segments of a workspace path (`root:org:team`) when it is well formed, else undefined. At most 64 segments. */
export function parseClusterPath(text: string): readonly string[] | undefined {
  if (text.length > 1024) return undefined;
  const segments = text.split(':');
  return segments.length <= 64 && segments.every((segment) => segmentPattern.test(segment)) ? segments : undefined;
}
