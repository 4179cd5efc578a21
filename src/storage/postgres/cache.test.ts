import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rootCluster } from '../../logicalcluster/name.ts';
import { create, keyOf, newCluster, Recorder, textOf, until, update } from '../conformance/harness.ts';
import { type ListOptions, type ObjectStore, StorageUnavailable } from '../object-store.ts';
import { createTestDatabase, type TestDatabase } from '../testing.ts';
import { openPostgresStore } from './store.ts';

describe('the Postgres store', () => {
  let database: TestDatabase;
  const open = (cacheBytes: number, idleMs?: number): Promise<ObjectStore> =>
    openPostgresStore({
      databaseUrl: database.url,
      cacheBytes,
      historyRetentionMs: 3600 * 1000,
      progressMs: 20,
      ...(idleMs === undefined ? {} : { idleMs }),
    });

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  it('serves collections that are too big for it straight from the database, consistently', async () => {
    const store = await open(100_000);
    const cluster = await newCluster(store);
    const names = Array.from({ length: 120 }, (_, i) => `o${String(i).padStart(3, '0')}`);
    await Promise.all(names.map((name) => create(store, keyOf(cluster, name), crypto.randomUUID().repeat(30))));
    const query: ListOptions = { cluster, resource: 'configmaps', at: { mode: 'fresh' } };
    for (let i = 0; i < 2; i++) {
      const list = await store.list(query);
      assert.equal(list.version, undefined);
      assert.deepEqual(
        list.items.map(({ key }) => key.name),
        names,
      );
    }
    const seen: string[] = [];
    let after: ListOptions['after'];
    let revision: number | undefined;
    for (let page = 0; ; page++) {
      const list = await store.list({
        ...query,
        at: revision === undefined ? { mode: 'fresh' } : { mode: 'exact', revision },
        limit: 50,
        ...(after === undefined ? {} : { after }),
      });
      revision ??= list.revision;
      assert.equal(list.revision, revision);
      seen.push(...list.items.map(({ key }) => key.name));
      // What changes between two pages is not in the list.
      await create(store, keyOf(cluster, `p${page}`));
      if (!list.more) break;
      after = list.items.at(-1)?.key;
    }
    assert.deepEqual(seen, names);
    const filtered = await store.list({ ...query, filter: ({ key }) => key.name.endsWith('7'), limit: 5 });
    assert.deepEqual(
      filtered.items.map(({ key }) => key.name),
      ['o007', 'o017', 'o027', 'o037', 'o047'],
    );
    assert.equal(filtered.more, true);
    await store.close();
  });

  it('holds no more than it may, and forgets what is idle', async () => {
    const store = await open(400_000, 50);
    const clusters = await Promise.all(Array.from({ length: 12 }, () => newCluster(store)));
    for (const cluster of clusters) {
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => create(store, keyOf(cluster, `o${i}`), crypto.randomUUID().repeat(50))),
      );
    }
    const list = (cluster: (typeof clusters)[number]): ReturnType<ObjectStore['list']> =>
      store.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } });
    for (const cluster of clusters) assert.equal((await list(cluster)).items.length, 20);
    const [first, last] = [clusters[0], clusters.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    const token = (await list(last)).version;
    assert.ok(token !== undefined);
    assert.equal((await list(last)).version, token, 'the youngest is still there');
    await until(async () => {
      const before = (await list(last)).version;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return (await list(last)).version !== before;
    });
    await store.close();
  });

  it('takes in what others write while a collection is being loaded', async () => {
    const [store, other] = [await open(16_000_000), await open(16_000_000)];
    const cluster = await newCluster(store);
    let stop = false;
    const written = new Map<string, number>();
    const writers = [store, other].map(async (writer, lane) => {
      for (let i = 0; !stop; i++) {
        const key = keyOf(cluster, `l${lane}-${i % 50}`);
        const known = written.get(key.name);
        const revision = known === undefined ? await create(writer, key) : await update(writer, key, known, String(i));
        written.set(key.name, revision);
      }
    });
    for (let round = 0; round < 30; round++) {
      const before = new Map(written);
      const fresh = await open(16_000_000);
      const list = await fresh.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } });
      const found = new Map(list.items.map(({ key, revision }) => [key.name, revision]));
      for (const [name, revision] of before) assert.ok((found.get(name) ?? 0) >= revision, name);
      // The list and a watch from its revision make up the state.
      const watch = Recorder.start(fresh, { cluster, resource: 'configmaps', from: list.revision });
      const target = await fresh.fresh();
      await watch.until(({ progress }) => progress >= target);
      for (const { key, revision } of watch.changes) found.set(key.name, revision);
      const again = await fresh.list({
        cluster,
        resource: 'configmaps',
        at: { mode: 'exact', revision: watch.progress },
      });
      assert.deepEqual(
        [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)),
        again.items.map(({ key, revision }) => [key.name, revision]),
      );
      await fresh.close();
    }
    stop = true;
    await Promise.all(writers);
    await Promise.all([store.close(), other.close()]);
  });

  it('does not let one bad write spoil those that are committed with it', async () => {
    const store = await open(1_000_000);
    const cluster = await newCluster(store);
    const writes = Array.from({ length: 40 }, (_, i) => {
      const key = keyOf(cluster, `o${i}`);
      return store.commit([{ op: 'create', key, text: i === 7 ? 'not JSON' : textOf(key, '') }]);
    });
    const results = await Promise.allSettled(writes);
    assert.deepEqual(
      results.flatMap((result, i) => (result.status === 'fulfilled' && result.value[0]?.ok === true ? [] : [i])),
      [7],
    );
    const list = await store.list({ cluster, resource: 'configmaps', at: { mode: 'fresh' } });
    assert.equal(list.items.length, 39);
    await store.close();
  });

  it('is not needed: gets read the database while nothing is cached', async () => {
    const store = await open(0);
    const key = keyOf(rootCluster, 'plain');
    const revision = await create(store, key, 'x');
    const object = await store.get(key);
    assert.deepEqual([object?.revision, object?.text], [revision, textOf(key, 'x')]);
    const list = await store.list({ cluster: rootCluster, resource: 'configmaps', at: { mode: 'any' } });
    assert.deepEqual(
      list.items.map((item) => item.key.name),
      ['plain'],
    );
    await store.close();
    await assert.rejects(store.get(key), StorageUnavailable);
    await assert.rejects(store.commit([{ op: 'create', key, text: '{}' }]), StorageUnavailable);
  });
});
