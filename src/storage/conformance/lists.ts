import assert from 'node:assert/strict';
import { ApiError } from '../../apimachinery/errors.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ListOptions, ObjectStore } from '../object-store.ts';
import {
  contents,
  create,
  describe,
  it,
  keyOf,
  newCluster,
  newName,
  remove,
  type StoreFactory,
  textOf,
  update,
  useStore,
  write,
} from './harness.ts';

const fresh = { mode: 'fresh' } as const;

export function describeLists(open: StoreFactory): void {
  describe('list', () => {
    const test = useStore(open);
    const list = (cluster: ClusterName, options: Partial<ListOptions> = {}): ReturnType<ObjectStore['list']> =>
      test.store.list({ cluster, resource: 'configmaps', at: fresh, ...options });

    it('gives an empty list of what was never written', async () => {
      const result = await list(await newCluster(test.store), { resource: 'unheard.of' });
      assert.deepEqual(contents(result), []);
      assert.equal(result.more, false);
      assert.deepEqual(contents(await list(newName())), []);
    });

    it('sorts by namespace and name, by bytes', async () => {
      const cluster = await newCluster(test.store);
      const names = ['b', 'a', 'a-', 'a.b', 'aa', 'Z', 'é', '\u{1f600}', '\uffee', '10', '9'];
      for (const name of names) await create(test.store, keyOf(cluster, name, 'n'));
      await create(test.store, keyOf(cluster, 'z', 'm'));
      const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const expected = ['m/z=', ...sorted.map((name) => `n/${name}=`)];
      assert.deepEqual(contents(await list(cluster)), expected);
      // Again, from whatever the store keeps by now.
      assert.deepEqual(contents(await list(cluster)), expected);
      assert.deepEqual(contents(await list(cluster, { namespace: 'n' })), expected.slice(1));
    });

    it('shows every write that was acknowledged before', async () => {
      const cluster = await newCluster(test.store);
      const key = keyOf(cluster, 'a');
      let revision = await create(test.store, key, '0');
      for (let i = 1; i <= 5; i++) {
        revision = await update(test.store, key, revision, String(i));
        const result = await list(cluster);
        assert.deepEqual(contents(result), [`default/a=${i}`]);
        assert.equal(result.items[0]?.revision, revision);
        assert.ok(result.revision >= revision);
      }
      await remove(test.store, key, revision);
      assert.deepEqual(contents(await list(cluster)), []);
    });

    it('keeps resources and logical clusters apart', async () => {
      const [one, two] = [await newCluster(test.store), await newCluster(test.store)];
      await create(test.store, keyOf(one, 'a', 'default', 'configmaps'), 'one');
      await create(test.store, keyOf(two, 'a', 'default', 'configmaps'), 'two');
      await create(test.store, keyOf(one, 'a', 'default', 'secrets'), 'secret');
      assert.deepEqual(contents(await list(one)), ['default/a=one']);
      assert.deepEqual(contents(await list(two)), ['default/a=two']);
      assert.deepEqual(contents(await list(one, { resource: 'secrets' })), ['default/a=secret']);
    });

    it('pages with limit and after', async () => {
      const cluster = await newCluster(test.store);
      const all: string[] = [];
      for (const namespace of ['a', 'b', 'c']) {
        for (let i = 0; i < 4; i++) {
          await create(test.store, keyOf(cluster, `o${i}`, namespace));
          all.push(`${namespace}/o${i}=`);
        }
      }
      for (const limit of [1, 3, 4, 5, 11, 12, 13]) {
        const pages: string[] = [];
        let after: ListOptions['after'];
        for (;;) {
          const page = await list(cluster, { limit, ...(after === undefined ? {} : { after }) });
          pages.push(...contents(page));
          assert.equal(page.more, pages.length < all.length);
          assert.equal(page.remaining, page.more ? all.length - pages.length : undefined);
          if (!page.more) break;
          assert.equal(page.items.length, limit);
          after = page.items.at(-1)?.key;
        }
        assert.deepEqual(pages, all);
      }
      const inB = await list(cluster, { namespace: 'b', limit: 2, after: { namespace: 'b', name: 'o1' } });
      assert.deepEqual(contents(inB), ['b/o2=', 'b/o3=']);
      assert.equal(inB.more, false);
      const absentKey = await list(cluster, { after: { namespace: 'b', name: 'o1x' }, limit: 1 });
      assert.deepEqual(contents(absentKey), ['b/o2=']);
    });

    it('counts what remains behind a page of an older state', async () => {
      const cluster = await newCluster(test.store);
      const keys = ['a', 'b', 'c', 'd', 'e'].map((name) => keyOf(cluster, name, 'default'));
      let revision = 0;
      for (const key of keys) revision = await create(test.store, key);
      const then = { mode: 'exact', revision } as const;
      const [first, , third, , last] = keys;
      assert.ok(first !== undefined && third !== undefined && last !== undefined);
      await remove(test.store, last, revision);
      await create(test.store, keyOf(cluster, 'f', 'default'));
      const now = await list(cluster, { limit: 2, namespace: 'default' });
      assert.equal(now.remaining, 3);
      for (const [after, remaining] of [
        [undefined, 4],
        [first, 3],
        [third, 1],
      ] as const) {
        const page = await list(cluster, { at: then, limit: 1, ...(after === undefined ? {} : { after }) });
        assert.equal(page.remaining, remaining);
      }
      const behind = await list(cluster, { at: then, limit: 1, after: third });
      assert.deepEqual(contents(behind), ['default/d=']);
    });

    it('counts towards the limit only what the filter accepts', async () => {
      const cluster = await newCluster(test.store);
      for (let i = 0; i < 20; i++) {
        const key = keyOf(cluster, `o${String(i).padStart(2, '0')}`);
        const labels = { parity: i % 2 === 0 ? 'even' : 'odd' };
        await write(test.store, { op: 'create', key, text: textOf(key, '', labels) });
      }
      const filter: ListOptions['filter'] = (object) => object.labels['parity'] === 'odd';
      const page = await list(cluster, { filter, limit: 7 });
      assert.deepEqual(
        page.items.map(({ key }) => key.name),
        ['o01', 'o03', 'o05', 'o07', 'o09', 'o11', 'o13'],
      );
      assert.equal(page.more, true);
      const after = page.items.at(-1)?.key;
      assert.ok(after !== undefined);
      const last = await list(cluster, { filter, limit: 3, after });
      assert.deepEqual(
        last.items.map(({ key }) => key.name),
        ['o15', 'o17', 'o19'],
      );
      assert.equal(last.more, false);
    });

    it('gives the same version for the same content only', async () => {
      const cluster = await newCluster(test.store);
      const key = keyOf(cluster, 'a', 'one');
      const revision = await create(test.store, key);
      await create(test.store, keyOf(cluster, 'b', 'two'));
      const first = await list(cluster);
      const again = await list(cluster);
      const two = await list(cluster, { namespace: 'two' });
      if (first.version === undefined) return;
      assert.equal(again.version, first.version);
      assert.deepEqual(again.items, first.items);
      await update(test.store, key, revision, 'changed');
      const changed = await list(cluster);
      assert.notEqual(changed.version, first.version);
      assert.deepEqual(contents(first), ['one/a=', 'two/b='], 'a list that was given away does not change');
      assert.deepEqual(contents(await list(cluster, { namespace: 'two' })), contents(two));
    });

    it('waits for a revision that must not be older, and says when it does not come', async () => {
      const cluster = await newCluster(test.store);
      const revision = await create(test.store, keyOf(cluster, 'a'));
      const reached = await list(cluster, { at: { mode: 'notOlderThan', revision } });
      assert.ok(reached.revision >= revision);
      const waiting = list(cluster, { at: { mode: 'notOlderThan', revision: revision + 1 } });
      await create(test.store, keyOf(cluster, 'b'));
      assert.deepEqual(contents(await waiting), ['default/a=', 'default/b=']);
      await assert.rejects(
        list(cluster, { at: { mode: 'exact', revision: revision + 1_000_000 }, signal: AbortSignal.timeout(100) }),
        (error: unknown) => error instanceof ApiError && /Too large resource version/.test(error.message),
      );
    });

    it('answers "any" with something that was true', async () => {
      const cluster = await newCluster(test.store);
      await create(test.store, keyOf(cluster, 'a'));
      assert.deepEqual(contents(await list(cluster, { at: { mode: 'any' } })), ['default/a=']);
      assert.equal((await test.store.getAny(keyOf(cluster, 'a')))?.key.name, 'a');
      assert.equal(await test.store.getAny(keyOf(cluster, 'b')), undefined);
    });

    it('holds thousands of objects', async () => {
      const cluster = await newCluster(test.store);
      const names = Array.from({ length: 3000 }, (_, i) => `o${(i * 7919) % 3000}`);
      await Promise.all(names.map((name) => create(test.store, keyOf(cluster, name))));
      const sorted = names.toSorted();
      const result = await list(cluster);
      assert.deepEqual(
        result.items.map(({ key }) => key.name),
        sorted,
      );
      const page = await list(cluster, { limit: 500, after: { namespace: 'default', name: sorted[1999] ?? '' } });
      assert.deepEqual(
        page.items.map(({ key }) => key.name),
        sorted.slice(2000, 2500),
      );
    });
  });
}
