import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ObjectStore } from '../object-store.ts';
import {
  contents,
  create,
  describe,
  failure,
  it,
  keyOf,
  newCluster,
  Recorder,
  type StoreFactory,
  textOf,
  until,
  update,
  useStore,
  write,
} from './harness.ts';

export function describeReplicas(open: StoreFactory): void {
  describe('replicas of a store', () => {
    const test = useStore(open);
    const stores: ObjectStore[] = [];
    before(async () => {
      const { openReplica } = test.harness;
      if (openReplica !== undefined) stores.push(test.store, await openReplica(), await openReplica());
    });
    after(async () => {
      for (const store of stores.slice(1)) await store.close();
    });
    const replicas = (skip: (reason: string) => void): [ObjectStore, ObjectStore, ObjectStore] | undefined => {
      const [a, b, c] = stores;
      if (a !== undefined && b !== undefined && c !== undefined) return [a, b, c];
      skip('this store has no replicas');
      return undefined;
    };

    it('see one another’s writes at once', async (t) => {
      const [a, b, c] = replicas((reason) => t.skip(reason)) ?? [];
      if (a === undefined || b === undefined || c === undefined) return;
      const cluster = await newCluster(a);
      const key = keyOf(cluster, 'a');
      let revision = await create(a, key, '0');
      for (let round = 1; round <= 12; round++) {
        const [writer, reader] = [stores[round % 3] as ObjectStore, stores[(round + 1) % 3] as ObjectStore];
        assert.equal((await reader.get(key))?.revision, revision);
        revision = await update(writer, key, revision, String(round));
        const list = await reader.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } });
        assert.deepEqual(contents(list), [`default/a=${round}`]);
        assert.ok(list.revision >= revision);
        assert.equal((await reader.get(key))?.revision, revision);
      }
      const missing = await failure(c, { op: 'create', key, text: textOf(key, '') });
      assert.deepEqual(missing, { ok: false, why: 'exists', current: revision });
    });

    it('see all changes in one order, whoever makes them', async (t) => {
      if (replicas((reason) => t.skip(reason)) === undefined) return;
      const cluster = await newCluster(stores[0] as ObjectStore);
      const from = await (stores[0] as ObjectStore).fresh();
      const watches = stores.map((store) => Recorder.start(store, { cluster, resource: 'configmaps', from }));
      const written = await Promise.all(
        Array.from({ length: 240 }, (_, i) => create(stores[i % 3] as ObjectStore, keyOf(cluster, `o${i}`))),
      );
      const late = stores.map((store) => Recorder.start(store, { cluster, resource: 'configmaps', from: from + 100 }));
      const expected = written.toSorted((x, y) => x - y);
      assert.deepEqual(
        expected,
        expected.map((_, i) => from + 1 + i),
      );
      for (const watch of watches) {
        await watch.until(({ changes }) => changes.length >= 240);
        assert.deepEqual(watch.revisions, expected);
        watch.close();
      }
      for (const watch of late) {
        await watch.until(({ changes }) => changes.length >= 140);
        assert.deepEqual(watch.revisions, expected.slice(100));
        watch.close();
      }
      for (const store of stores) {
        const list = await store.list({
          cluster,
          resource: 'configmaps',
          at: { mode: 'notOlderThan', revision: from + 240 },
        });
        assert.equal(list.items.length, 240);
      }
    });

    it('hear of deleted logical clusters', async (t) => {
      const [a, b, c] = replicas((reason) => t.skip(reason)) ?? [];
      if (a === undefined || b === undefined || c === undefined) return;
      const cluster = await newCluster(a);
      const key = keyOf(cluster, 'a');
      await create(b, key);
      assert.equal((await b.cluster(cluster))?.state, 'Active');
      assert.equal((await c.cluster(cluster))?.state, 'Active');
      const watch = Recorder.start(b, { cluster, resource: 'configmaps', from: await b.fresh() });
      await write(a, { op: 'deleteCluster', cluster });
      await watch.until(({ ended }) => ended === 'clusterDeleted');
      await until(async () => (await b.cluster(cluster))?.state === 'Deleting');
      await until(async () => (await c.cluster(cluster))?.state === 'Deleting');
      for (const store of [b, c]) {
        assert.deepEqual(await failure(store, { op: 'create', key, text: textOf(key, '') }), {
          ok: false,
          why: 'noCluster',
          current: 0,
        });
      }
    });

    it('pass leadership on when one closes', async (t) => {
      const [a] = replicas((reason) => t.skip(reason)) ?? [];
      const other = await test.harness.openReplica?.();
      if (a === undefined || other === undefined) return;
      const stop = new AbortController();
      const running = new Set<string>();
      const run = (name: string) => async (signal: AbortSignal) => {
        running.add(name);
        await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
        running.delete(name);
      };
      const first = other.lead('shared office', stop.signal, run('other'));
      await until(() => running.has('other'));
      const second = a.lead('shared office', stop.signal, run('a'));
      await other.close();
      await first;
      await until(() => running.has('a'));
      assert.deepEqual([...running], ['a']);
      stop.abort();
      await second;
    });
  });
}
