import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { rootCluster } from '../../logicalcluster/name.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../pg/embedded.ts';
import { keyOf, Recorder, textOf, until } from '../conformance/harness.ts';
import { type ObjectStore, StorageUnavailable } from '../object-store.ts';
import { migrate } from './migrate.ts';
import { openPostgresStore } from './store.ts';

describe('the Postgres store, when things are killed', () => {
  let dataDir = '';
  let postgres: EmbeddedPostgres;
  const open = (): Promise<ObjectStore> =>
    openPostgresStore({
      databaseUrl: postgres.url,
      cacheBytes: 16 * 1024 * 1024,
      historyRetentionMs: 3600 * 1000,
      progressMs: 50,
    });
  const killPostgres = async (): Promise<void> => {
    const pid = Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
    process.kill(pid, 'SIGKILL');
  };

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'atoll-outage-'));
    postgres = await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
    await migrate(postgres.url);
  });
  after(async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('fails calls while Postgres is away, recovers by itself, and loses and repeats nothing', async () => {
    const store = await open();
    const acknowledged = new Map<string, number>();
    const refused: unknown[] = [];
    let running = true;
    const from = await store.fresh();
    const watch = Recorder.start(store, { cluster: rootCluster, resource: 'configmaps', from });
    const everywhere = Recorder.start(store, { cluster: '*', resource: '*', from });
    const leading = new AbortController();
    let terms = 0;
    const leader = store.lead('through outages', leading.signal, async (signal) => {
      terms++;
      await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
    });
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; running; i++) {
        const key = keyOf(rootCluster, `w${writer}-${i}`);
        try {
          const [outcome] = await store.commit([{ op: 'create', key, text: textOf(key, '') }]);
          assert.ok(outcome?.ok);
          acknowledged.set(key.name, outcome.revision);
        } catch (error) {
          assert.ok(error instanceof StorageUnavailable, String(error));
          refused.push(error);
          await setTimeout(5);
        }
      }
    });
    await until(() => acknowledged.size > 200 && terms === 1);
    for (let round = 1; round <= 2; round++) {
      const before = refused.length;
      await killPostgres();
      await until(() => refused.length > before);
      const atOutage = acknowledged.size;
      await until(() => acknowledged.size > atOutage + 100);
    }
    running = false;
    await Promise.all(writers);
    const list = await store.list({ cluster: rootCluster, resource: 'configmaps', at: { mode: 'fresh' } });
    const stored = new Map(list.items.map(({ key, revision }) => [key.name, revision]));
    for (const [name, revision] of acknowledged) assert.equal(stored.get(name), revision, name);
    for (const recorder of [watch, everywhere]) {
      await recorder.until(({ progress }) => progress >= list.revision);
      assert.deepEqual(
        recorder.revisions,
        [...stored.values()].toSorted((a, b) => a - b),
      );
      assert.equal(recorder.ended, undefined);
    }
    await until(() => terms >= 2);
    leading.abort();
    await leader;
    await store.close();
  });

  it('keeps what a killed process had been told was written, and no half of a group', async () => {
    const moduleUrl = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `const { openPostgresStore } = await import(${moduleUrl('./store.ts')});
      const { keyOf, textOf } = await import(${moduleUrl('../conformance/harness.ts')});
      const store = await openPostgresStore({ databaseUrl: ${JSON.stringify(postgres.url)}, cacheBytes: 1e6, historyRetentionMs: 3600e3 });
      for (let lane = 0; lane < 16; lane++) void (async () => {
        for (let i = 0; ; i++) {
          const keys = ['a', 'b', 'c'].map((part) => keyOf('root', process.pid + '-' + lane + '-' + i + '-' + part, 'killed'));
          await store.commit(keys.map((key) => ({ op: 'create', key, text: textOf(key, '') })));
          process.stdout.write(keys[0].name.slice(0, -2) + '\\n');
        }
      })();`;
    const store = await open();
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const groups: string[] = [];
      const lines = createInterface(child.stdout).on('line', (line) => groups.push(line));
      await until(() => groups.length > 300);
      const closed = new Promise((resolve) => lines.once('close', resolve));
      child.kill('SIGKILL');
      await closed;
      const key = keyOf(rootCluster, `after-${round}`);
      await store.commit([{ op: 'create', key, text: textOf(key, '') }]);
      const list = await store.list({
        cluster: rootCluster,
        resource: 'configmaps',
        namespace: 'killed',
        at: { mode: 'fresh' },
      });
      const parts = new Map<string, string>();
      for (const { key: found } of list.items) {
        const group = found.name.slice(0, -2);
        parts.set(group, (parts.get(group) ?? '') + found.name.slice(-1));
      }
      // The last line may be cut off.
      for (const group of groups.slice(0, -1)) assert.equal(parts.get(group), 'abc', group);
      for (const [group, found] of parts) assert.equal(found, 'abc', group);
    }
    const changes = await store.changesSince(store.oldestRevision(), 1_000_000);
    const revisions = changes.map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      revisions.map((_, i) => (revisions[0] ?? 0) + i),
      'revisions have no gap',
    );
    await store.close();
  });

  it('does not open when the database cannot be reached', async () => {
    await assert.rejects(
      openPostgresStore({ databaseUrl: 'postgres://nobody@127.0.0.1:9/none', cacheBytes: 1, historyRetentionMs: 1000 }),
      StorageUnavailable,
    );
  });
});
