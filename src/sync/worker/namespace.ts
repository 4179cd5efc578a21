import type { WorkSource, WorkSpec } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { namespaceWorkName } from '../render/names.ts';
import { desiredHash, renderNamespace } from '../render/render.ts';
import { createWorkItem, readWork, type StoredWork, type WorkKey } from '../work/work-store.ts';

/**
 * The Work that stands for a tenant's namespace in one physical cluster. It lies in `root`, not with the tenant: it must outlive a deleted workspace, because
 * it is what remembers that something is left to be cleaned up there, and it is written before anything is put into the namespace.
 */
export async function ensureNamespaceWork(
  store: ObjectStore,
  spec: WorkSpec,
  controlPlaneUID: string,
  now: Date,
): Promise<StoredWork> {
  const key: WorkKey = { cluster: rootCluster, name: namespaceWorkName(spec.targetNamespace, spec.physicalClusterUID) };
  const known = await readWork(store, key);
  if (known !== undefined) return known;
  const source: WorkSource = {
    ...spec.source,
    resource: 'namespaces',
    name: spec.source.namespace,
    uid: spec.source.namespaceUID,
    generation: 0,
  };
  const desired = renderNamespace(spec.targetNamespace, source, controlPlaneUID, key.name);
  const created: WorkSpec = {
    physicalCluster: spec.physicalCluster,
    physicalClusterUID: spec.physicalClusterUID,
    source,
    tier: 0,
    targetNamespace: spec.targetNamespace,
    desired,
    desiredHash: desiredHash(desired),
  };
  await store.commit([createWorkItem(key, created, now)]);
  const stored = await readWork(store, key);
  if (stored === undefined) throw new Error(`work ${key.name} vanished as it was created`);
  return stored;
}
