import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { StorageUnavailable } from '../object-store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../testing.ts';
import { checkSchema, migrate } from './migrate.ts';
import { dumpSchema } from './schema-dump.ts';

describe('migrations', () => {
  let database: TestDatabase;
  let empty = '';
  const run = async (url: string, sql: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };

  before(async () => {
    database = await createTestDatabase();
    const name = `empty_${process.pid}`;
    await run(database.url, `create database ${name}`);
    empty = withDatabase(database.url, name);
  });
  after(async () => {
    await run(database.url, `drop database ${new URL(empty).pathname.slice(1)} with (force)`);
    await database.drop();
  });

  it('make the committed schema.sql', async () => {
    const committed = await readFile(new URL('../../../migrations/schema.sql', import.meta.url), 'utf8');
    assert.equal(await dumpSchema(database.url), committed, 'run `node migrations/dump.ts` and commit schema.sql');
  });

  it('run once, however many start them at once', async () => {
    assert.equal(await checkSchema(empty), 'empty');
    await Promise.all([migrate(empty), migrate(empty), migrate(empty)]);
    assert.equal(await checkSchema(empty), 'current');
    const before = await run(empty, 'select uid from clusters');
    await migrate(empty);
    assert.deepEqual((await run(empty, 'select uid from clusters')).rows, before.rows);
  });

  it('are not stopped by the lock of a run that was killed', async () => {
    await run(empty, 'update knex_migrations_lock set is_locked = 1');
    await migrate(empty);
    assert.equal(await checkSchema(empty), 'current');
  });

  it('know a newer database, and one that is behind', async () => {
    await run(empty, "insert into knex_migrations (name, batch, migration_time) values ('999999-later', 9, now())");
    assert.equal(await checkSchema(empty), 'ahead');
    await assert.rejects(migrate(empty));
    await run(empty, "delete from knex_migrations where name = '999999-later'");
  });

  it('say when the database cannot be reached', async () => {
    await assert.rejects(checkSchema('postgres://nobody@127.0.0.1:9/none'), StorageUnavailable);
    await assert.rejects(migrate('postgres://nobody@127.0.0.1:9/none'), StorageUnavailable);
  });

  it('leave views with names for people', async () => {
    assert.deepEqual((await run(database.url, 'select * from readable_objects')).rows, []);
    assert.deepEqual((await run(database.url, 'select * from readable_changes')).rows, []);
  });
});
