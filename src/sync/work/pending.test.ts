import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Work, WorkStatus } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import type { Change } from '../../storage/object-store.ts';
import { createDoorbell } from './doorbell.ts';
import { PendingWorks } from './pending.ts';

function work(status: WorkStatus = {}, generation = 1): Work {
  const spec = { desiredHash: 'h' } as Work['spec'];
  return { apiVersion: 'x/v1', kind: 'Work', metadata: { name: 'w', generation }, spec, status };
}

const applied = { appliedHash: 'h' };

test('a work that nobody moves is named after fifteen seconds, and again after as long', () => {
  const pending = new PendingWorks();
  pending.see('c/w', work(), 0);
  assert.deepEqual(pending.overdue(14_999), []);
  assert.deepEqual(pending.overdue(15_000), ['c/w']);
  assert.deepEqual(pending.overdue(20_000), []);
  assert.deepEqual(pending.overdue(30_000), ['c/w']);
});

test('a work that waits for its retry is not overdue before', () => {
  const pending = new PendingWorks();
  const lastError = {
    class: 'Invalid',
    message: '',
    count: 1,
    nextRetry: new Date(600_000).toISOString(),
    generation: 1,
  };
  pending.see('c/w', work({ lastError }), 0);
  assert.deepEqual(pending.overdue(600_000), []);
  assert.deepEqual(pending.overdue(615_000), ['c/w']);
});

test('what is done or gone is forgotten', () => {
  const pending = new PendingWorks();
  pending.see('c/a', work(), 0);
  pending.see('c/b', work(), 0);
  pending.see('c/a', work(applied), 1);
  pending.see('c/b', undefined, 1);
  assert.equal(pending.size, 0);
});

test('a change rings when there is something new to do, and not when a failure is noted', (t) => {
  const rung: string[] = [];
  const doorbell = createDoorbell({
    store: { listEverywhere: () => Promise.resolve([]) },
    queue: { add: (key) => void rung.push(key) },
  });
  t.after(() => doorbell.stop());
  const key = { cluster: 'abcdefghij123456', resource: 'works.placement.atoll.dev', namespace: '', name: 'w' };
  const notice = (type: Change['type'], before: Work | undefined, now: Work): number => {
    rung.length = 0;
    const change = { type, revision: 1, key, object: { object: now }, before: before && { object: before } };
    doorbell.notice(change as unknown as Change, () => {});
    return rung.length;
  };
  assert.equal(notice('ADDED', undefined, work()), 1);
  assert.equal(notice('MODIFIED', work(), work({ conditions: [] })), 0);
  assert.equal(notice('MODIFIED', work(), work({}, 2)), 1);
  assert.equal(notice('MODIFIED', work(), work(applied)), 0);
  assert.equal(notice('MODIFIED', work(applied), work()), 1);
  assert.equal(notice('DELETED', work(), work()), 0);
});
