import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Work, WorkStatus } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import { deploymentStatus } from './deployment.ts';

function work(
  observed: JsonObject | undefined,
  changes: { generation?: number; status?: Partial<WorkStatus> } = {},
): Work {
  return {
    apiVersion: 'placement.atoll.dev/v1alpha1',
    kind: 'Work',
    metadata: { name: 'w' },
    spec: {
      physicalCluster: 'p',
      physicalClusterUID: 'pu',
      source: {
        cluster: 'c',
        workspaceUID: 'wu',
        resource: 'deployments.apps',
        namespace: 'n',
        namespaceUID: 'nu',
        name: 'web',
        uid: 'u',
        generation: changes.generation ?? 3,
      },
      tier: 4,
      targetNamespace: 't',
      desired: {},
      desiredHash: 'h',
    },
    status: {
      appliedHash: 'h',
      appliedGeneration: 7,
      ...(observed === undefined ? {} : { observed }),
      ...changes.status,
    },
  };
}

const condition = (type: string, status: string, lastUpdateTime = '2026-01-01T00:00:00Z'): JsonObject => ({
  type,
  status,
  reason: `${type}${status}`,
  message: 'm',
  lastUpdateTime,
});

test('one cluster’s status is taken over, with the generation of the workspace', () => {
  const observed = {
    observedGeneration: 7,
    replicas: 2,
    readyReplicas: 1,
    conditions: [condition('Available', 'True')],
  };
  assert.deepEqual(deploymentStatus(3, [work(observed)], {}), { ...observed, observedGeneration: 3 });
});

test('the generation does not move before the cluster has applied and seen it', () => {
  const previous = { observedGeneration: 2 };
  const observedGeneration = (...works: Work[]): unknown => deploymentStatus(3, works, previous)?.observedGeneration;
  assert.equal(observedGeneration(work({ observedGeneration: 6 })), 2);
  assert.equal(observedGeneration(work({ observedGeneration: 7 }, { generation: 2 })), 2);
  assert.equal(observedGeneration(work({ observedGeneration: 7 }, { status: { appliedHash: 'old' } })), 2);
  assert.equal(observedGeneration(work({ observedGeneration: 7 }), work({ observedGeneration: 5 })), 2);
  assert.equal(observedGeneration(work({ observedGeneration: 7 }), work(undefined)), 2);
  assert.equal(observedGeneration(work({ observedGeneration: 8 }), work({ observedGeneration: 7 })), 3);
});

test('nothing is said before any cluster has reported', () => {
  assert.equal(deploymentStatus(3, [work(undefined)], {}), undefined);
  assert.equal(deploymentStatus(3, [], {}), undefined);
});

test('several clusters add up, and the worst condition speaks for all', () => {
  const one = {
    observedGeneration: 7,
    replicas: 3,
    readyReplicas: 3,
    collisionCount: 1,
    conditions: [condition('Available', 'True'), condition('Progressing', 'True', '2026-01-01T00:00:05Z')],
  };
  const two = {
    observedGeneration: 7,
    replicas: 2,
    readyReplicas: 1,
    unavailableReplicas: 1,
    collisionCount: 4,
    conditions: [
      condition('Available', 'False'),
      condition('Progressing', 'True'),
      condition('ReplicaFailure', 'True'),
    ],
  };
  assert.deepEqual(deploymentStatus(3, [work(one), work(two)], {}), {
    observedGeneration: 3,
    replicas: 5,
    readyReplicas: 4,
    unavailableReplicas: 1,
    collisionCount: 4,
    conditions: [
      { ...condition('Available', 'False'), message: '1 of 2 clusters: m' },
      condition('Progressing', 'True', '2026-01-01T00:00:05Z'),
      { ...condition('ReplicaFailure', 'True'), message: '1 of 2 clusters: m' },
    ],
  });
});

test('reports full of garbage do no harm', () => {
  const odd = {
    replicas: 'many',
    conditions: [null, 7, { type: 3 }],
    readyReplicas: { a: 1 },
  } as unknown as JsonObject;
  assert.deepEqual(deploymentStatus(3, [work(odd), work({ conditions: 'none' })], {}), {});
});
