import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { rootCluster } from '../../logicalcluster/name.ts';
import { Connection } from '../../pg/connection.ts';
import { create, keyOf, Recorder, textOf, until, update } from '../conformance/harness.ts';
import { quietLog } from '../log.ts';
import { type Change, RevisionCompacted } from '../object-store.ts';
import { createTestDatabase, type TestDatabase } from '../testing.ts';
import { Maintenance } from './maintenance.ts';
import { openPostgresStore } from './store.ts';

describe('the change log’s partitions', () => {
  let database: TestDatabase;
  let admin: pg.Client;
  const rows = async (sql: string): Promise<unknown[][]> =>
    (await admin.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  /** Ends the open partition now, with what is in it; `then` runs in the same transaction. */
  const closePartition = async (then = ''): Promise<void> => {
    await admin.query(`do $$
      declare p record; v_end timestamptz := clock_timestamp();
      begin
        for p in select id, until_at, row_number() over (order by until_at) = 1 as open from change_partitions
            where until_at > v_end order by until_at desc loop
          execute format('alter table changes detach partition changes_%s', p.id);
          delete from change_partitions where id = p.id;
          if p.open then
            execute format('alter table changes attach partition changes_%s for values from (%s) to (%L)', p.id,
              coalesce((select quote_literal(max(until_at)) from change_partitions), 'minvalue'), v_end);
            insert into change_partitions (id, until_at) overriding system value values (p.id, v_end);
          else
            execute format('drop table changes_%s', p.id);
          end if;
        end loop;
        ${then}
      end $$`);
  };

  before(async () => {
    database = await createTestDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
  });
  after(async () => {
    await admin.end();
    await database.drop();
  });

  it('are dropped when all that is in them is old, while writes, watches and lists go on', async () => {
    const options = { databaseUrl: database.url, cacheBytes: 1_000_000, historyRetentionMs: 1500, progressMs: 20 };
    const [store, replica] = [await openPostgresStore(options), await openPostgresStore(options)];
    const key = keyOf(rootCluster, 'a');
    let revision = await create(store, key, '0');
    const first = revision;
    const watch = Recorder.start(replica, { cluster: rootCluster, resource: 'configmaps', from: revision });
    // The first partition, made by the migration, is open to the end of the next minute.
    await closePartition("perform extend_changes(v_end + interval '1 s', interval '250 ms');");
    let written = 0;
    await until(async () => {
      revision = await update(store, key, revision, String(++written));
      await setTimeout(5);
      return store.oldestRevision() > first && replica.oldestRevision() > first;
    });
    await until(async () => {
      revision = await update(store, key, revision, String(++written));
      await setTimeout(5);
      return Number((await rows('select min(id) from change_partitions'))[0]?.[0]) > 3;
    });
    const oldest = store.oldestRevision();
    assert.throws(
      () => store.watch({ cluster: rootCluster, resource: '*', from: first, onChanges: () => {}, onEnd: () => {} }),
      RevisionCompacted,
    );
    await assert.rejects(store.changesSince(first, 10), RevisionCompacted);
    assert.ok(oldest > first);
    // Time goes on, and partitions with it.
    const since = (from: number): Promise<readonly Change[]> =>
      store.changesSince(from, 100_000).catch((error: unknown) => {
        assert.ok(error instanceof RevisionCompacted);
        return since(error.oldest);
      });
    const kept = await since(oldest);
    assert.equal(kept.at(-1)?.revision, revision);
    assert.deepEqual(
      kept.map((change) => change.revision),
      kept.map((_, i) => revision - kept.length + 1 + i),
    );
    await watch.until(({ changes }) => changes.length >= written);
    assert.deepEqual(
      watch.revisions,
      watch.revisions.map((_, i) => first + 1 + i),
    );
    await Promise.all([store.close(), replica.close()]);
    const names = (await rows(
      `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'changes'::regclass`,
    )) as string[][];
    assert.deepEqual(
      names.map(([name]) => String(name)).toSorted(),
      ((await rows(`select 'changes_' || id from change_partitions`)) as string[][])
        .map(([name]) => String(name))
        .toSorted(),
    );
  });

  it('are made by the commit itself when maintenance has not run for long', async () => {
    await closePartition();
    const before = Number((await rows('select count(*) from change_partitions'))[0]?.[0]);
    await assert.rejects(admin.query(`insert into changes values (0, 'A', 1, 1, 1, clock_timestamp(), null, '', '')`));
    const { rows: answer } = await admin.query(
      `select * from commit_batch(0::smallint, false, '{0}', '{c}', '{1}', '{1}', '{d}', '{emergency}', '{0}', '{"{}"}', null, null, null, null, null, null)`,
    );
    assert.equal(answer.length, 1);
    assert.equal(Number((await rows('select count(*) from change_partitions'))[0]?.[0]), before + 1);
  });

  it('are dropped in the end when the process that began to drop one was killed', async () => {
    const connection = new Connection({ url: database.url, name: 'maintenance', pipeline: true });
    const [[id] = []] = await rows('select min(id) from change_partitions');
    await admin.query('begin');
    await admin.query(`select * from changes_${String(id)}`);
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    const { rows: pid } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
    const detaching = other
      .query(`alter table changes detach partition changes_${String(id)} concurrently`)
      .catch((error: unknown) => error);
    const pending = 'select count(*) from pg_inherits where inhdetachpending';
    await until(async () => Number((await rows(pending))[0]?.[0]) === 1);
    await admin.query('select pg_cancel_backend($1)', [pid[0]?.pid]);
    assert.ok((await detaching) instanceof Error);
    await other.end();
    await admin.query('commit');
    const maintenance = new Maintenance({ connection, retentionMs: 100, log: quietLog });
    await until(async () => {
      await maintenance.once();
      return (await rows(`select from change_partitions where id = ${String(id)}`)).length === 0;
    });
    assert.equal(Number((await rows(pending))[0]?.[0]), 0);
    assert.equal((await rows(`select to_regclass('changes_${String(id)}')`))[0]?.[0], null);
    await connection.close();
  });

  it('leave the current state alone', async () => {
    const store = await openPostgresStore({
      databaseUrl: database.url,
      cacheBytes: 1_000_000,
      historyRetentionMs: 3600e3,
    });
    const object = await store.get(keyOf(rootCluster, 'a'));
    assert.equal(object?.text.startsWith(textOf(keyOf(rootCluster, 'a'), '').slice(0, 40)), true);
    await store.close();
  });
});
