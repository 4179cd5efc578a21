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

  it('make IPAddresses of the addresses that Services have had, beside those that somebody has made', async () => {
    const internal = (
      name: string,
    ) => `{"kind":"ServiceIP","apiVersion":"internal.atoll.dev/v1","metadata":{"name":"${name}","uid":"u",
      "creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{"namespace":"default","name":"a\\"b","uid":"s"}}`;
    await run(empty, "insert into resources (name) values ('serviceips.internal.atoll.dev')");
    const insert = (resource: string, name: string, body: string) =>
      run(
        empty,
        `insert into objects (cluster_id, resource_id, revision, namespace, name, body)
         select 1, id, 7, '', '${name}', '${body}' from resources where name = '${resource}'`,
      );
    for (const name of ['10.0.0.1', '10.0.0.2']) await insert('serviceips.internal.atoll.dev', name, internal(name));
    await insert('ipaddresses.networking.k8s.io', '10.0.0.2', '{"own":true}');
    await run(empty, "delete from knex_migrations where name like '000004%'");
    await migrate(empty);
    const found = await run(
      empty,
      "select o.name, o.revision, o.body::text as text from objects o join resources r on r.id = o.resource_id where r.name like '%ip%' order by o.name",
    );
    const labels =
      '{"ipaddress.kubernetes.io/ip-family":"IPv4","ipaddress.kubernetes.io/managed-by":"ipallocator.k8s.io"}';
    assert.deepEqual(found.rows, [
      {
        name: '10.0.0.1',
        revision: '7',
        text: `{"kind":"IPAddress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"10.0.0.1","uid":"u","creationTimestamp":"2026-01-02T03:04:05Z","labels":${labels}},"spec":{"parentRef":{"resource":"services","namespace":"default","name":"a\\"b"}}}`,
      },
      { name: '10.0.0.2', revision: '7', text: '{"own":true}' },
    ]);
    await run(empty, 'delete from objects');
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
