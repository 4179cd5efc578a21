import assert from 'node:assert/strict';
import type { WriteOutcome } from '../object-store.ts';
import { create, describe, it, keyOf, newCluster, type StoreFactory, textOf, useStore } from './harness.ts';

export function describeGuards(open: StoreFactory): void {
  describe('the guard of a logical cluster', () => {
    const test = useStore(open);

    it('refuses commits that were decided on an older one, as a whole', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const [rule, a, b] = [keyOf(cluster, 'rule'), keyOf(cluster, 'a'), keyOf(cluster, 'b')];
      assert.equal(await store.guard(cluster), 0);
      const item = (key: typeof a) => ({ op: 'create' as const, key, text: textOf(key, '') });
      assert.ok((await store.commit([item(a)], { guard: 0 })).every(({ ok }) => ok));
      await store.commit([{ ...item(rule), raisesGuard: true }]);
      assert.deepEqual(await store.commit([item(b), item(keyOf(cluster, 'c'))], { guard: 0 }), [
        { ok: false, why: 'outdated', current: 1 },
        { ok: false, why: 'aborted', current: 0 },
      ]);
      assert.equal(await store.guard(cluster), 1);
      assert.ok((await store.commit([item(b)], { guard: 1 })).every(({ ok }) => ok));
      assert.ok((await create(store, keyOf(cluster, 'unguarded'))) > 0);
    });

    it('is not raised by what fails, and is no other cluster’s concern', async () => {
      const { store } = test;
      const [cluster, other] = [await newCluster(store), await newCluster(store)];
      const key = keyOf(cluster, 'a');
      const current = await create(store, key);
      await store.commit([{ op: 'create', key, text: textOf(key, ''), raisesGuard: true }]);
      assert.equal(await store.guard(cluster), 0);
      await store.commit([{ op: 'update', key, expected: current, text: textOf(key, 'x'), raisesGuard: true }]);
      const elsewhere = keyOf(other, 'a');
      const outcomes = await store.commit([{ op: 'create', key: elsewhere, text: textOf(elsewhere, '') }], {
        guard: 0,
      });
      assert.ok(outcomes.every(({ ok }) => ok));
    });

    it('is known in another replica only together with what raised it', async (t) => {
      const replica = await test.harness.openReplica?.();
      if (replica === undefined) return t.skip('this store has no replicas');
      try {
        const { store } = test;
        const cluster = await newCluster(store);
        assert.equal(await replica.guard(cluster), 0);
        assert.deepEqual((await replica.list({ cluster, resource: 'configmaps', at: { mode: 'any' } })).items, []);
        for (let round = 1; round <= 8; round++) {
          const rule = keyOf(cluster, `rule-${round}`);
          await store.commit([{ op: 'create', key: rule, text: textOf(rule, ''), raisesGuard: true }]);
          const key = keyOf(cluster, `object-${round}`);
          const item = { op: 'create' as const, key, text: textOf(key, '') };
          const outcomes: readonly WriteOutcome[] = await replica.commit([item], { guard: round - 1 });
          assert.deepEqual(outcomes, [{ ok: false, why: 'outdated', current: round }]);
          assert.equal(await replica.guard(cluster), round);
          const names = replica.peek(cluster, 'configmaps', 'default')?.map((object) => object.key.name);
          assert.ok(names?.includes(`rule-${round}`), `the replica has ${String(names)}`);
        }
      } finally {
        await replica.close();
      }
    });
  });
}
