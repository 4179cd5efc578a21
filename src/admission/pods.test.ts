import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Pod } from '../api/core/v1/pod-status.ts';
import type { PodSpec, Toleration } from '../api/core/v1/pod-template/types.ts';
import type { JsonObject } from '../apimachinery/json.ts';
import { apiError, createFixture, type Fixture } from '../registry/testing.ts';
import { mergeTolerations } from './tolerations.ts';

async function specOf(fixture: Fixture, spec: JsonObject = {}): Promise<PodSpec> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  };
  return ((await fixture.create('pods', pod, { dryRun: true })) as Pod).spec ?? {};
}
const refused = (fixture: Fixture, spec: JsonObject, why: string): Promise<void> =>
  assert.rejects(specOf(fixture, spec), apiError(403, `pods "p" is forbidden: ${why}`));

describe('priority', () => {
  const priorityClass = (name: string, more: JsonObject): JsonObject => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value: 5,
    ...more,
  });
  const classes = 'priorityclasses.scheduling.k8s.io';

  it('is that of the class which the pod names', async () => {
    const fixture = await createFixture();
    await fixture.create(classes, priorityClass('quiet', { preemptionPolicy: 'Never' }));
    const spec = await specOf(fixture, { priorityClassName: 'quiet' });
    assert.deepEqual([spec.priority, spec.preemptionPolicy], [5, 'Never']);
    assert.equal((await specOf(fixture, { priorityClassName: 'system-node-critical' })).priority, 2_000_001_000);
    await refused(fixture, { priorityClassName: 'none' }, 'no PriorityClass with name none was found');
    await refused(
      fixture,
      { priorityClassName: 'quiet', priority: 6 },
      'the integer value of priority (6) must not be provided in pod spec; priority admission controller computed 5 from the given PriorityClass name',
    );
    await refused(
      fixture,
      { priorityClassName: 'quiet', preemptionPolicy: 'PreemptLowerPriority' },
      'the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name',
    );
  });

  it('is 0, or that of the one class for everybody', async () => {
    const fixture = await createFixture();
    const plain = await specOf(fixture);
    assert.deepEqual(
      [plain.priority, plain.preemptionPolicy, plain.priorityClassName],
      [0, 'PreemptLowerPriority', undefined],
    );
    await fixture.create(classes, priorityClass('all', { globalDefault: true }));
    const spec = await specOf(fixture);
    assert.deepEqual([spec.priority, spec.priorityClassName], [5, 'all']);
    await assert.rejects(
      fixture.create(classes, priorityClass('second', { globalDefault: true })),
      apiError(403, /PriorityClass all is already marked as default. Only one default can exist$/),
    );
    await fixture.patch(classes, 'all', 'merge', { description: 'x' });
    await fixture.delete(classes, 'all');
    assert.equal((await specOf(fixture)).priority, 0);
  });

  it('stays through updates that leave it out', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const stored = (await fixture.get('pods', 'p')) as Pod;
    const { priority: _priority, preemptionPolicy: _policy, tolerations: _tolerations, ...spec } = stored.spec ?? {};
    const updated = (await fixture.update('pods', { ...stored, spec } as Pod)) as Pod;
    assert.equal(updated.metadata.resourceVersion, stored.metadata.resourceVersion);
  });

  it('comes with the classes of the system', async () => {
    const fixture = await createFixture();
    const node = await fixture.get(classes, 'system-node-critical');
    assert.equal(node.metadata.managedFields?.[0]?.time, node.metadata.creationTimestamp);
    assert.equal(node.metadata.managedFields?.[0]?.manager, 'kube-apiserver');
  });
});

describe('default tolerations', () => {
  it('keep pods for five minutes on a node that fails, unless they say otherwise', async () => {
    const fixture = await createFixture();
    const keys = async (tolerations: Toleration[]): Promise<unknown> =>
      (await specOf(fixture, { tolerations })).tolerations?.slice(tolerations.length).map(({ key }) => key);
    const [notReady, unreachable] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
    assert.deepEqual((await specOf(fixture)).tolerations, [
      { key: notReady, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: unreachable, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
    assert.deepEqual(await keys([{ operator: 'Exists' }]), []);
    assert.deepEqual(await keys([{ key: unreachable ?? '', operator: 'Exists' }]), [notReady]);
    assert.deepEqual(await keys([{ operator: 'Exists', effect: 'NoSchedule' }]), [notReady, unreachable]);
  });
});

describe('new nodes', () => {
  it('are tainted until they are ready', async () => {
    const fixture = await createFixture();
    const taintsOf = async (spec: JsonObject): Promise<unknown> => {
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec };
      return (await fixture.create('nodes', node, { dryRun: true }))['spec'];
    };
    const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    assert.deepEqual(await taintsOf({}), { taints: [taint] });
    assert.deepEqual(await taintsOf({ taints: [taint] }), { taints: [taint] });
  });
});

describe('runtime classes', () => {
  const runtimeClass = (name: string, more: JsonObject): JsonObject => ({
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name },
    handler: 'h',
    ...more,
  });

  it('give their pods overhead', async () => {
    const fixture = await createFixture();
    await fixture.create(
      'runtimeclasses.node.k8s.io',
      runtimeClass('heavy', { overhead: { podFixed: { cpu: '250m' } } }),
    );
    const heavy = { runtimeClassName: 'heavy' };
    assert.deepEqual((await specOf(fixture, heavy)).overhead, { cpu: '250m' });
    await specOf(fixture, { ...heavy, overhead: { cpu: '0.25' } });
    await refused(
      fixture,
      { ...heavy, overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
    await refused(
      fixture,
      { overhead: { cpu: '1' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
    await refused(fixture, { runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found');
  });

  it('say where their pods run', async () => {
    const fixture = await createFixture();
    const scheduling = { nodeSelector: { kind: 'fast' }, tolerations: [{ key: 'a', operator: 'Exists' }] };
    await fixture.create('runtimeclasses.node.k8s.io', runtimeClass('placed', { scheduling }));
    const spec = await specOf(fixture, {
      runtimeClassName: 'placed',
      nodeSelector: { own: 'x' },
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
    });
    assert.deepEqual(spec.nodeSelector, { own: 'x', kind: 'fast' });
    assert.deepEqual(spec.tolerations?.at(-1), { key: 'a', operator: 'Exists' });
    assert.equal(
      spec.tolerations?.some(({ effect }) => effect === 'NoSchedule'),
      false,
    );
    await refused(
      fixture,
      { runtimeClassName: 'placed', nodeSelector: { kind: 'slow' } },
      'conflict: runtimeClass.scheduling.nodeSelector[kind] = fast; pod.spec.nodeSelector[kind] = slow',
    );
  });

  it('merge tolerations so that merging again changes nothing', () => {
    const toleration = fc.record(
      {
        key: fc.constantFrom('', 'a', 'b'),
        operator: fc.constantFrom('', 'Exists', 'Equal'),
        value: fc.constantFrom('', 'x'),
        effect: fc.constantFrom('', 'NoExecute', 'NoSchedule'),
        tolerationSeconds: fc.constantFrom(0, 5),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(toleration), fc.array(toleration), (first, second) => {
        const merged = mergeTolerations(first as Toleration[], second as Toleration[]);
        assert.deepEqual(mergeTolerations(merged, []), merged);
        assert.ok(merged.length <= first.length + second.length);
      }),
    );
  });
});
