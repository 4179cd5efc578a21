import { runStoreConformance } from '../conformance.ts';
import { createTestDatabase, forgetHistory } from '../testing.ts';
import { openPostgresStore } from './store.ts';

runStoreConformance('the Postgres store', async ({ defaults }) => {
  const database = await createTestDatabase();
  const open = (): ReturnType<typeof openPostgresStore> =>
    openPostgresStore({
      databaseUrl: database.url,
      defaults,
      cacheBytes: 64 * 1024 * 1024,
      historyRetentionMs: 3600 * 1000,
      progressMs: 20,
    });
  const store = await open();
  return {
    store,
    openReplica: open,
    forgetHistory: async () => {
      await forgetHistory(database.url);
      await store.fresh();
    },
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
});
