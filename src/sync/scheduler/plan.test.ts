import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ClusterSnapshot } from '../../placement/snapshot.ts';
import type { WriteItem } from '../../storage/object-store.ts';
import { podTemplate, references } from '../render/closure.ts';
import { createWorkItem, type StoredWork, updateSpecItem } from '../work/work-store.ts';
import type { Work, WorkSpec } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import type { StoredDecision } from './decision-store.ts';
import { diffRows, packCommits } from './diff.ts';
import { type NamespaceState, planNamespace, type Plan, type Workload } from './plan.ts';

const clusterName = 'abcdefghij123456' as ClusterName;
const now = new Date('2026-01-01T00:00:00Z');

function physical(name: string, changes: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return {
    name,
    uid: `uid-${name}`,
    labels: {},
    provider: '',
    region: '',
    zones: [],
    taints: [],
    unschedulable: false,
    ready: true,
    notReadyReason: '',
    resourceKinds: [],
    available: undefined,
    assigned: 0,
    ...changes,
  };
}

function object(kind: string, name: string, more: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '5', ...metadata },
    ...more,
  };
}

function workload(name: string, podSpec: JsonObject, metadata: JsonObject = {}): Workload {
  const template = { metadata: { labels: { app: name } }, spec: podSpec };
  const deployment = object('Deployment', name, { spec: { replicas: 4, template } }, { generation: 2, ...metadata });
  return { object: deployment, resource: 'deployments.apps', references: references(podTemplate(deployment) ?? {}) };
}

function state(changes: Partial<NamespaceState> = {}): NamespaceState {
  return {
    controlPlaneUID: 'cp',
    cluster: { name: clusterName, uid: 'ws-uid', workspace: 'team' },
    namespace: { name: 'default', uid: 'ns-uid' },
    workloads: [],
    services: [],
    placements: [],
    dependencies: new Map(),
    decisions: new Map(),
    fleet: [physical('a')],
    ...changes,
  };
}

const summary = (plan: Plan): string[] =>
  [...plan.carried, ...plan.placed.flatMap(({ works }) => works)]
    .map(({ spec }) => `${spec.source.resource}/${spec.source.name}@${spec.physicalCluster}`)
    .sort();

const mounts = (...names: string[]): JsonObject => ({
  containers: [{ name: 'c', envFrom: names.map((name) => ({ configMapRef: { name } })) }],
});

test('a workload takes along what it refers to and the Services that select it, and nothing else', () => {
  const plan = planNamespace(
    state({
      workloads: [workload('web', mounts('used', 'missing'))],
      services: [
        object('Service', 'web', { spec: { selector: { app: 'web' } } }),
        object('Service', 'other', { spec: { selector: { app: 'other' } } }),
      ],
      dependencies: new Map([
        ['configmaps/used', object('ConfigMap', 'used', { data: { a: 'b' } })],
        ['configmaps/unused', object('ConfigMap', 'unused')],
      ]),
    }),
  );
  assert.deepEqual(summary(plan), ['configmaps/used@a', 'deployments.apps/web@a', 'services/web@a']);
  assert.deepEqual(plan.placed[0]?.works[0]?.spec.source.generation, 2);
});

test('without physical clusters nothing is planned, with none that fits a decision says why', () => {
  const workloads = [workload('web', {})];
  assert.deepEqual(planNamespace(state({ workloads, fleet: [] })), { placed: [], carried: [] });
  const refused = planNamespace(state({ workloads, fleet: [physical('a', { unschedulable: true })] }));
  assert.deepEqual(refused.placed[0]?.works, []);
  assert.deepEqual(refused.placed[0]?.decision.spec.unsatisfied, [
    '0 of 1 physical clusters fit: a: spec.unschedulable is true',
  ]);
});

