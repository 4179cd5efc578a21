import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Registry } from 'prom-client';
import { rootCluster } from '../../logicalcluster/name.ts';
import { create, keyOf } from '../conformance/harness.ts';
import { createTestDatabase } from '../testing.ts';
import { openPostgresStore } from './store.ts';

it('the Postgres store tells of its batches, watches and caches', async () => {
  const database = await createTestDatabase();
  const metrics = new Registry();
  const store = await openPostgresStore({
    databaseUrl: database.url,
    cacheBytes: 1_000_000,
    historyRetentionMs: 3600 * 1000,
    metrics,
  });
  const revision = await create(store, keyOf(rootCluster, 'a'));
  await store.list({ cluster: rootCluster, resource: 'configmaps', at: { mode: 'fresh' } });
  const watch = store.watch({
    cluster: rootCluster,
    resource: 'configmaps',
    from: revision,
    onChanges: () => {},
    onEnd: () => {},
  });
  const text = await metrics.metrics();
  for (const line of [
    'atoll_storage_watches 1',
    'atoll_storage_cached_collections 1',
    `atoll_storage_revision{shard="root"} ${revision}`,
    'atoll_storage_commit_batch_items_count 1',
    'atoll_storage_commit_batch_seconds_count 1',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line} is not in\n${text}`);
  }
  assert.match(text, /atoll_storage_cache_bytes [1-9]/);
  watch.close();
  await store.close();
  await database.drop();
});
