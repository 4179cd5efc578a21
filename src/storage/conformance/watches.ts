import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import {
  create,
  describe,
  it,
  keyOf,
  newCluster,
  Recorder,
  remove,
  type StoreFactory,
  update,
  useStore,
} from './harness.ts';

export function describeWatches(open: StoreFactory): void {
  describe('watch', () => {
    const test = useStore(open);

    it('gives every change after a revision with the states before and after', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const key = keyOf(cluster, 'a');
      const from = await store.fresh();
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from });
      const a = await create(store, key, 'one');
      const b = await update(store, key, a, 'two');
      const c = await remove(store, key, b);
      await watch.until(({ changes }) => changes.length === 3);
      assert.deepEqual(watch.summary, [`ADDED a@${a}`, `MODIFIED a@${b}`, `DELETED a@${c}`]);
      const [added, modified, deleted] = watch.changes;
      assert.equal(added?.before, undefined);
      assert.equal(modified?.before?.revision, a);
      assert.equal(modified?.object.revision, b);
      assert.equal(deleted?.before?.revision, b);
      assert.equal(deleted?.object.revision, c);
      assert.equal(deleted?.object.object.metadata.resourceVersion, String(c));
      watch.close();
    });

    it('never calls back before it has returned', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const from = await store.fresh();
      await create(store, keyOf(cluster, 'a'));
      let returned = false;
      const seen = new Promise<boolean>((resolve) => {
        const handle = store.watch({
          cluster,
          resource: 'configmaps',
          from,
          onChanges: () => {
            resolve(returned);
            handle.close();
          },
          onEnd: () => {},
        });
        returned = true;
      });
      assert.equal(await seen, true);
    });

    it('resumes at any revision without gap or repetition, while writes go on', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const from = await store.fresh();
      const expected: number[] = [];
      const watches: { from: number; watch: Recorder }[] = [];
      const writer = async (lane: number): Promise<void> => {
        for (let i = 0; i < 40; i++) expected.push(await create(store, keyOf(cluster, `l${lane}-${i}`)));
      };
      const watcher = async (): Promise<void> => {
        for (let i = 0; i < 40; i++) {
          const seen = expected.length;
          const start = seen === 0 ? from : (expected[(i * 31) % seen] ?? from);
          watches.push({ from: start, watch: Recorder.start(store, { cluster, resource: 'configmaps', from: start }) });
          await setImmediate();
        }
      };
      await Promise.all([writer(0), writer(1), writer(2), writer(3), watcher()]);
      expected.sort((a, b) => a - b);
      for (const { from: start, watch } of watches) {
        const wanted = expected.filter((revision) => revision > start);
        await watch.until(({ changes }) => changes.length >= wanted.length);
        assert.deepEqual(watch.revisions, wanted);
        watch.close();
      }
    });

    it('follows one namespace, one resource, or everything', async () => {
      const { store } = test;
      const [one, two] = [await newCluster(store), await newCluster(store)];
      const from = await store.fresh();
      const start = (cluster: typeof one | '*', resource: string, namespace?: string): Recorder =>
        Recorder.start(store, { cluster, resource, from, ...(namespace === undefined ? {} : { namespace }) });
      const inA = start(one, 'configmaps', 'a');
      const inOne = start(one, 'configmaps');
      const allOfOne = start(one, '*');
      const everywhere = start('*', 'configmaps');
      const everything = start('*', '*');
      await create(store, keyOf(one, '1', 'a'));
      await create(store, keyOf(one, '2', 'b'));
      await create(store, keyOf(one, '3', 'a', 'secrets'));
      await create(store, keyOf(two, '4', 'a'));
      const late = start('*', 'configmaps', 'a');
      await everything.until(({ changes }) => changes.length === 4);
      await late.until(({ changes }) => changes.length === 2);
      const names = (watch: Recorder): string => watch.changes.map(({ key }) => key.name).join('');
      assert.deepEqual(
        [inA, inOne, allOfOne, everywhere, everything, late].map((watch) => names(watch)),
        ['1', '12', '123', '124', '1234', '14'],
      );
      for (const watch of [inA, inOne, allOfOne, everywhere, everything, late]) watch.close();
    });

    it('hands the same array to watches of the same thing', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const from = await store.fresh();
      // The first list or watch may have something to set up; what follows is live.
      await store.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } });
      const watches = Array.from({ length: 5 }, () => Recorder.start(store, { cluster, resource: 'configmaps', from }));
      await create(store, keyOf(cluster, 'first'));
      for (const watch of watches) await watch.until(({ changes }) => changes.length === 1);
      await Promise.all(Array.from({ length: 50 }, (_, i) => create(store, keyOf(cluster, `o${i}`))));
      for (const watch of watches) await watch.until(({ changes }) => changes.length === 51);
      const last = watches.map(({ batches }) => batches.filter((batch) => batch.length > 0).at(-1));
      assert.equal(new Set(last).size, 1);
      for (const watch of watches) watch.close();
    });

    it('tells idle watches of progress', async () => {
      const { store } = test;
      const [idle, busy] = [await newCluster(store), await newCluster(store)];
      const watch = Recorder.start(store, { cluster: idle, resource: 'configmaps', from: await store.fresh() });
      const revision = await create(store, keyOf(busy, 'a'));
      await watch.until(({ progress }) => progress >= revision);
      assert.deepEqual(watch.changes, []);
      watch.close();
    });

    it('says nothing more after it was closed', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from: await store.fresh() });
      const other = Recorder.start(store, { cluster, resource: 'configmaps', from: await store.fresh() });
      watch.close();
      const revision = await create(store, keyOf(cluster, 'a'));
      await other.until(({ revisions }) => revisions.includes(revision));
      assert.deepEqual(watch.changes, []);
      assert.equal(watch.ended, undefined);
      other.close();
    });

    it('begins in the future when asked to', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const now = await store.fresh();
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from: now + 2 });
      const all = Recorder.start(store, { cluster, resource: 'configmaps', from: now });
      for (const name of ['a', 'b', 'c']) await create(store, keyOf(cluster, name));
      await all.until(({ changes }) => changes.length === 3);
      await watch.until(({ changes }) => changes.length > 0);
      assert.deepEqual(watch.summary, [`ADDED c@${now + 3}`]);
      watch.close();
      all.close();
    });

    it('survives a callback that throws', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const from = await store.fresh();
      const silent = process.listeners('warning');
      process.removeAllListeners('warning');
      process.on('warning', () => {});
      const broken = store.watch({
        cluster,
        resource: 'configmaps',
        from,
        onChanges: () => {
          throw new Error('a bug in a watcher');
        },
        onEnd: () => {},
      });
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from });
      await create(store, keyOf(cluster, 'a'));
      await watch.until(({ changes }) => changes.length === 1);
      broken.close();
      watch.close();
      await setImmediate();
      process.removeAllListeners('warning');
      for (const listener of silent) process.on('warning', listener);
    });
  });
}
