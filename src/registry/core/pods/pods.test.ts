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
    const running = async (name: string): Promise<void> => {
      await fixture.create('pods', pod(name));
      await bind(fixture, name);
      const stored = await fixture.get('pods', name);
      await fixture.update(
        'pods',
        object({ ...stored, status: { ...(stored['status'] as JsonObject), phase: 'Running' } } as JsonObject),
        { subresource: 'status' },
      );
    };
    await running('a');
    await running('b');
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
    assert.ok((await fixture.get('pods', 'a')).metadata.deletionTimestamp);
    await assert.rejects(
      evict('b'),
      apiError(429, "Cannot evict pod as it would violate the pod's disruption budget."),
    );
  });
});
