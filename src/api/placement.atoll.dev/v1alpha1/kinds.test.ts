import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldErrorBody } from '../../../apimachinery/errors.ts';
import type { JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { ResourceDefinition, StrategyContext } from '../../resource-definition.ts';
import { placementDefinitions } from './index.ts';
import { physicalClusters } from './physicalclusters.ts';
import { placements } from './placements.ts';

const context: StrategyContext = {
  user: { name: 'u', uid: '', groups: [], extra: {} },
  cluster: 'root',
  now: new Date('2026-01-01T00:01:00Z'),
  warn: () => {},
};

function object(definition: ResourceDefinition, spec: JsonObject, more: JsonObject = {}): KubeObject {
  return {
    apiVersion: `${definition.group}/${definition.storageVersion}`,
    kind: definition.kind,
    metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec,
    ...more,
  };
}

function problems(definition: ResourceDefinition, spec: JsonObject): string[] {
  const errors = definition.strategy.validate?.(object(definition, spec), context) ?? [];
  return errors.map((error) => `${error.field}: ${formatFieldErrorBody(error)}`);
}

const reference = { kubeconfigSecretRef: { namespace: 'fleet', name: 'a' } };

test('a PhysicalCluster gets its defaults and starts without status', () => {
  const cluster = object(physicalClusters, { ...reference }, { status: { clusterUID: 'forged' } });
  physicalClusters.strategy.prepareForCreate?.(cluster, context);
  physicalClusters.strategy.applyDefaults?.(cluster, 'v1alpha1');
  assert.equal(cluster.status, undefined);
  assert.deepEqual(cluster.spec, {
    heartbeatSeconds: 10,
    kubeconfigSecretRef: { namespace: 'fleet', name: 'a', key: 'kubeconfig' },
  });
  assert.deepEqual(problems(physicalClusters, cluster.spec as JsonObject), []);
});

test('what is wrong with a PhysicalCluster is said by field', () => {
  assert.deepEqual(problems(physicalClusters, {}), ['spec.kubeconfigSecretRef: Required value']);
  assert.deepEqual(problems(physicalClusters, { kubeconfigSecretRef: { namespace: '', name: '' } }), [
    'spec.kubeconfigSecretRef.namespace: Required value',
    'spec.kubeconfigSecretRef.name: Required value',
  ]);
  assert.match(problems(physicalClusters, { ...reference, heartbeatSeconds: 0 })[0] ?? '', /between 1 and 3600/);
  const taint = { key: 'k', value: 'v', effect: 'Whenever' };
  assert.match(
    problems(physicalClusters, { ...reference, taints: [taint] })[0] ?? '',
    /^spec.taints\[0\].effect: Unsupported value: "Whenever"/,
  );
  const twice = { key: 'k', effect: 'NoSchedule' };
  assert.match(
    problems(physicalClusters, { ...reference, taints: [twice, twice] })[0] ?? '',
    /^spec.taints\[1\]: Duplicate value/,
  );
  assert.match(
    problems(physicalClusters, { ...reference, region: 'not a label' })[0] ?? '',
    /^spec.region: Invalid value/,
  );
});

test('what is wrong with a Placement is said by field', () => {
  assert.deepEqual(problems(placements, {}), []);
  assert.match(problems(placements, { numberOfClusters: 0 })[0] ?? '', /between 1 and 1000/);
  assert.match(problems(placements, { tolerations: Array(101).fill({}) })[0] ?? '', /^spec.tolerations: Too many: 101/);
  const selector = { matchExpressions: [{ key: 'k', operator: 'Near', values: ['x'] }] };
  assert.match(
    problems(placements, { predicates: [{ requiredClusterSelector: { labelSelector: selector } }] })[0] ?? '',
    /^spec.predicates\[0\].requiredClusterSelector.labelSelector: Invalid value/,
  );
  assert.match(
    problems(placements, { spreadConstraints: [{ topologyKey: '', maxSkew: 0 }] }).join('\n'),
    /topologyKey: Required value\n.*maxSkew/,
  );
  assert.match(problems(placements, { replicaScheduling: { type: 'Halved' } })[0] ?? '', /Unsupported value: "Halved"/);
  const weights = { static: [{ weight: -1 }] };
  assert.match(problems(placements, { replicaScheduling: { weights } })[0] ?? '', /weight: Invalid value: -1/);
});

test('tables have a cell for every column, for full and for bare objects', () => {
  for (const definition of placementDefinitions) {
    const [version] = definition.versions;
    assert.ok(version);
    const source = { cluster: 'c', resource: 'deployments.apps', namespace: 'n', name: 'd' };
    const spec = {
      source,
      object: source,
      decisions: [{ cluster: 'a', clusterUID: 'u', replicas: 2 }],
      desiredHash: 'h',
    };
    const cells = version.table.cells(object(definition, spec), context.now);
    assert.equal(cells.length, version.table.columns.length, definition.kind);
    assert.equal(cells.at(-1), '60s');
  }
});

test('tenants see Placements, and nothing of where the fleet is', () => {
  const visible = placementDefinitions.filter(({ internal, onlyIn }) => internal !== true && onlyIn === undefined);
  assert.deepEqual(
    visible.map(({ kind }) => kind),
    ['Placement'],
  );
});
