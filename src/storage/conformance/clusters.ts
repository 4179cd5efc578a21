import assert from 'node:assert/strict';
import { rootCluster } from '../../logicalcluster/name.ts';
import {
  clusterItem,
  contents,
  create,
  describe,
  failure,
  it,
  keyOf,
  newCluster,
  newName,
  Recorder,
  type StoreFactory,
  textOf,
  useStore,
  write,
} from './harness.ts';

export function describeClusters(open: StoreFactory): void {
  describe('logical clusters', () => {
    const test = useStore(open);

    it('has a root', async () => {
      const root = await test.store.cluster(rootCluster);
      assert.equal(root?.name, 'root');
      assert.equal(root?.parent, '');
      assert.equal(root?.workspace, 'root');
      assert.equal(root?.state, 'Active');
      assert.ok(root.revision >= 1);
      assert.match(root.uid, /^[0-9a-f-]{36}$/);
      assert.match(root.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it('makes them below one another', async () => {
      const { store } = test;
      const [one, two] = [newName(), newName()];
      const item = clusterItem(one, rootCluster, 'one');
      await write(store, item);
      await write(store, clusterItem(two, one, 'two'));
      const record = await store.cluster(one);
      assert.equal(item.op, 'createCluster');
      const { state, revision, shard, ...rest } = record ?? {};
      assert.deepEqual(rest, item.op === 'createCluster' ? item.cluster : undefined);
      assert.deepEqual([state, shard], ['Active', 'root']);
      assert.ok((revision ?? 0) >= 1);
      assert.equal((await store.childCluster(one, 'two'))?.name, two);
      assert.equal((await store.childCluster(rootCluster, 'one'))?.name, one);
      assert.equal(await store.childCluster(one, 'three'), undefined);
      assert.equal(await store.childCluster(newName(), 'two'), undefined);
      assert.equal(await store.cluster(newName()), undefined);
    });

    it('lists children in pages', async () => {
      const { store } = test;
      const parent = await newCluster(store);
      for (const workspace of ['c', 'a', 'b', 'd']) await write(store, clusterItem(newName(), parent, workspace));
      const page = async (limit: number, after?: string): Promise<string[]> =>
        (await store.childClusters(parent, { limit, ...(after === undefined ? {} : { after }) })).map(
          ({ workspace }) => workspace,
        );
      assert.deepEqual(await page(3), ['a', 'b', 'c']);
      assert.deepEqual(await page(3, 'c'), ['d']);
      assert.deepEqual(await page(3, 'd'), []);
    });

    it('refuses a name or workspace that is taken, and a parent that is not there', async () => {
      const { store } = test;
      const parent = await newCluster(store);
      const child = newName();
      await write(store, clusterItem(child, parent, 'w'));
      const exists = { ok: false, why: 'exists', current: 0 };
      assert.deepEqual(await failure(store, clusterItem(newName(), parent, 'w')), exists);
      assert.deepEqual(await failure(store, clusterItem(child, parent, 'other')), exists);
      assert.deepEqual(await failure(store, clusterItem(newName(), newName(), 'w')), {
        ok: false,
        why: 'noCluster',
        current: 0,
      });
    });

    it('takes a cluster back when its group fails', async () => {
      const { store } = test;
      const cluster = newName();
      const taken = keyOf(rootCluster, `taken-${cluster}`);
      const own = keyOf(cluster, 'own');
      await create(store, taken);
      const outcomes = await store.commit([
        clusterItem(cluster, rootCluster, `w-${cluster}`),
        { op: 'create', key: own, text: textOf(own, '') },
        { op: 'create', key: taken, text: textOf(taken, '') },
      ]);
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.why)),
        ['aborted', 'aborted', 'exists'],
      );
      assert.equal(await store.cluster(cluster), undefined);
      await write(store, clusterItem(cluster, rootCluster, `w-${cluster}`));
      assert.equal(await store.get(own), undefined);
    });

    it('makes many at once', async () => {
      const { store } = test;
      const names = Array.from({ length: 60 }, () => newName());
      await Promise.all(
        names.map(async (cluster) => {
          const own = keyOf(cluster, 'own', '', 'logicalclusters.core.kcp.io');
          const outcomes = await store.commit([
            clusterItem(cluster, rootCluster, `many-${cluster}`),
            { op: 'create', key: own, text: textOf(own, '') },
          ]);
          assert.ok(outcomes.every(({ ok }) => ok));
          assert.equal((await store.get(own))?.revision, (await store.cluster(cluster))?.revision);
        }),
      );
    });

    it('deletes a whole subtree at once: writes fail, watches end, others go on', async () => {
      const { store } = test;
      const parent = await newCluster(store);
      const [child, grandchild] = [newName(), newName()];
      await write(store, clusterItem(child, parent, 'child'));
      await write(store, clusterItem(grandchild, child, 'grandchild'));
      const other = await newCluster(store);
      await create(store, keyOf(grandchild, 'a'));
      const from = await store.fresh();
      const inside = Recorder.start(store, { cluster: grandchild, resource: 'configmaps', from });
      const outside = Recorder.start(store, { cluster: other, resource: 'configmaps', from });
      const everywhere = Recorder.start(store, { cluster: '*', resource: 'configmaps', from });
      await create(store, keyOf(grandchild, 'b'));
      const deleted = await write(store, { op: 'deleteCluster', cluster: parent });
      assert.ok(deleted > from);
      for (const name of [parent, child, grandchild]) {
        assert.equal((await store.cluster(name))?.state, 'Deleting');
        const key = keyOf(name, 'late');
        assert.deepEqual(await failure(store, { op: 'create', key, text: textOf(key, '') }), {
          ok: false,
          why: 'noCluster',
          current: 0,
        });
      }
      assert.equal((await store.childCluster(parent, 'child'))?.state, 'Deleting');
      const item = clusterItem(newName(), child, 'late');
      assert.deepEqual(await failure(store, item), { ok: false, why: 'noCluster', current: 0 });
      assert.deepEqual(await failure(store, { op: 'deleteCluster', cluster: child }), {
        ok: false,
        why: 'noCluster',
        current: 0,
      });
      await inside.until(({ ended }) => ended === 'clusterDeleted');
      assert.deepEqual(
        inside.changes.map(({ key }) => key.name),
        ['b'],
      );
      const later = await create(store, keyOf(other, 'c'));
      assert.ok(later > deleted);
      await outside.until(({ revisions }) => revisions.includes(later));
      await everywhere.until(({ revisions }) => revisions.includes(later));
      assert.equal(outside.ended, undefined);
      outside.close();
      everywhere.close();
    });

    it('ends watches that begin too late', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const created = await create(store, keyOf(cluster, 'a'));
      await write(store, { op: 'deleteCluster', cluster });
      for (const name of [cluster, newName()]) {
        const watch = Recorder.start(store, { cluster: name, resource: 'configmaps', from: created });
        await watch.until(({ ended }) => ended === 'clusterDeleted');
      }
      const closed = Recorder.start(store, { cluster, resource: 'configmaps', from: created });
      closed.close();
      const last = Recorder.start(store, { cluster, resource: 'configmaps', from: created });
      await last.until(({ ended }) => ended === 'clusterDeleted');
      assert.equal(closed.ended, undefined);
    });

    it('lets a workspace be made again while the old one goes away', async () => {
      const { store } = test;
      const parent = await newCluster(store);
      const [old, young] = [newName(), newName()];
      await write(store, clusterItem(old, parent, 'again'));
      assert.equal((await store.childCluster(parent, 'again'))?.name, old);
      await write(store, { op: 'deleteCluster', cluster: old });
      await write(store, clusterItem(young, parent, 'again'));
      const found = await store.childCluster(parent, 'again');
      assert.deepEqual([found?.name, found?.state], [young, 'Active']);
      const children = await store.childClusters(parent, { limit: 10 });
      assert.deepEqual(
        children.map(({ name }) => name),
        [young],
      );
    });

    it('purges what was deleted, in bounded steps', async () => {
      const { store } = test;
      const parent = await newCluster(store);
      const child = newName();
      await write(store, clusterItem(child, parent, 'child'));
      for (let i = 0; i < 25; i++) await create(store, keyOf(i % 2 === 0 ? parent : child, `o${i}`));
      await write(store, { op: 'deleteCluster', cluster: parent });
      let removed = 0;
      for (;;) {
        const step = await store.purgeDeletedClusters(10);
        assert.ok(step <= 10);
        if (step === 0) break;
        removed += step;
      }
      assert.equal(await store.cluster(parent), undefined);
      assert.ok(removed >= 27);
      assert.equal(await store.cluster(child), undefined);
      assert.equal(await store.get(keyOf(parent, 'o0')), undefined);
      const list = await store.list({ cluster: parent, resource: 'configmaps', at: { mode: 'fresh' } });
      assert.deepEqual(contents(list), []);
      await write(store, clusterItem(parent, rootCluster, `again-${parent}`));
      assert.equal(await store.get(keyOf(parent, 'o0')), undefined, 'a cluster of the same name begins empty');
    });

    it('does not delete the root', async () => {
      assert.deepEqual(await failure(test.store, { op: 'deleteCluster', cluster: rootCluster }), {
        ok: false,
        why: 'noCluster',
        current: 0,
      });
    });
  });
}
