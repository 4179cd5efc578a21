import assert from 'node:assert/strict';
import { RevisionCompacted, type ListOptions } from '../object-store.ts';
import {
  contents,
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

export function describeHistory(open: StoreFactory): void {
  describe('history', () => {
    const test = useStore(open);

    it('lists a collection as it was at every revision', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const states = new Map<number, string[]>();
      const current = new Map<string, { revision: number; data: string }>();
      const remember = (revision: number): void => {
        const sorted = [...current].toSorted(([a], [b]) => (a < b ? -1 : 1));
        states.set(
          revision,
          sorted.map(([name, { data }]) => `default/${name}=${data}`),
        );
      };
      remember(await store.fresh());
      for (let step = 0; step < 40; step++) {
        const name = `o${(step * 5) % 7}`;
        const key = keyOf(cluster, name);
        const known = current.get(name);
        if (known === undefined) {
          current.set(name, { revision: await create(store, key, String(step)), data: String(step) });
          remember(current.get(name)?.revision ?? 0);
        } else if (step % 3 === 0) {
          current.delete(name);
          remember(await remove(store, key, known.revision));
        } else {
          const revision = await update(store, key, known.revision, String(step));
          current.set(name, { revision, data: String(step) });
          remember(revision);
        }
        if (step % 10 === 5) await create(store, keyOf(cluster, `elsewhere${step}`, 'other', 'secrets'));
      }
      for (const [revision, expected] of states) {
        const at: ListOptions['at'] = { mode: 'exact', revision };
        const result = await store.list({ cluster, resource: 'configmaps', at });
        assert.deepEqual(contents(result), expected, `at ${revision}`);
        assert.equal(result.revision, revision);
        const paged: string[] = [];
        let after: ListOptions['after'];
        for (;;) {
          const page = await store.list({
            cluster,
            resource: 'configmaps',
            namespace: 'default',
            at,
            limit: 2,
            ...(after === undefined ? {} : { after }),
          });
          paged.push(...contents(page));
          after = page.items.at(-1)?.key;
          if (!page.more) break;
        }
        assert.deepEqual(paged, expected, `in pages at ${revision}`);
      }
    });

    it('gives all changes since a revision, in pages', async () => {
      const { store } = test;
      const [one, two] = [await newCluster(store), await newCluster(store)];
      const from = await store.fresh();
      const a = await create(store, keyOf(one, 'a'), '1');
      const b = await create(store, keyOf(two, 'b', '', 'secrets'));
      const c = await update(store, keyOf(one, 'a'), a, '2');
      const d = await remove(store, keyOf(one, 'a'), c);
      const first = await store.changesSince(from, 3);
      const second = await store.changesSince(first.at(-1)?.revision ?? 0, 3);
      const all = [...first, ...second];
      assert.deepEqual(
        all.map(({ type, key, revision }) => [type, key.cluster, key.resource, key.name, revision]),
        [
          ['ADDED', one, 'configmaps', 'a', a],
          ['ADDED', two, 'secrets', 'b', b],
          ['MODIFIED', one, 'configmaps', 'a', c],
          ['DELETED', one, 'configmaps', 'a', d],
        ],
      );
      assert.deepEqual(
        all.map(({ before }) => before?.revision),
        [undefined, undefined, a, c],
      );
      assert.equal(all[3]?.object.object.metadata.resourceVersion, String(d));
      assert.deepEqual(await store.changesSince(await store.fresh(), 10), []);
    });

    it('says so when it no longer reaches back', async () => {
      const { store, harness } = test;
      const cluster = await newCluster(store);
      const key = keyOf(cluster, 'a');
      const created = await create(store, key, 'old');
      const updated = await update(store, key, created, 'new');
      await harness.forgetHistory();
      const oldest = store.oldestRevision();
      assert.ok(oldest >= updated);
      const compacted = (error: unknown): boolean => error instanceof RevisionCompacted && error.oldest >= oldest;
      assert.throws(
        () => store.watch({ cluster, resource: 'configmaps', from: created, onChanges: () => {}, onEnd: () => {} }),
        compacted,
      );
      await assert.rejects(store.changesSince(created, 10), compacted);
      await assert.rejects(
        store.list({ cluster, resource: 'configmaps', at: { mode: 'exact', revision: created } }),
        compacted,
      );
      const now = await store.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } });
      assert.deepEqual(contents(now), ['default/a=new']);
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from: now.revision });
      const later = await update(store, key, updated, 'newer');
      await watch.until(({ revisions }) => revisions.includes(later));
      watch.close();
    });
  });
}
