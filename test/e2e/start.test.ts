import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/pg/embedded.ts';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { http } from '../support/http.ts';
import { freePort, startServerProcess } from '../support/server-process.ts';

const launcher = new URL('../../src/cli/atoll.js', import.meta.url).pathname;

type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

function atoll(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [launcher, ...args],
      { timeout: 30_000, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      },
    );
  });
}

/** A start that failed as it should: at once, non-zero, one line, no stack. */
function failsWith(outcome: Outcome, message: RegExp): void {
  assert.ok(outcome.code > 0, `exit code ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
  assert.match(outcome.stderr, message);
  assert.equal(outcome.stderr.trim().split('\n').length, 1, outcome.stderr);
}

describe('atoll start', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-start-'));
  let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
  const flags = async (name: string): Promise<string[]> => [
    'start',
    '--data-dir',
    join(directory, name),
    '--listen',
    `127.0.0.1:${await freePort()}`,
  ];
  const emptyDatabase = async (name: string, options = ''): Promise<string> => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(`create database ${name} ${options}`);
    await client.end();
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    return url.toString();
  };

  before(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'database'), log: () => {} });
  });
  after(async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('lists every setting', async () => {
    const { code, stdout } = await atoll(['start', '--help']);
    assert.equal(code, 0);
    for (const flag of [
      '--listen',
      '--database-url',
      '--data-dir',
      '--roles',
      '--processes',
      '--resources',
      '--log-level',
      '--external-url',
      '--oidc-issuer-url',
      'ATOLL_LISTEN',
      '127.0.0.1:6443',
    ]) {
      assert.ok(stdout.includes(flag), `${flag} is missing`);
    }
  });

  it('says so when the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    for (const processes of ['1', '2']) {
      failsWith(
        await atoll([
          'start',
          '--data-dir',
          join(directory, 'port'),
          '--listen',
          `127.0.0.1:${port}`,
          '--processes',
          processes,
        ]),
        new RegExp(`127\\.0\\.0\\.1:${port} is already in use`),
      );
    }
    taken.close();
  });

  it('says so when the data directory is in use', async () => {
    const server = await startServerProcess({ dataDir: join(directory, 'locked') });
    failsWith(await atoll(await flags('locked')), /locked.*(in use|already)|(in use|already).*locked/);
    assert.equal(await server.stop(), 0);
  });

  it('says what is wrong with the database', async () => {
    failsWith(
      await atoll([...(await flags('a')), '--database-url', 'postgres://127.0.0.1:9/none']),
      /cannot reach the database.*127\.0\.0\.1:9/,
    );
    failsWith(
      await atoll([...(await flags('b')), '--database-url', 'nonsense']),
      /--database-url: must start with postgres/,
    );
    const empty = await emptyDatabase('empty');
    failsWith(await atoll([...(await flags('c')), '--database-url', empty]), /not migrated.*npm run migrate/);
    const newer = await emptyDatabase('newer');
    await migrate(newer);
    const client = new pg.Client({ connectionString: newer });
    await client.connect();
    await client.query(
      "insert into knex_migrations (name, batch, migration_time) values ('999999-from-the-future.ts', 99, now())",
    );
    await client.end();
    failsWith(await atoll([...(await flags('d')), '--database-url', newer]), /newer than this/);
  });

  it('says what is wrong with the database that migrate is given', async () => {
    failsWith(await atoll(['migrate', '--database-url', 'postgres://127.0.0.1:9/none']), /cannot reach the database/);
    failsWith(
      await atoll(['migrate', '--database-url', postgres.url.replace(/\/[^/?]+(\?|$)/, '/missing$1')]),
      /cannot reach the database.*does not exist/,
    );
    const narrow = await emptyDatabase('narrow', "encoding 'LATIN1' locale 'C' template template0");
    failsWith(await atoll(['migrate', '--database-url', narrow]), /encoding is LATIN1; UTF8 is needed/);
  });

  it('takes a signal that comes twice at once for one, and drains', async () => {
    const server = await startServerProcess({ dataDir: join(directory, 'twice'), flags: ['--processes', '1'] });
    process.kill(server.pid, 'SIGINT');
    process.kill(server.pid, 'SIGTERM');
    assert.equal(await server.stop(), 0);
    assert.match(server.output(), /draining[^]*stopped/);
  });

  it('refuses settings that make no sense', async () => {
    failsWith(
      await atoll([...(await flags('tls')), '--tls-cert-file', launcher, '--tls-private-key-file', launcher]),
      /--tls-cert-file and --tls-private-key-file cannot be used/,
    );
    failsWith(
      await atoll([...(await flags('token')), '--admin-token-file', '/nonexistent']),
      /--admin-token-file: .*no such file/,
    );
    failsWith(await atoll(['start', '--listen', 'nowhere']), /--listen: "nowhere" is not HOST:PORT/);
    failsWith(await atoll(['start', '--config', '/nonexistent.yaml']), /--config: cannot read/);
    failsWith(
      await atoll(await flags('e').then((given) => [...given, '--resources', 'unicorns'])),
      /--resources: .*unicorns/,
    );
  });

  it('keeps secrets to itself and survives kill -9', async () => {
    const dataDir = join(directory, 'killed');
    const first = await startServerProcess({ dataDir, flags: ['--processes', '2'] });
    assert.equal(statSync(first.kubeconfig).mode & 0o077, 0, 'the admin kubeconfig is readable by others');
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'written' } };
    assert.equal((await http(first, 'POST', '/api/v1/namespaces/default/configmaps', body)).status, 201);
    await first.kill();
    const second = await startServerProcess({ dataDir, flags: ['--processes', '2'] });
    assert.equal((await http(second, 'GET', '/api/v1/namespaces/default/configmaps/written')).status, 200);
    assert.equal(await second.stop(), 0);
  });

  it('serves only what --resources names', async () => {
    const server = await startServerProcess({
      dataDir: join(directory, 'few'),
      flags: ['--processes', '1', '--resources', 'namespaces,configmaps'],
    });
    assert.equal((await http(server, 'GET', '/api/v1/configmaps')).status, 200);
    assert.equal((await http(server, 'GET', '/api/v1/secrets')).status, 404);
    const { resources } = (await http(server, 'GET', '/api/v1')).json<{ resources: { name: string }[] }>();
    assert.deepEqual(
      resources.map((resource) => resource.name).filter((name) => !name.includes('/')),
      ['configmaps', 'namespaces'],
    );
    assert.equal(await server.stop(), 0);
  });
});
