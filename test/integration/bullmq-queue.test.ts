import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it, test } from 'node:test';
import { Client } from 'pg';
import type { ReconcileQueue } from '../../src/controllers/framework/reconcile-queue.ts';
import { createTestDatabase, type TestDatabase } from '../../src/storage/testing.ts';
import { openBullQueue } from '../../src/sync/bullmq-queue.ts';
import { eventually } from '../support/wait.ts';

const database = `bull_${randomUUID().replaceAll('-', '')}`;
/** Of a Redis that the tests may use; without one those tests are skipped. */
const redisUrl = process.env['ATOLL_TEST_REDIS_URL'];
let testDatabase: TestDatabase;
const open: ReconcileQueue[] = [];

before(async () => {
  testDatabase = await createTestDatabase();
});

after(async () => {
  await Promise.all(open.map((queue) => queue.stop()));
  await testDatabase.drop();
});

const complaints: unknown[] = [];
const log = {
  debug: () => {},
  info: () => {},
  warn: (fields: object) => void complaints.push(fields),
  error: () => {},
};

for (const kind of ['Postgres', 'Redis'] as const) {
  const skip = kind === 'Redis' && redisUrl === undefined ? 'no redis-server is installed' : false;
  describe(`given a queue on ${kind}`, { skip }, () => {
    const queueNamed = async (
      name: string,
      options: { concurrency?: number; backoffMs?: { base: number; max: number } } = {},
    ): Promise<ReconcileQueue> => {
      const backend = kind === 'Redis' ? { redisUrl: redisUrl ?? '' } : { databaseUrl: testDatabase.url };
      const queue = await openBullQueue({ name: `${name}-${database}`, concurrency: 4, ...options, backend, log });
      open.push(queue);
      return queue;
    };

    it('a key that is added while it waits runs once, while it runs once more', async () => {
      const queue = await queueNamed('once');
      const runs: string[] = [];
      let release = (): void => {};
      for (let i = 0; i < 5; i++) queue.add('a');
      let running = 0;
      queue.start(async (key) => {
        assert.equal(++running, 1);
        runs.push(key);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        running--;
      });
      await eventually('the first run', () => runs.length === 1);
      for (let i = 0; i < 5; i++) queue.add('a');
      await eventually('the adds to be written', () => queue.size() === 1);
      release();
      await eventually('the second run', () => runs.length === 2);
      release();
      queue.add('b');
      await eventually('another key', () => runs.includes('b'));
      release();
      assert.deepEqual(runs, ['a', 'a', 'b']);
    });

    it('a delayed key waits, and does not keep a later ring waiting', async () => {
      const queue = await queueNamed('delayed');
      const runs: number[] = [];
      const began = performance.now();
      queue.start(async () => {
        runs.push(performance.now() - began);
      });
      queue.add('a', { delayMs: 1500 });
      queue.add('a');
      await eventually('the ring', () => runs.length === 1);
      assert.ok((runs[0] ?? 0) < 1400);
      await eventually('the delayed run', () => runs.length === 2);
      assert.ok((runs[1] ?? 0) >= 1400);
    });

    it('what fails is tried again, and does not stop the others', async () => {
      const queue = await queueNamed('failing', { backoffMs: { base: 50, max: 100 } });
      const tries = new Map<string, number>();
      queue.start(async (key) => {
        const count = (tries.get(key) ?? 0) + 1;
        tries.set(key, count);
        if (key === 'bad' && count < 3) throw new Error('not yet');
      });
      queue.add('bad');
      queue.add('good');
      await eventually('the third try', () => tries.get('bad') === 3);
      assert.equal(tries.get('good'), 1);
    });

    it('two processes share a queue, and what one leaves behind the other does', async () => {
      const first = await queueNamed('shared', { concurrency: 1 });
      for (let i = 0; i < 50; i++) first.add(`k${i}`);
      await eventually('the adds to be written', () => first.size() === 0);
      await first.stop();
      open.splice(open.indexOf(first), 1);
      const done = new Set<string>();
      for (const queue of [await queueNamed('shared'), await queueNamed('shared')]) {
        queue.start(async (key) => {
          assert.ok(!done.has(key));
          done.add(key);
        });
      }
      await eventually('all fifty', () => done.size === 50);
    });
  });
}

test('its tables are in a schema of their own', async () => {
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  const { rows } = await client.query<{ schema: string }>(
    `select distinct table_schema as schema from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`,
  );
  await client.end();
  assert.deepEqual(
    rows
      .map(({ schema }) => schema)
      .filter((schema) => schema !== 'atoll')
      .sort(),
    ['bullmq', 'public'],
  );
});

test('a queue goes on when its database cuts all its connections', async () => {
  const queue = await openBullQueue({
    name: `cut-${database}`,
    concurrency: 2,
    backend: { databaseUrl: testDatabase.url },
    log,
  });
  open.push(queue);
  const done = new Set<string>();
  queue.start(async (key) => void done.add(key));
  queue.add('before');
  await eventually('the first key', () => done.has('before'));
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
  await eventually('a key after the cut', () => {
    queue.add('after');
    return done.has('after');
  });
});

test('no connection, no queue', async () => {
  await assert.rejects(
    openBullQueue({ name: 'x', concurrency: 1, backend: { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' }, log }),
  );
});
