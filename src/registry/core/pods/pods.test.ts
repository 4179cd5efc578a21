import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { apiError, createFixture, type Fixture } from '../../testing.ts';

const written = { dryRun: false, fieldValidation: 'Strict' } as const;
const object = (value: JsonObject): KubeObject => value as KubeObject;

describe('pods', () => {
  const pod = (name: string, more: JsonObject = {}): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'x' } },
    spec: { containers: [{ name: 'c', image: 'i' }], ...more },
  });
  const post = (fixture: Fixture, name: string, subresource: string, body: JsonObject): Promise<unknown> =>
    fixture.registry.create(fixture.ctx(), fixture.target('pods', { name, subresource }), object(body), written);
  const bind = (fixture: Fixture, name: string): Promise<unknown> =>
    post(fixture, name, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: 'n1' },
    });

  it('run as the default ServiceAccount, or as one that exists', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('pods', pod('a'));
    assert.equal((created['spec'] as { serviceAccountName: string }).serviceAccountName, 'default');
    await assert.rejects(
      fixture.create('pods', pod('b', { serviceAccountName: 'nobody' })),
      apiError(
        403,
        'pods "b" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
      ),
    );
  });

  it('get their node once', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', pod('a'));
    await bind(fixture, 'a');
    const bound = await fixture.get('pods', 'a');
    assert.equal((bound['spec'] as { nodeName: string }).nodeName, 'n1');
    await assert.rejects(
      bind(fixture, 'a'),
      apiError(409, 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"'),
    );
  });

  it('go at once without a node, and after their grace period with one', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', pod('free'));
    assert.equal((await fixture.delete('pods', 'free')).done, true);
    await fixture.create('pods', pod('bound'));
    await bind(fixture, 'bound');
    const first = await fixture.delete('pods', 'bound');
    assert.equal(first.done, false);
    assert.equal(first.object.object().metadata.deletionGracePeriodSeconds, 30);
    const longer = await fixture.delete('pods', 'bound', { gracePeriodSeconds: 60 });
    assert.equal(longer.object.object().metadata.deletionGracePeriodSeconds, 30);
    const shorter = await fixture.delete('pods', 'bound', { gracePeriodSeconds: 5 });
    assert.equal(shorter.object.object().metadata.deletionGracePeriodSeconds, 5);
    assert.equal((await fixture.delete('pods', 'bound', { gracePeriodSeconds: 0 })).done, true);
  });

  it('are evicted unless a budget has nothing left', async () => {
    const fixture = await createFixture();
    const evict = (name: string): Promise<unknown> =>
      post(fixture, name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
    const running = async (name: string, ready = true): Promise<void> => {
      await fixture.create('pods', pod(name));
      await bind(fixture, name);
      const stored = await fixture.get('pods', name);
      await fixture.update(
        'pods',
        object({
          ...stored,
          status: {
            ...(stored['status'] as JsonObject),
            phase: 'Running',
            conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
          },
        } as JsonObject),
        { subresource: 'status' },
      );
    };
    await running('a');
    await running('b');
    await running('unready', false);
    const budget = await fixture.create('poddisruptionbudgets.policy', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'budget' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
    });
    const status = {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    };
    await fixture.update('poddisruptionbudgets.policy', object({ ...budget, status } as JsonObject), {
      subresource: 'status',
    });
    await evict('a');
    const evicted = await fixture.get('pods', 'a');
    assert.ok(evicted.metadata.deletionTimestamp);
    const { conditions } = evicted['status'] as { conditions: { type: string; reason?: string }[] };
    assert.deepEqual(
      conditions.map(({ type, reason }) => [type, reason]),
      [
        ['Ready', undefined],
        ['DisruptionTarget', 'EvictionByEvictionAPI'],
      ],
    );
    await assert.rejects(
      evict('b'),
      apiError(429, "Cannot evict pod as it would violate the pod's disruption budget."),
    );
    // What is not ready is no loss while enough others are.
    await evict('unready');
    assert.ok((await fixture.get('pods', 'unready')).metadata.deletionTimestamp);
  });

  it('are bound and evicted under their own name, and only as asked', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', pod('a'));
    await fixture.create('pods', pod('gated', { schedulingGates: [{ name: 'example.com/g' }] }));
    const binding = (name: string, target: JsonObject, more: JsonObject = {}): JsonObject => ({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, ...more },
      target,
    });
    const node = { kind: 'Node', name: 'n1' };
    const refused = (body: JsonObject, code: number, text: string | RegExp, name = 'a', subresource = 'binding') =>
      assert.rejects(post(fixture, name, subresource, body), apiError(code, text));
    await refused(binding('b', node), 400, 'name in URL does not match name in Binding object');
    await refused(binding('a', {}), 400, 'target.name: Required value');
    await refused(binding('a', node, { uid: 'x' }), 409, /on pods "a": .*UID in precondition: x, UID in object meta: /);
    await refused(binding('gated', node), 409, /pod gated has non-empty \.spec\.schedulingGates$/, 'gated');
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } };
    await refused({ ...eviction, metadata: {} }, 400, /does not match name in Eviction object$/, 'a', 'eviction');
    const policy = { ...eviction, deleteOptions: { propagationPolicy: 'x' } };
    await refused(policy, 422, /propagationPolicy: Unsupported value: "x"/, 'a', 'eviction');
    await post(fixture, 'a', 'eviction', { ...eviction, deleteOptions: { dryRun: ['All'] } });
    assert.equal((await fixture.get('pods', 'a')).metadata.deletionTimestamp, undefined);
  });
});
