import { randomUUID } from 'node:crypto';
import { placementApiVersion } from '../../api/placement.atoll.dev/v1alpha1/group.ts';
import {
  type PlacementDecision,
  placementDecisionsResource,
} from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ObjectKey, ObjectStore, WriteItem } from '../../storage/object-store.ts';
import { storedText } from '../../storage/serialized-object.ts';

/** A PlacementDecision as it was read. */
export type StoredDecision = {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly decision: PlacementDecision;
};

export function decisionKey(cluster: ClusterName, name: string): ObjectKey {
  return { cluster, resource: placementDecisionsResource, namespace: '', name };
}

/** The decisions about objects of one namespace. */
export async function listDecisions(
  store: ObjectStore,
  cluster: ClusterName,
  namespace: string,
): Promise<readonly StoredDecision[]> {
  const { items } = await store.list({ cluster, resource: placementDecisionsResource, at: { mode: 'fresh' } });
  return items
    .map((item) => ({ key: item.key, revision: item.revision, decision: item.object as PlacementDecision }))
    .filter(({ decision }) => decision.spec.object.namespace === namespace);
}

export function createDecisionItem(key: ObjectKey, spec: PlacementDecision['spec'], now: Date): WriteItem {
  const object: KubeObject = {
    apiVersion: placementApiVersion,
    kind: 'PlacementDecision',
    metadata: { name: key.name, uid: randomUUID(), generation: 1, creationTimestamp: formatTime(now) },
    spec,
  };
  return { op: 'create', key, text: storedText(object) };
}

export function updateDecisionItem(stored: StoredDecision, spec: PlacementDecision['spec']): WriteItem {
  const { metadata } = stored.decision;
  const object: KubeObject = {
    ...stored.decision,
    metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
    spec,
  };
  return { op: 'update', key: stored.key, expected: stored.revision, text: storedText(object) };
}

export function deleteDecisionItem({ key, revision, decision }: StoredDecision): WriteItem {
  return { op: 'delete', key, expected: revision, text: storedText(decision) };
}