test('what is being deleted, and copies of our own, are not placed', () => {
  const workloads = [
    workload('leaving', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    workload('copy', {}, { labels: { 'atoll.dev/cp-uid': 'cp' } }),
    workload('another-atolls-copy', {}, { labels: { 'atoll.dev/cp-uid': 'other' } }),
  ];
  assert.deepEqual(summary(planNamespace(state({ workloads }))), ['deployments.apps/another-atolls-copy@a']);
});

test('token Secrets stay, and a Secret’s revision stands for its bytes', () => {
  const pod = {
    containers: [{ name: 'c', envFrom: [{ secretRef: { name: 'pw' } }, { secretRef: { name: 'token' } }] }],
  };
  const plan = planNamespace(
    state({
      workloads: [workload('web', pod)],
      dependencies: new Map([
        ['secrets/pw', object('Secret', 'pw', { type: 'Opaque', data: { p: 'cHc=' } })],
        ['secrets/token', object('Secret', 'token', { type: 'kubernetes.io/service-account-token', data: {} })],
      ]),
    }),
  );
  assert.deepEqual(summary(plan), ['deployments.apps/web@a', 'secrets/pw@a']);
  assert.equal(plan.carried[0]?.spec.secretRevision, 5);
  assert.equal(plan.carried[0].spec.desired.data, undefined);
});

test('a Placement over two clusters divides the replicas, and each cluster gets the configuration once', () => {
  const placement = {
    ...object('Placement', 'wide'),
    spec: { numberOfClusters: 2, replicaScheduling: { type: 'Divided' } },
  };
  const plan = planNamespace(
    state({
      workloads: [workload('web', mounts('cfg')), workload('api', mounts('cfg'))],
      placements: [placement],
      dependencies: new Map([['configmaps/cfg', object('ConfigMap', 'cfg')]]),
      fleet: [physical('a'), physical('b')],
    }),
  );
  assert.deepEqual(summary(plan), [
    'configmaps/cfg@a',
    'configmaps/cfg@b',
    'deployments.apps/api@a',
    'deployments.apps/api@b',
    'deployments.apps/web@a',
    'deployments.apps/web@b',
  ]);
  const replicas = plan.placed[0]?.works.map(({ spec }) => (spec.desired.spec as JsonObject).replicas);
  assert.deepEqual(replicas, [2, 2]);
});

test('a Placement that cannot be read leaves everything where it is', () => {
  const broken = object('Placement', 'broken', {
    spec: {
      predicates: [
        { requiredClusterSelector: { labelSelector: { matchExpressions: [{ key: 'k', operator: 'Nonsense' }] } } },
      ],
    },
  });
  const first = planNamespace(state({ workloads: [workload('web', {})] }));
  const decision = first.placed[0]?.decision;
  assert.ok(decision);
  const again = planNamespace(
    state({
      workloads: [workload('web', {})],
      placements: [broken],
      decisions: new Map([[decision.name, decision.spec]]),
      fleet: [physical('a'), physical('b')],
    }),
  );
  assert.deepEqual(summary(again), ['deployments.apps/web@a']);
  assert.match(again.placed[0]?.decision.spec.unsatisfied?.[0] ?? '', /cannot be read/);
});

/** What the store would hold after the writes. */
function commit(groups: readonly (readonly WriteItem[])[], works: StoredWork[], decisions: StoredDecision[]): void {
  for (const item of groups.flat()) {
    assert.ok('key' in item);
    const list: { key: { name: string } }[] = item.key.resource.startsWith('works.') ? works : decisions;
    const at = list.findIndex(({ key }) => key.name === item.key.name);
    if (at >= 0) list.splice(at, 1);
    if (item.op === 'delete') continue;
    const parsed = JSON.parse(item.text);
    if (list === works)
      works.push({ key: { cluster: item.key.cluster, name: item.key.name }, revision: 1, work: parsed });
    else decisions.push({ key: item.key, revision: 1, decision: parsed });
  }
}

const registered = new Set(['uid-a', 'uid-b']);
const ops = (groups: readonly (readonly WriteItem[])[]): string[][] =>
  groups.map((group) =>
    group.map((item) => ('key' in item ? `${item.op} ${item.key.resource.split('.')[0]}` : item.op)),
  );

test('a decision and the works that follow from it are one group; the same plan again writes nothing', () => {
  const works: StoredWork[] = [];
  const decisions: StoredDecision[] = [];
  const plan = planNamespace(
    state({
      workloads: [workload('web', mounts('cfg'))],
      dependencies: new Map([['configmaps/cfg', object('ConfigMap', 'cfg')]]),
    }),
  );
  const first = diffRows({ cluster: clusterName, plan, works, decisions, registered, now });
  assert.deepEqual(ops(first), [['create works'], ['create placementdecisions', 'create works']]);
  commit(first, works, decisions);
  assert.deepEqual(diffRows({ cluster: clusterName, plan, works, decisions, registered, now }), []);
});

test('what is not wished any more is marked, and unmarked when it is wished again', () => {
  const works: StoredWork[] = [];
  const decisions: StoredDecision[] = [];
  const full = planNamespace(state({ workloads: [workload('web', {})] }));
  const diff = (plan: Plan): readonly WriteItem[][] =>
    diffRows({ cluster: clusterName, plan, works, decisions, registered, now });
  commit(diff(full), works, decisions);
  const empty: Plan = { placed: [], carried: [] };
  const gone = diff(empty);
  assert.deepEqual(ops(gone), [['update works', 'delete placementdecisions']]);
  commit(gone, works, decisions);
  assert.equal(works[0]?.work.spec.tombstoneAt, '2026-01-01T00:00:00Z');
  assert.deepEqual(diff(empty), []);
  commit(diff(full), works, decisions);
  assert.equal(works[0]?.work.spec.tombstoneAt, undefined);
});

test('works of a cluster that is not registered any more are dropped, not marked', () => {
  const works: StoredWork[] = [];
  const decisions: StoredDecision[] = [];
  const plan = planNamespace(state({ workloads: [workload('web', {})] }));
  commit(diffRows({ cluster: clusterName, plan, works, decisions, registered, now }), works, decisions);
  const moved = planNamespace(
    state({
      workloads: [workload('web', {})],
      fleet: [physical('b')],
      decisions: new Map(decisions.map(({ key, decision }) => [key.name, decision.spec])),
    }),
  );
  const groups = diffRows({ cluster: clusterName, plan: moved, works, decisions, registered: new Set(['uid-b']), now });
  assert.deepEqual(ops(groups), [['update placementdecisions', 'create works', 'delete works']]);
});

test('groups are packed whole', () => {
  const item = createWorkItem({ cluster: clusterName, name: 'w' }, {} as WorkSpec, now);
  const groups = [[item, item], [item], [item, item, item], [item]];
  assert.deepEqual(
    packCommits(groups, 3).map((commitItems) => commitItems.length),
    [3, 3, 1],
  );
});

test('a changed wish is a new generation of the Work', () => {
  const stored: StoredWork = {
    key: { cluster: clusterName, name: 'w' },
    revision: 9,
    work: { apiVersion: 'x/v1', kind: 'Work', metadata: { name: 'w', generation: 4 }, spec: {} as WorkSpec },
  };
  const item = updateSpecItem(stored, {} as WorkSpec);
  assert.ok(item.op === 'update' && item.expected === 9);
  assert.equal((JSON.parse(item.text) as Work).metadata.generation, 5);
});
