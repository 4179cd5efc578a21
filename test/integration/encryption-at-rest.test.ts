import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/pg/embedded.ts';
import { loadConfig, type StartedServer, startServer } from '../../src/index.ts';
import { type Endpoint, http } from '../support/http.ts';

const launcher = new URL('../../src/cli/atoll.js', import.meta.url).pathname;
const secrets = '/api/v1/namespaces/default/secrets';

describe('encryption at rest', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-sealed-'));
  const keyFile = join(directory, 'keys');
  const line = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
  const [first, second] = [line('first'), line('second')];
  let database: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
  const flags = (more: Record<string, string>): Record<string, string> => ({
    'database-url': database.url,
    migrate: 'true',
    'data-dir': join(directory, 'data'),
    ...more,
  });

  before(async () => {
    database = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), durable: false, log: () => {} });
  });
  after(async () => {
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function serving(more: Record<string, string>, work: (admin: Endpoint) => Promise<void>): Promise<void> {
    const api = { listen: '127.0.0.1:0', processes: '1', roles: 'api' };
    const config = loadConfig({ flags: { ...flags(more), ...api, 'log-level': 'silent' }, env: {} });
    const server: StartedServer = await startServer(config);
    try {
      await work({ url: server.url, ca: server.caCertificatePem, token: server.adminToken });
    } finally {
      await server.stop();
    }
  }

  async function storedTexts(): Promise<string[]> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ text: string }>(
      `select o.body::text as text from objects o join resources r on r.id = o.resource_id where r.name = 'secrets'
       union all select coalesce(h.body::text, '') || coalesce(h.before::text, '') from changes h join resources r on r.id = h.resource_id where r.name = 'secrets'`,
    );
    await client.end();
    return rows.map(({ text }) => text);
  }

  const names = async (admin: Endpoint): Promise<string[]> => {
    const { items } = (await http(admin, 'GET', secrets)).json<{
      items: { metadata: { name: string }; data: { word: string } }[];
    }>();
    return items.map(({ metadata, data }) => `${metadata.name}=${Buffer.from(data.word, 'base64').toString()}`);
  };
  const create = (admin: Endpoint, name: string) =>
    http(admin, 'POST', secrets, { metadata: { name }, stringData: { word: `hush-${name}` } });

  it('stores secrets so that the database shows nothing of them, and serves them', async () => {
    await serving({}, async (admin) => {
      assert.equal((await create(admin, 'before')).status, 201);
    });
    writeFileSync(keyFile, first);
    await serving({ 'encryption-key-file': keyFile }, async (admin) => {
      assert.equal((await create(admin, 'sealed')).status, 201);
      const patch = { data: { word: Buffer.from('hush-changed').toString('base64') } };
      const type = { 'content-type': 'application/merge-patch+json' };
      assert.equal((await http(admin, 'PATCH', `${secrets}/sealed`, patch, type)).status, 200);
      assert.deepEqual(await names(admin), ['before=hush-before', 'sealed=hush-changed']);
    });
    const word = (text: string): string => Buffer.from(text).toString('base64');
    const texts = (await storedTexts()).join('\n');
    assert.ok(texts.includes(word('hush-before')));
    for (const hidden of ['hush-sealed', 'hush-changed']) assert.ok(!texts.includes(word(hidden)), hidden);
  });

  it('does not start without a key that something is encrypted with, and says which', async () => {
    await assert.rejects(
      serving({}, () => Promise.resolve()),
      /keys that are not configured .*: first/,
    );
    writeFileSync(keyFile, second);
    await assert.rejects(
      serving({ 'encryption-key-file': keyFile }, () => Promise.resolve()),
      /not configured .*: first/,
    );
    writeFileSync(keyFile, 'first:short');
    await assert.rejects(
      serving({ 'encryption-key-file': keyFile }, () => Promise.resolve()),
      /--encryption-key-file: .*line 1/,
    );
  });

  it('takes a new key, and encrypts anew what there is', async () => {
    writeFileSync(keyFile, `${second}\n${first}\n`);
    await serving({ 'encryption-key-file': keyFile }, async (admin) => {
      assert.deepEqual(await names(admin), ['before=hush-before', 'sealed=hush-changed']);
    });
    const args = Object.entries(flags({ 'encryption-key-file': keyFile })).flatMap(([name, value]) => [
      `--${name}`,
      value,
    ]);
    const rotated = spawnSync(process.execPath, [launcher, 'rotate-encryption', ...args], { encoding: 'utf8' });
    assert.match(rotated.stdout, /2 objects were encrypted anew with the key second/, rotated.stderr);
    assert.match(rotated.stdout, /still needs these keys .*: first/);
    const again = spawnSync(process.execPath, [launcher, 'rotate-encryption', ...args], { encoding: 'utf8' });
    assert.match(again.stdout, /^0 objects/, again.stderr);
    await serving({ 'encryption-key-file': keyFile }, async (admin) => {
      assert.deepEqual(await names(admin), ['before=hush-before', 'sealed=hush-changed']);
    });
  });
});
