import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import {
  DataDirectoryLocked,
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  InitdbFailed,
  startEmbeddedPostgres,
} from './embedded.ts';
import { packagedBinaries } from './embedded-account.ts';
import { processStart } from './embedded-owner.ts';

const isRoot = process.getuid?.() === 0;

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < end, 'waited in vain');
    await setTimeout(20);
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

const ended = async (pid: number): Promise<boolean> => (await processStart(pid)) === undefined;

/** Starts an embedded Postgres in a process of its own; gives the process and the URL. */
async function startElsewhere(dataDir: string, uid?: number): Promise<{ child: ChildProcess; url: string }> {
  const module = new URL('./embedded.ts', import.meta.url).href;
  const script = `const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false, log: () => {} });
    console.log(server.url);
    process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  return { child, url };
}

describe('the embedded Postgres', () => {
  let directory = '';
  const fresh = async (name: string): Promise<string> => {
    const dataDir = join(directory, name);
    await mkdir(dataDir);
    return dataDir;
  };
  const start = (dataDir: string, native?: string): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir, durable: false, log: () => {}, ...(native === undefined ? {} : { native }) });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'atoll-embedded-'));
    await chmod(directory, 0o755);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('keeps its data from one start to the next', async () => {
    const dataDir = await fresh('kept');
    const first = await start(dataDir);
    await query(first.url, 'create table t as select 1 as a');
    await first.stop();
    const second = await start(dataDir);
    assert.deepEqual(await query(second.url, 'select a from t'), [[1]]);
    await second.stop();
    await second.stop();
  });

  it('keeps other users of the machine out', async () => {
    const dataDir = await fresh('private');
    const server = await start(dataDir);
    const url = new URL(server.url);
    const sockets = url.searchParams.get('host') ?? '';
    assert.equal((await stat(sockets)).mode & 0o777, 0o700);
    assert.equal((await stat(join(dataDir, 'postgres.password'))).mode & 0o777, 0o600);
    assert.equal((await stat(join(dataDir, 'postgres'))).mode & 0o777, 0o700);
    assert.deepEqual(await query(server.url, 'show listen_addresses'), [['']]);
    url.password = 'wrong';
    await assert.rejects(query(url.toString(), 'select 1'), /password authentication failed/);
    await server.stop();
  });

  it('refuses a data directory that is in use', async () => {
    const dataDir = await fresh('locked');
    const server = await start(dataDir);
    await assert.rejects(start(dataDir), (error: unknown) => {
      assert.ok(error instanceof DataDirectoryLocked && error instanceof EmbeddedPostgresError);
      assert.match(error.message, new RegExp(`${dataDir} is already in use by process ${process.pid}`));
      return true;
    });
    assert.deepEqual(await query(server.url, 'select 1'), [[1]], 'the first goes on');
    await server.stop();
  });

  it('lets one of several that start at once win', async () => {
    const dataDir = await fresh('race');
    await writeFile(
      join(dataDir, 'owner.json'),
      JSON.stringify({ pid: 999_999_999, started: 'long ago', nonce: 'old' }),
    );
    const starts = await Promise.allSettled([start(dataDir), start(dataDir), start(dataDir)]);
    const won = starts.filter((one) => one.status === 'fulfilled');
    assert.equal(won.length, 1);
    for (const one of starts) if (one.status === 'rejected') assert.ok(one.reason instanceof DataDirectoryLocked);
    await won[0]?.value.stop();
    await (await start(dataDir)).stop();
  });

  it('ends when its Atoll is killed, and the next start finds everything', async () => {
    const dataDir = await fresh('orphan');
    const { child, url } = await startElsewhere(dataDir);
    await query(url, 'create table t as select 2 as a');
    const pid = await postmasterPid(dataDir);
    child.kill('SIGKILL');
    await until(() => ended(pid));
    const next = await start(dataDir);
    assert.deepEqual(await query(next.url, 'select a from t'), [[2]]);
    await next.stop();
  });

  it('ends a server that outlived both its Atoll and its guard', async () => {
    const dataDir = await fresh('orphan-alive');
    const { child, url } = await startElsewhere(dataDir);
    await query(url, 'create table t as select 3 as a');
    const pid = await postmasterPid(dataDir);
    const guard = Number(/^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const watchers = (await readFile(`/proc/${guard}/task/${guard}/children`, 'utf8')).trim().split(' ').map(Number);
    for (const process_ of [guard, ...watchers.filter((one) => one !== pid)]) process.kill(process_, 'SIGKILL');
    child.kill('SIGKILL');
    assert.equal(await ended(pid), false);
    const next = await start(dataDir);
    assert.notEqual(await postmasterPid(dataDir), pid);
    assert.deepEqual(await query(next.url, 'select a from t'), [[3]]);
    await next.stop();
  });

  it('is started again when it is killed', async () => {
    const dataDir = await fresh('killed');
    const server = await start(dataDir);
    await query(server.url, 'create table t as select 4 as a');
    const pid = await postmasterPid(dataDir);
    process.kill(pid, 'SIGKILL');
    await until(() =>
      query(server.url, 'select a from t').then(
        ([row]) => row?.[0] === 4,
        () => false,
      ),
    );
    assert.notEqual(await postmasterPid(dataDir), pid);
    await server.stop();
    await assert.rejects(query(server.url, 'select 1'));
  });

  it('does not take a stale pid file for a server', async () => {
    const dataDir = await fresh('stale');
    await (await start(dataDir)).stop();
    await writeFile(join(dataDir, 'postgres/postmaster.pid'), `${process.pid}\n/nowhere\n1700000000\n5432\n\n\n`);
    if (isRoot) await chown(join(dataDir, 'postgres/postmaster.pid'), 65_534, 65_534);
    // This process lives and is no Postgres; Postgres itself cannot signal it when it runs as another user.
    const server = await start(dataDir).catch((error: unknown) => error);
    if (server instanceof Error) assert.ok(server instanceof EmbeddedPostgresError);
    else await (server as EmbeddedPostgres).stop();
  });

  it('says so when the directory cannot be made', async () => {
    const dataDir = await fresh('broken');
    const native = join(directory, 'no-binaries');
    await mkdir(join(native, 'bin'), { recursive: true });
    for (const [name, text] of [
      ['postgres', '#!/bin/sh\necho "postgres (PostgreSQL) 18.4"'],
      ['initdb', '#!/bin/sh\necho "initdb: error: no space left on device" >&2; exit 1'],
    ] as const) {
      await writeFile(join(native, 'bin', name), text, { mode: 0o755 });
    }
    await assert.rejects(start(dataDir, native), (error: unknown) => {
      assert.ok(error instanceof InitdbFailed);
      assert.match(error.message, /no space left on device/);
      return true;
    });
  });

  it('says so when the data is of another Postgres', async () => {
    const dataDir = await fresh('older');
    await (await start(dataDir)).stop();
    await writeFile(join(dataDir, 'postgres/PG_VERSION'), '15\n');
    await assert.rejects(start(dataDir), /was made by Postgres 15, and this version of Atoll brings Postgres 18/);
  });

  it('works below a directory that only root may enter', { skip: !isRoot && 'needs root' }, async () => {
    const closed = join(directory, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const dataDir = join(closed, 'data');
    const server = await start(dataDir);
    await query(server.url, 'create table t as select 5 as a');
    await server.stop();
    const again = await start(dataDir);
    assert.deepEqual(await query(again.url, 'select a from t'), [[5]]);
    process.kill(await postmasterPid(dataDir), 'SIGKILL');
    await until(() =>
      query(again.url, 'select a from t').then(
        () => true,
        () => false,
      ),
    );
    await again.stop();
  });

  it('works when only root may reach the binaries', { skip: !isRoot && 'needs root' }, async () => {
    const closed = join(directory, 'closed-binaries');
    await mkdir(closed, { mode: 0o700 });
    const native = join(closed, 'native');
    await cp(packagedBinaries(), native, { recursive: true, verbatimSymlinks: true });
    const server = await start(await fresh('copied'), native);
    assert.deepEqual(await query(server.url, 'select 1'), [[1]]);
    await server.stop();
  });

  it('runs for a user who is not root', { skip: !isRoot && 'is the case anyway' }, async () => {
    const dataDir = await fresh('user');
    await chown(dataDir, 12_345, 12_345);
    const { child, url } = await startElsewhere(dataDir, 65_534).catch(() => ({ child: undefined, url: '' }));
    assert.equal(child, undefined, 'nobody cannot write into a directory of somebody else');
    await chown(dataDir, 65_534, 65_534);
    const server = await startElsewhere(dataDir, 65_534);
    assert.deepEqual(await query(server.url, 'select 1'), [[1]]);
    const exited = new Promise((resolve) => server.child.once('exit', resolve));
    server.child.kill('SIGTERM');
    assert.equal(await exited, 0);
    assert.equal(url, '');
  });
});
