import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import { resolveCluster as resolve } from '../registry/tenancy/resolve.ts';
import type { ClusterRecord, ObjectStore } from '../storage/object-store.ts';

/** Stands for "no logical cluster" where credentials are checked for a path that names none: nothing is ever stored in it. */
export const nowhere = 'system:nowhere' as ClusterName;

/** The logical cluster that a path prefix names; '' is root. Undefined as `resolveCluster` of the registry says it. */
export function resolveCluster(store: ObjectStore, text: string): Promise<ClusterRecord | undefined> {
  return resolve(store, text === '' ? rootCluster : text);
}
