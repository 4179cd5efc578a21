import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type Generation, nextReplicas, rolloutStatus, templateHash } from './rollout.ts';

function deployment(spec: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', generation: 3 },
    spec: { replicas: 4, ...spec },
  };
}

const set = (name: string, replicas: number, available: number): Generation => ({
  name,
  current: name === 'new',
  replicas,
  available,
});

const step = (object: KubeObject, ...sets: Generation[]): Record<string, number> =>
  Object.fromEntries(nextReplicas(object, sets));

test('a first rollout goes to the full number at once', () => {
  assert.deepEqual(step(deployment(), set('new', 0, 0)), { new: 4 });
});

test('a rolling update surges by a quarter and gives up as much as it may', () => {
  assert.deepEqual(step(deployment(), set('old', 4, 4), set('new', 0, 0)), { old: 3, new: 1 });
  assert.deepEqual(step(deployment(), set('old', 3, 3), set('new', 1, 1)), { old: 2, new: 2 });
});

test('what is not available goes first', () => {
  assert.deepEqual(step(deployment(), set('old', 4, 1), set('new', 1, 0)), { old: 1, new: 1 });
});

test('Recreate ends the old before it begins the new', () => {
  const object = deployment({ strategy: { type: 'Recreate' } });
  assert.deepEqual(step(object, set('old', 4, 4), set('new', 0, 0)), { old: 0, new: 0 });
  assert.deepEqual(step(object, set('old', 0, 0), set('new', 0, 0)), { old: 0, new: 4 });
});

test('every rollout ends, never with less available than promised nor more pods than allowed', () => {
  const amount = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('0%', '25%', '100%'));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 12 }),
      amount,
      amount,
      (from, to, maxSurge, maxUnavailable) => {
        const object = deployment({
          replicas: to,
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
        });
        let sets = [set('old', from, from), set('new', 0, 0)];
        for (let round = 0; round < 100; round++) {
          const next = nextReplicas(object, sets);
          const after = sets.map((item) => set(item.name, next.get(item.name) ?? 0, next.get(item.name) ?? 0));
          if (after.every((item, i) => item.replicas === sets[i]?.replicas)) break;
          sets = after;
        }
        assert.deepEqual(
          sets.map((item) => item.replicas),
          [0, to],
        );
      },
    ),
  );
});

test('the status says when it is complete', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const reasons = (status: JsonObject): unknown => (status.conditions as JsonObject[]).map(({ reason }) => reason);
  const half = rolloutStatus(deployment(), [set('old', 2, 2), set('new', 3, 1)], now);
  assert.deepEqual(reasons(half), ['MinimumReplicasAvailable', 'ReplicaSetUpdated']);
  assert.equal(half.unavailableReplicas, 1);
  const done = rolloutStatus(deployment(), [set('new', 4, 4)], now);
  assert.deepEqual(reasons(done), ['MinimumReplicasAvailable', 'NewReplicaSetAvailable']);
  assert.equal(done.observedGeneration, 3);
  assert.equal(done.unavailableReplicas, undefined);
  const again = rolloutStatus({ ...deployment(), status: done }, [set('new', 4, 4)], new Date());
  assert.deepEqual(again, done);
});

test('the hash of a template does not depend on the order of its keys', () => {
  const one = deployment({ template: { a: 1, b: { c: 2, d: 3 } } });
  assert.equal(templateHash(one), templateHash(deployment({ template: { b: { d: 3, c: 2 }, a: 1 } })));
  assert.notEqual(templateHash(one), templateHash(deployment({ template: { a: 2 } })));
});
