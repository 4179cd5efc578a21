import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { ObjectKey } from '../object-store.ts';
import {
  contents,
  create,
  describe,
  it,
  keyOf,
  newCluster,
  newName,
  Recorder,
  remove,
  type StoreFactory,
  textOf,
  until,
  update,
  useStore,
  write,
} from './harness.ts';

export function describeRest(open: StoreFactory): void {
  describe('look-ups', () => {
    const test = useStore(open);

    it('finds the dependents of an owner', async () => {
      const { store } = test;
      const [cluster, other] = [await newCluster(store), await newCluster(store)];
      await create(store, keyOf(cluster, 'a'), '', ['uid-1']);
      await create(store, keyOf(cluster, 'b', 'x', 'secrets'), '', ['uid-2', 'uid-1']);
      await create(store, keyOf(cluster, 'c'), '', ['uid-2']);
      await create(store, keyOf(other, 'd'), '', ['uid-1']);
      const c = await create(store, keyOf(cluster, 'e'), '', ['uid-1']);
      const names = async (uid: string, limit = 10): Promise<string[]> =>
        (await store.listDependents(cluster, uid, limit)).map(({ key }) => key.name).toSorted();
      assert.deepEqual(await names('uid-1'), ['a', 'b', 'e']);
      assert.equal((await names('uid-1', 2)).length, 2);
      assert.deepEqual(await names('nobody'), []);
      const key = keyOf(cluster, 'e');
      const orphan = await write(store, { op: 'update', key, expected: c, text: textOf(key, '') });
      assert.deepEqual(await names('uid-1'), ['a', 'b']);
      await remove(store, key, orphan);
      assert.deepEqual(await store.listDependents(newName(), 'uid-1', 10), []);
    });

    it('counts what is stored', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      await create(store, keyOf(cluster, 'a', 'x'));
      await create(store, keyOf(cluster, 'b', 'y'));
      const gone = keyOf(cluster, 'c', 'x', 'secrets');
      await remove(store, gone, await create(store, gone));
      await create(store, keyOf(cluster, 'd', 'x', 'secrets'));
      assert.deepEqual(
        [...(await store.countByResource(cluster))].toSorted(([a], [b]) => (a < b ? -1 : 1)),
        [
          ['configmaps', 2],
          ['secrets', 1],
        ],
      );
      assert.deepEqual([...(await store.countByResource(cluster, 'y'))], [['configmaps', 1]]);
      assert.deepEqual([...(await store.countByResource(newName()))], []);
    });

    it('walks over a resource in all logical clusters', async () => {
      const { store } = test;
      const clusters = (await Promise.all([newCluster(store), newCluster(store), newCluster(store)])).toSorted();
      const expected: string[] = [];
      for (const cluster of clusters) {
        for (const name of ['a', 'b', 'c']) {
          await create(store, keyOf(cluster, name, 'n', 'walked.test'));
          expected.push(`${cluster}/${name}`);
        }
        await create(store, keyOf(cluster, 'other', 'n', 'unwalked.test'));
      }
      for (const limit of [1, 2, 4, 100]) {
        const seen: string[] = [];
        let after: ObjectKey | undefined;
        for (;;) {
          const page = await store.listEverywhere({
            resource: 'walked.test',
            limit,
            ...(after === undefined ? {} : { after }),
          });
          if (page.length === 0) break;
          assert.ok(page.length <= limit);
          seen.push(...page.map(({ key }) => `${key.cluster}/${key.name}`));
          after = page.at(-1)?.key;
        }
        assert.deepEqual(seen, expected);
      }
      assert.deepEqual(await store.listEverywhere({ resource: 'never.test', limit: 10 }), []);
    });

    it('keeps checkpoints', async () => {
      assert.equal(await test.store.readCheckpoint('none'), undefined);
      await test.store.writeCheckpoint('some', 5);
      await test.store.writeCheckpoint('some', 7);
      assert.equal(await test.store.readCheckpoint('some'), 7);
    });
  });

  describe('shards', () => {
    const test = useStore(open);

    it('count their revisions independently', async () => {
      const { store } = test;
      const shard = 'second';
      const [first, second] = [await newCluster(store), await newCluster(store, shard)];
      assert.equal((await store.cluster(second))?.shard, shard);
      const [a, b] = [keyOf(first, 'a'), keyOf(second, 'b')];
      const before = [await store.fresh(), await store.fresh(shard)] as const;
      const watch = Recorder.start(store, { cluster: second, resource: 'configmaps', from: before[1] });
      const everywhere = Recorder.start(store, { cluster: '*', resource: 'configmaps', shard, from: before[1] });
      await create(store, a);
      assert.equal(await store.fresh(shard), before[1]);
      assert.equal(await create(store, b, 'one'), before[1] + 1);
      assert.equal(await store.fresh(), before[0] + 1);
      assert.equal(await update(store, b, before[1] + 1, 'two'), before[1] + 2);
      for (const recorder of [watch, everywhere]) {
        await recorder.until(({ changes }) => changes.length === 2);
        assert.deepEqual(recorder.revisions, [before[1] + 1, before[1] + 2]);
        recorder.close();
      }
      const list = await store.list({ cluster: second, resource: 'configmaps', at: { mode: 'fresh' } });
      assert.deepEqual(contents(list), ['default/b=two']);
      assert.equal(list.revision, before[1] + 2);
      const past = { mode: 'exact', revision: before[1] + 1 } as const;
      assert.deepEqual(contents(await store.list({ cluster: second, resource: 'configmaps', at: past })), [
        'default/b=one',
      ]);
      const here = await store.listEverywhere({ resource: 'configmaps', shard, limit: 10 });
      assert.deepEqual(
        here.map(({ key }) => key.cluster),
        [second],
      );
      assert.equal((await store.changesSince(before[1], 10, shard)).length, 2);
      assert.equal(store.revision(shard), before[1] + 2);
    });

    it('do not share atomic groups', async () => {
      const { store } = test;
      const [a, b] = [keyOf(await newCluster(store), 'a'), keyOf(await newCluster(store, 'third'), 'b')];
      await assert.rejects(
        store.commit([
          { op: 'create', key: a, text: textOf(a, '') },
          { op: 'create', key: b, text: textOf(b, '') },
        ]),
        /shard/,
      );
    });

    it('take part in the deletion of a subtree', async () => {
      const { store } = test;
      const parent = await newCluster(store);
      const child = newName();
      const item = {
        op: 'createCluster',
        cluster: {
          name: child,
          parent,
          workspace: 'w',
          uid: 'e58ed763-928c-4155-bee9-fdbaaadc15f3',
          createdAt: '2026-01-02T03:04:05Z',
          shard: 'fourth',
        },
      } as const;
      await write(store, item);
      const watch = Recorder.start(store, { cluster: child, resource: '*', from: await store.fresh('fourth') });
      await write(store, { op: 'deleteCluster', cluster: parent });
      await watch.until(({ ended }) => ended === 'clusterDeleted');
      assert.equal((await store.cluster(child))?.state, 'Deleting');
    });
  });

  describe('leadership', () => {
    const test = useStore(open);

    it('is held by one at a time, and passes on', async () => {
      const { store } = test;
      const running: string[] = [];
      const most = { at: 0 };
      const run = (name: string) => async (signal: AbortSignal) => {
        running.push(name);
        most.at = Math.max(most.at, running.length);
        await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
        running.splice(running.indexOf(name), 1);
      };
      const [first, second] = [new AbortController(), new AbortController()];
      const leading = store.lead('office', first.signal, run('first'));
      await until(() => running.includes('first'));
      const waiting = store.lead('office', second.signal, run('second'));
      const elsewhere = new AbortController();
      const independent = store.lead('other office', elsewhere.signal, async (signal) => {
        await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
      });
      first.abort();
      await leading;
      await until(() => running.includes('second'));
      assert.equal(most.at, 1);
      second.abort();
      elsewhere.abort();
      await Promise.all([waiting, independent]);
      assert.deepEqual(running, []);
    });

    it('is resolved without a term when the signal has aborted', async () => {
      let ran = false;
      await test.store.lead('never', AbortSignal.abort(), () => {
        ran = true;
        return Promise.resolve();
      });
      assert.equal(ran, false);
    });
  });

  describe('close', () => {
    const test = useStore(open);

    it('ends the watches', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from: await store.fresh() });
      await store.close();
      await watch.until(({ ended }) => ended === 'closed');
    });
  });
}
