import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlacementDecision } from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import type { Work } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { troubleOf, withTrouble } from './trouble.ts';

function decision(changes: Partial<PlacementDecision['spec']>): PlacementDecision['spec'] {
  return {
    object: { resource: 'deployments.apps', namespace: 'n', name: 'd', uid: 'u' },
    placement: 'default',
    decisions: [],
    explanation: [],
    ...changes,
  };
}

function failed(errorClass: string, message: string, count = 1): Work {
  return {
    spec: { targetNamespace: 't-team-n-abc', source: { namespace: 'n' } },
    status: { lastError: { class: errorClass, message, count, nextRetry: '', generation: 1 } },
  } as Work;
}

test('that no cluster fits is said without naming one', () => {
  const trouble = troubleOf(
    [],
    decision({
      unsatisfied: ['0 of 2 physical clusters fit: secret-name: not ready'],
      explanation: [
        { cluster: 'secret-name', chosen: false, reason: 'Ready: condition Ready is not True: Unreachable' },
        { cluster: 'other', chosen: false, reason: 'Taints: taint a:NoSchedule is not tolerated' },
      ],
    }),
  );
  assert.deepEqual(trouble, { reason: 'NoClusterFits', message: 'no physical cluster can take it: Ready 1, Taints 1' });
});

test('what the physical cluster refuses is said in its words, with the tenant’s namespace', () => {
  assert.deepEqual(troubleOf([failed('Invalid', 'deployments "d" in t-team-n-abc is invalid')], undefined), {
    reason: 'Invalid',
    message: 'deployments "d" in n is invalid',
  });
});

test('a cluster that stumbles is worth no word, one that is away is', () => {
  assert.equal(troubleOf([failed('Transient', 'x')], undefined), undefined);
  assert.deepEqual(troubleOf([failed('Unreachable', 'connect 10.0.0.1', 3)], undefined), {
    reason: 'Unreachable',
    message: 'the cluster that it goes to does not answer',
  });
  assert.equal(troubleOf([], decision({ decisions: [{ cluster: 'a', clusterUID: 'u' }] })), undefined);
});

test('the condition comes, stays as it is, and goes', () => {
  const trouble = { reason: 'Quota', message: 'm' };
  const available = { type: 'Available', status: 'True' };
  const first = withTrouble({ conditions: [available] }, trouble, {}, new Date('2026-01-01T00:00:00Z'));
  assert.deepEqual(first.conditions, [
    available,
    {
      type: 'Synced',
      status: 'False',
      reason: 'Quota',
      message: 'm',
      lastUpdateTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ]);
  assert.deepEqual(withTrouble({ conditions: [available] }, trouble, first, new Date()), first);
  assert.deepEqual(withTrouble(first, undefined, first, new Date()), { conditions: [available] });
  assert.deepEqual(withTrouble(withTrouble({}, trouble, {}, new Date()), undefined, first, new Date()), {});
  assert.deepEqual(withTrouble({}, undefined, {}, new Date()), {});
});
