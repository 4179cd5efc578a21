import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLabelSelector } from '../apimachinery/labels.ts';
import { explain } from './explain.ts';
import { tolerates } from './filter.ts';
import { placementFor, policyOf } from './policy.ts';
import { schedule } from './schedule.ts';
import { defaultPolicy, type ClusterSnapshot, type PlacementPolicy, type WorkloadSnapshot } from './snapshot.ts';
import { selectSpread } from './spread.ts';

function cluster(name: string, changes: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
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

const workload: WorkloadSnapshot = { uid: 'w1', resource: 'deployments.apps', replicas: 6 };
const policy = (changes: Partial<PlacementPolicy>): PlacementPolicy => ({ ...defaultPolicy, ...changes });
const names = (result: ReturnType<typeof schedule>): string[] => result.assignments.map((item) => item.cluster);

test('by default an object goes whole to one cluster, always the same', () => {
  const clusters = [cluster('a'), cluster('b'), cluster('c')];
  const first = schedule({ policy: defaultPolicy, workload, clusters, current: [] });
  assert.equal(first.assignments.length, 1);
  assert.equal(first.assignments[0]?.replicas, undefined);
  const again = schedule({ policy: defaultPolicy, workload, clusters: clusters.toReversed(), current: [] });
  assert.deepEqual(names(first), names(again));
});

test('objects spread over equal clusters', () => {
  const clusters = ['a', 'b', 'c', 'd'].map((name) => cluster(name));
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const [name] = names(
      schedule({ policy: defaultPolicy, workload: { ...workload, uid: `w${i}` }, clusters, current: [] }),
    );
    if (name !== undefined) seen.add(name);
  }
  assert.equal(seen.size, 4);
});

test('an object stays where it is, also when better clusters come and its own is cordoned or not ready', () => {
  const current = [{ cluster: 'a', clusterUID: 'uid-a', replicas: undefined }];
  for (const state of [{ assigned: 99 }, { unschedulable: true }, { ready: false, notReadyReason: 'Unreachable' }]) {
    const result = schedule({
      policy: defaultPolicy,
      workload,
      clusters: [cluster('a', state), cluster('b')],
      current,
    });
    assert.deepEqual(names(result), ['a']);
  }
});

test('an object moves when its cluster is gone or may not have it any more', () => {
  const current = [{ cluster: 'a', clusterUID: 'uid-a', replicas: undefined }];
  const move = (a: ClusterSnapshot | undefined): string[] =>
    names(schedule({ policy: defaultPolicy, workload, clusters: [...(a ? [a] : []), cluster('b')], current }));
  assert.deepEqual(move(undefined), ['b']);
  assert.deepEqual(move(cluster('a', { taints: [{ key: 'k', value: '', effect: 'NoExecute' }] })), ['b']);
  assert.deepEqual(move(cluster('a', { resourceKinds: ['jobs.batch'] })), ['b']);
});

