import assert from 'node:assert/strict';
import { ApiError } from '../../apimachinery/errors.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { spliceRevision } from '../serialized-object.ts';
import {
  create,
  describe,
  failure,
  it,
  keyOf,
  newCluster,
  newName,
  Recorder,
  remove,
  type StoreFactory,
  textOf,
  update,
  useStore,
} from './harness.ts';

export function describeCommits(open: StoreFactory): void {
  describe('commit', () => {
    const test = useStore(open);

    it('creates, updates and deletes under ever higher revisions', async () => {
      const { store } = test;
      const key = keyOf(await newCluster(store), 'a');
      const created = await create(store, key, 'one');
      assert.equal((await store.get(key))?.revision, created);
      const updated = await update(store, key, created, 'two');
      assert.ok(updated > created);
      const object = await store.get(key);
      assert.equal(object?.revision, updated);
      assert.equal(object?.text, textOf(key, 'two'));
      assert.equal(Buffer.from(object.bytes).toString(), spliceRevision(textOf(key, 'two'), updated));
      assert.equal(object.object.metadata.resourceVersion, String(updated));
      assert.ok((await remove(store, key, updated)) > updated);
      assert.equal(await store.get(key), undefined);
      assert.ok((await create(store, key, 'again')) > updated);
    });

    it('refuses to create what exists, and to change what is absent or has changed', async () => {
      const { store } = test;
      const key = keyOf(await newCluster(store), 'a');
      const text = textOf(key, '');
      assert.deepEqual(await failure(store, { op: 'update', key, expected: 1, text }), {
        ok: false,
        why: 'absent',
        current: 0,
      });
      assert.deepEqual(await failure(store, { op: 'delete', key, expected: 1, text }), {
        ok: false,
        why: 'absent',
        current: 0,
      });
      const current = await create(store, key);
      assert.deepEqual(await failure(store, { op: 'create', key, text }), { ok: false, why: 'exists', current });
      assert.deepEqual(await failure(store, { op: 'update', key, expected: current - 1, text }), {
        ok: false,
        why: 'stale',
        current,
      });
      assert.deepEqual(await failure(store, { op: 'delete', key, expected: current + 1, text }), {
        ok: false,
        why: 'stale',
        current,
      });
      assert.equal((await store.get(key))?.revision, current);
    });

    it('refuses to write into a logical cluster that does not exist', async () => {
      const key = keyOf(newName(), 'a');
      assert.deepEqual(await failure(test.store, { op: 'create', key, text: textOf(key, '') }), {
        ok: false,
        why: 'noCluster',
        current: 0,
      });
      assert.equal(await test.store.get(key), undefined);
    });

    it('commits all items of a group in order, or none', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const [a, b, c] = ['a', 'b', 'c'].map((name) => keyOf(cluster, name)) as [
        ReturnType<typeof keyOf>,
        ReturnType<typeof keyOf>,
        ReturnType<typeof keyOf>,
      ];
      const outcomes = await store.commit([
        { op: 'create', key: b, text: textOf(b, '') },
        { op: 'create', key: a, text: textOf(a, '') },
      ]);
      const revisions = outcomes.map((outcome) => (outcome.ok ? outcome.revision : 0));
      assert.equal((revisions[1] ?? 0) - (revisions[0] ?? 0), 1);
      const before = await store.fresh();
      assert.deepEqual(
        await store.commit([
          { op: 'create', key: c, text: textOf(c, '') },
          { op: 'update', key: a, expected: 1, text: textOf(a, 'x') },
          { op: 'create', key: b, text: textOf(b, '') },
        ]),
        [
          { ok: false, why: 'aborted', current: 0 },
          { ok: false, why: 'stale', current: revisions[1] },
          { ok: false, why: 'exists', current: revisions[0] },
        ],
      );
      assert.equal(await store.get(c), undefined);
      assert.equal(await store.fresh(), before, 'a failed group takes no revision');
    });

    it('rejects groups that name an object twice', async () => {
      const key = keyOf(await newCluster(test.store), 'a');
      const item = { op: 'create', key, text: textOf(key, '') } as const;
      await assert.rejects(test.store.commit([item, item]));
      await assert.rejects(test.store.commit([]));
    });

    it('gives concurrent commits consecutive revisions in the order in which watches see them', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const from = await store.fresh();
      const watch = Recorder.start(store, { cluster, resource: 'configmaps', from });
      const revisions = await Promise.all(
        Array.from({ length: 300 }, (_, i) => create(store, keyOf(cluster, `o-${i % 60}-${i}`))),
      );
      const sorted = revisions.toSorted((a, b) => a - b);
      assert.deepEqual(
        sorted,
        sorted.map((_, i) => from + 1 + i),
      );
      await watch.until(({ changes }) => changes.length >= 300);
      assert.deepEqual(watch.revisions, sorted);
      watch.close();
    });

    it('lets exactly one of many concurrent writers of a key win each round', async () => {
      const { store } = test;
      const key = keyOf(await newCluster(store), 'contended');
      let expected = await create(store, key);
      for (let round = 0; round < 5; round++) {
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            store.commit([{ op: 'update', key, expected, text: textOf(key, `${round}-${i}`) }]),
          ),
        );
        const won = outcomes.flat().filter((outcome) => outcome.ok);
        assert.equal(won.length, 1);
        expected = won[0]?.ok === true ? won[0].revision : 0;
        assert.equal((await store.get(key))?.revision, expected);
      }
    });

    it('keeps texts to the byte', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const rest =
        '"z":1,"a":[12345678901234567890,-0,1.0,1e400],"__proto__":{"x":"é漢😀\\u0000\\ud800 \\" \\\\"},"e":{}}';
      const text = `{"kind":"X","apiVersion":"v1","metadata":{},${rest}`;
      const key = keyOf(cluster, 'odd:name%😀');
      const revision = await test.store
        .commit([{ op: 'create', key, text }])
        .then(([outcome]) => (outcome?.ok === true ? outcome.revision : 0));
      for (const object of [
        await store.get(key),
        (await store.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } })).items[0],
      ]) {
        assert.equal(object?.text, text);
        const served = `{"kind":"X","apiVersion":"v1","metadata":{"resourceVersion":"${revision}"},${rest}`;
        assert.equal(Buffer.from(object.bytes).toString(), served);
        assert.equal(object.text, text, 'the text is the same after the bytes were made');
        assert.equal((object.object['a'] as bigint[])[0], 12345678901234567890n);
        assert.ok(Object.hasOwn(object.object, '__proto__'));
      }
    });

    it('stores large objects', async () => {
      const key = keyOf(await newCluster(test.store), 'large');
      const text = textOf(key, 'x'.repeat(2 * 1024 * 1024));
      const [outcome] = await test.store.commit([{ op: 'create', key, text }]);
      assert.equal(outcome?.ok, true);
      assert.equal((await test.store.get(key))?.text, text);
    });

    it('refuses keys that cannot be stored, as a mistake of the client', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      for (const name of ['a\0b', '\ud800', 'x'.repeat(3000), '\u{1f600}'.repeat(600)]) {
        const key = keyOf(cluster, name);
        await assert.rejects(
          store.commit([{ op: 'create', key, text: '{}' }]),
          (error: unknown) => error instanceof ApiError && error.code === 400,
        );
      }
      const owners = ['a\0b', '\ud800', 'x'.repeat(5000), '', 'a\u001fb', 'real'];
      await create(store, keyOf(cluster, 'owned'), '', owners);
      assert.equal((await store.listDependents(cluster, 'real', 10)).length, 1);
      assert.equal((await store.listDependents(cluster, 'a', 10)).length, 0);
      assert.equal((await store.listDependents(cluster, 'a\0b', 10)).length, 0);
    });

    it('finds nothing under keys that cannot be stored', async () => {
      assert.equal(await test.store.get(keyOf(rootCluster, 'a\0b')), undefined);
      assert.equal(await test.store.get(keyOf(rootCluster, 'a', 'n\0')), undefined);
      assert.equal(await test.store.get(keyOf(rootCluster, 'a', '', 'never.seen')), undefined);
    });
  });
}
