import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onesOf, parseAmounts } from '../../../apimachinery/amounts.ts';
import { badRequest, forbidden } from '../../../apimachinery/errors.ts';
import { rootCluster } from '../../../logicalcluster/name.ts';
import { SerializedObject } from '../../../storage/cache/serialized.ts';
import { StorageUnavailable, type WriteItem, type WriteOutcome } from '../../../storage/object-store.ts';
import { storedText } from '../../../storage/serialized-object.ts';
import type { ChargedWrite } from './ledger.ts';
import { NamespaceLedger } from './namespace-ledger.ts';
import { quotaOf } from './quota.ts';

const usage = onesOf(['count/things']);
const evaluator = {
  tracks: (name: string) => name === 'count/things',
  usage: () => usage,
  matchesScope: () => false,
  changes: false,
};
const object = { apiVersion: 'v1', kind: 'Thing', metadata: {} };

function write(name: string): ChargedWrite {
  const key = { cluster: rootCluster, resource: 'things', namespace: 'n', name };
  return {
    charge: { evaluator, before: undefined, after: object, isChecked: true, now: 0 },
    key,
    items: [{ op: 'create', key, text: '{}' }],
    refuse: (why) => forbidden({ group: '', resource: 'things' }, name, why),
  };
}

/** A ledger over a quota of two, one of which is used, and a commit that does what it is told. */
function ledgerOver(commit: (items: readonly WriteItem[]) => Promise<readonly WriteOutcome[]>, limit = '2') {
  const amounts = { 'count/things': limit };
  const text = storedText({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q' },
    spec: { hard: amounts },
    status: { hard: amounts, used: { 'count/things': '1' } },
  });
  const key = { cluster: rootCluster, resource: 'resourcequotas', namespace: 'n', name: 'q' };
  const quota = quotaOf(new SerializedObject(key, 5, text));
  assert.deepEqual(quota.used, parseAmounts({ 'count/things': '1' }));
  const committed: string[][] = [];
  const ledger = new NamespaceLedger({
    store: {
      commit(items) {
        committed.push(items.map((item) => ('key' in item ? item.key.name : item.op)));
        return commit(items);
      },
    },
    view: () => Promise.resolve({ guard: 1, quotas: [quota] }),
    balanceOf: () => Promise.resolve(quota.used),
    onIdle: () => {},
  });
  return { ledger, committed };
}

const allOk = (items: readonly WriteItem[]): Promise<readonly WriteOutcome[]> =>
  Promise.resolve(items.map(() => ({ ok: true, revision: 6 })));

describe('the ledger of a namespace', () => {
  it('commits writes of a moment together, with one change of the quota, and refuses what is too much', async () => {
    const { ledger, committed } = ledgerOver(allOk);
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => ledger.commit(write(name))));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
    assert.deepEqual(committed, [['q', 'a']]);
  });

  it('lets a write fail for itself, and commits the others without it', async () => {
    const taken = (items: readonly WriteItem[]) =>
      items.some((item) => 'key' in item && item.key.name === 'a')
        ? Promise.resolve(
            items.map(
              (item): WriteOutcome =>
                'key' in item && item.key.name === 'a'
                  ? { ok: false, why: 'exists', current: 3 }
                  : { ok: false, why: 'aborted', current: 0 },
            ),
          )
        : allOk(items);
    const { ledger, committed } = ledgerOver(taken, '9');
    const [a, b] = await Promise.all([ledger.commit(write('a')), ledger.commit(write('b'))]);
    assert.deepEqual(a, [{ ok: false, why: 'exists', current: 3 }]);
    assert.deepEqual(b, [{ ok: true, revision: 6 }]);
    assert.deepEqual(committed, [
      ['q', 'a', 'b'],
      ['q', 'b'],
    ]);
  });

  it('does not commit an object twice in one group', async () => {
    const { ledger, committed } = ledgerOver(allOk, '9');
    await Promise.all([ledger.commit(write('a')), ledger.commit(write('a')), ledger.commit(write('b'))]);
    assert.deepEqual(committed, [
      ['q', 'a', 'b'],
      ['q', 'a'],
    ]);
  });

  it('finds the one write that makes the statement fail', async () => {
    const poisoned = (items: readonly WriteItem[]) =>
      items.some((item) => 'key' in item && item.key.name === 'bad')
        ? Promise.reject(badRequest('no such text'))
        : allOk(items);
    const { ledger, committed } = ledgerOver(poisoned, '3');
    const results = await Promise.allSettled(['bad', 'good'].map((name) => ledger.commit(write(name))));
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? 'done' : (result.reason as Error).message)),
      ['no such text', 'done'],
    );
    assert.deepEqual(committed, [
      ['q', 'bad', 'good'],
      ['q', 'bad'],
      ['q', 'good'],
    ]);
  });

  it('refuses nobody because of a write that then fails', async () => {
    const isTaken = (item: WriteItem) => 'key' in item && item.key.name === 'taken';
    const { ledger, committed } = ledgerOver((items) =>
      items.some(isTaken)
        ? Promise.resolve(
            items.map((item): WriteOutcome => ({ ok: false, why: isTaken(item) ? 'exists' : 'aborted', current: 0 })),
          )
        : allOk(items),
    );
    const [taken, next] = await Promise.all([ledger.commit(write('taken')), ledger.commit(write('next'))]);
    assert.deepEqual([taken[0]?.ok, next[0]?.ok], [false, true]);
    assert.deepEqual(committed, [
      ['q', 'taken'],
      ['q', 'next'],
    ]);
  });

  it('tells everybody when storage is away', async () => {
    const { ledger } = ledgerOver(() => Promise.reject(new StorageUnavailable('away')), '9');
    const results = await Promise.allSettled([ledger.commit(write('a')), ledger.commit(write('b'))]);
    assert.ok(results.every((result) => result.status === 'rejected' && result.reason instanceof StorageUnavailable));
  });

  it('gives up when others always win', async () => {
    const { ledger, committed } = ledgerOver((items) =>
      Promise.resolve(
        items.map((_, i): WriteOutcome => ({ ok: false, why: i === 0 ? 'stale' : 'aborted', current: 7 })),
      ),
    );
    await assert.rejects(ledger.commit(write('a')), /too many writes at once/);
    assert.ok(committed.length > 50);
  });
});