test('clusters are refused with the plugin and the numbers that decided', () => {
  const result = schedule({
    policy: policy({ predicates: [parseLabelSelector('tier=prod')] }),
    workload,
    clusters: [
      cluster('cordoned', { unschedulable: true }),
      cluster('down', { ready: false, notReadyReason: 'Unreachable' }),
      cluster('tainted', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
      cluster('test', { labels: { tier: 'test' } }),
      cluster('jobs', { labels: { tier: 'prod' }, resourceKinds: ['jobs.batch'] }),
    ],
    current: [],
  });
  assert.deepEqual(
    result.rejected.map((item) => `${item.cluster} ${item.plugin}: ${item.reason}`),
    [
      'cordoned Unschedulable: spec.unschedulable is true',
      'down Ready: condition Ready is not True: Unreachable',
      'jobs ResourceKinds: accepts jobs.batch, not deployments.apps',
      'tainted Taints: taint gpu=yes:NoSchedule is not tolerated',
      'test Predicates: labels match none of 1 predicate',
    ],
  );
  assert.match(result.unsatisfied[0] ?? '', /^0 of 5 physical clusters fit: /);
});

test('tolerations match as node tolerations do', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoSchedule' } as const;
  const toleration = { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' } as const;
  assert.ok(tolerates(toleration, taint));
  assert.ok(tolerates({ ...toleration, effect: '' }, taint));
  assert.ok(tolerates({ ...toleration, operator: 'Exists', value: '' }, taint));
  assert.ok(tolerates({ key: '', operator: 'Exists', value: '', effect: '' }, taint));
  assert.ok(!tolerates({ key: '', operator: 'Equal', value: '', effect: '' }, taint));
  assert.ok(!tolerates({ ...toleration, value: 'other' }, taint));
  assert.ok(!tolerates({ ...toleration, effect: 'NoExecute' }, taint));
});

test('replicas are divided by weight and keep their places when the number grows', () => {
  const clusters = [cluster('eu', { labels: { region: 'eu' } }), cluster('us', { labels: { region: 'us' } })];
  const divided = policy({
    numberOfClusters: 2,
    replicaScheduling: {
      type: 'Divided',
      division: 'Weighted',
      dynamic: false,
      staticWeights: [
        { selector: parseLabelSelector('region=eu'), weight: 2 },
        { selector: parseLabelSelector('region=us'), weight: 1 },
      ],
    },
  });
  const first = schedule({ policy: divided, workload, clusters, current: [] });
  assert.deepEqual(
    first.assignments.map((item) => item.replicas),
    [4, 2],
  );
  const grown = schedule({
    policy: divided,
    workload: { ...workload, replicas: 9 },
    clusters,
    current: first.assignments,
  });
  assert.deepEqual(
    grown.assignments.map((item) => item.replicas),
    [6, 3],
  );
  assert.deepEqual(explain(first, divided, workload), [
    { cluster: 'eu', chosen: true, reason: 'placement default, 4 of 6 replicas, score 0, new' },
    { cluster: 'us', chosen: true, reason: 'placement default, 2 of 6 replicas, score 0, new' },
  ]);
});

test('aggregated division uses as few clusters as have room', () => {
  const result = schedule({
    policy: policy({
      numberOfClusters: 3,
      replicaScheduling: { type: 'Divided', division: 'Aggregated', staticWeights: [], dynamic: false },
    }),
    workload,
    clusters: [cluster('a', { available: 4 }), cluster('b', { available: 2 }), cluster('c', { available: 3 })],
    current: [],
  });
  const replicas = result.assignments.map((item) => item.replicas ?? 0);
  assert.equal(replicas[1], 0);
  assert.equal(
    replicas.reduce((a, b) => a + b, 0),
    6,
  );
});

test('spread keeps group bounds and skew, and says with numbers what it could not keep', () => {
  const clusters = ['eu1', 'eu2', 'eu3', 'us1', 'us2', 'ap1'].map((name) =>
    cluster(name, { region: name.slice(0, 2) }),
  );
  const constraint = {
    topologyKey: 'region',
    maxSkew: undefined,
    minGroups: undefined,
    maxGroups: undefined,
    whenUnsatisfiable: 'DoNotSchedule',
  } as const;
  const chosen = (count: number, ...constraints: Parameters<typeof selectSpread>[2]): string[] =>
    selectSpread(clusters, count, constraints).chosen.map((item) => item.name);
  assert.deepEqual(chosen(3, { ...constraint, minGroups: 3 }), ['eu1', 'us1', 'ap1']);
  assert.deepEqual(chosen(4, { ...constraint, maxSkew: 1 }), ['eu1', 'us1', 'ap1', 'eu2']);
  assert.deepEqual(chosen(4, { ...constraint, maxGroups: 2 }), ['eu1', 'eu2', 'eu3', 'us1']);
  assert.deepEqual(selectSpread(clusters, 3, [{ ...constraint, minGroups: 4 }]), {
    chosen: [],
    unmet: ['region: 3 of at least 4 groups'],
  });
  const soft = selectSpread(clusters, 2, [{ ...constraint, minGroups: 4, whenUnsatisfiable: 'ScheduleAnyway' }]);
  assert.deepEqual(
    soft.chosen.map((item) => item.name),
    ['eu1', 'eu2'],
  );
  assert.equal(soft.unmet.length, 1);
});

test('the placement in force is the highest priority, then the oldest, then the first by name', () => {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels: { app: 'web' } } };
  const placement = (name: string, spec: object, creationTimestamp = '2026-01-01T00:00:00Z') => ({
    apiVersion: 'placement.atoll.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name, creationTimestamp },
    spec: { ...spec },
  });
  assert.equal(placementFor(object, []), undefined);
  assert.equal(placementFor(object, [placement('b', {}), placement('a', {})])?.metadata.name, 'a');
  assert.equal(
    placementFor(object, [placement('a', {}), placement('b', {}, '2025-01-01T00:00:00Z')])?.metadata.name,
    'b',
  );
  assert.equal(placementFor(object, [placement('a', {}), placement('b', { priority: 1 })])?.metadata.name, 'b');
  const other = {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', labelSelector: { matchLabels: { app: 'db' } } }],
  };
  assert.equal(placementFor(object, [placement('a', other)]), undefined);
  assert.equal(policyOf(undefined), defaultPolicy);
  assert.equal(policyOf(placement('p', { numberOfClusters: 3 })).numberOfClusters, 3);
});

test('whatever the fleet looks like, the answer is the same for every order and stable when fed back', () => {
  const fleet = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      unschedulable: fc.boolean(),
      ready: fc.boolean(),
      assigned: fc.nat(20),
      available: fc.option(fc.nat(30), { nil: undefined }),
      region: fc.constantFrom('eu', 'us'),
    }),
    { selector: (item) => item.name, maxLength: 5 },
  );
  fc.assert(
    fc.property(
      fleet,
      fc.integer({ min: 1, max: 4 }),
      fc.nat(20),
      fc.constantFrom('Duplicated', 'Divided'),
      (input, count, replicas, type) => {
        const clusters = input.map(({ name, ...rest }) => cluster(name, rest));
        const rules = policy({
          numberOfClusters: count,
          replicaScheduling: { type, division: 'Weighted', staticWeights: [], dynamic: false },
        });
        const object = { ...workload, replicas };
        const result = schedule({ policy: rules, workload: object, clusters, current: [] });
        assert.deepEqual(
          result,
          schedule({ policy: rules, workload: object, clusters: clusters.toReversed(), current: [] }),
        );
        const after = clusters.map((item) => ({
          ...item,
          available:
            item.available === undefined
              ? undefined
              : item.available - (result.assignments.find((found) => found.clusterUID === item.uid)?.replicas ?? 0),
        }));
        const again = schedule({ policy: rules, workload: object, clusters: after, current: result.assignments });
        const places = (from: typeof result): unknown => from.assignments.map((item) => [item.cluster, item.replicas]);
        assert.deepEqual(places(again), places(result));
      },
    ),
  );
});
