import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type AdmissionPlugin,
  badRequest,
  defineResource,
  loadConfig,
  type StartedServer,
  startServer,
  type,
} from '../../src/index.ts';
import { type Endpoint, http } from '../support/http.ts';

const greetings = defineResource({
  group: 'example.com',
  version: 'v1',
  kind: 'Greeting',
  resource: 'greetings',
  scope: 'Namespaced',
  shortNames: ['gr'],
  fields: { spec: type.struct({ text: type.string }) },
});

const noShouting: AdmissionPlugin = {
  name: 'NoShouting',
  handles: (_operation, target) => target.definition === greetings,
  validate({ object }) {
    const text = (object?.['spec'] as { text?: string } | undefined)?.text ?? '';
    if (text !== '' && text === text.toUpperCase()) throw badRequest('please do not shout');
    return undefined;
  },
};

describe('atoll as a library', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-library-'));
  let server: StartedServer;
  let admin: Endpoint;

  before(async () => {
    const flags = {
      listen: '127.0.0.1:0',
      'data-dir': dataDir,
      processes: '1',
      roles: 'api',
      'log-level': 'warn',
      resources: 'namespaces,greetings.example.com',
    };
    server = await startServer(loadConfig({ flags, env: {} }), {
      definitions: [greetings],
      admission: [noShouting],
      configure: (app) => app.get('/hello', (_request, response) => void response.end('from the embedding program')),
    });
    admin = { url: server.url, ca: server.caCertificatePem, token: server.adminToken };
  });
  after(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('serves a kind of one’s own with every verb', async () => {
    const collection = '/apis/example.com/v1/namespaces/default/greetings';
    const created = await http(admin, 'POST', collection, {
      apiVersion: 'example.com/v1',
      kind: 'Greeting',
      metadata: { name: 'hi' },
      spec: { text: 'hello' },
    });
    assert.equal(created.status, 201, created.text);
    const applied = await http(
      admin,
      'PATCH',
      `${collection}/hi?fieldManager=test&force=true`,
      { apiVersion: 'example.com/v1', kind: 'Greeting', metadata: { name: 'hi' }, spec: { text: 'good day' } },
      { 'content-type': 'application/apply-patch+yaml' },
    );
    assert.equal(applied.json<{ metadata: { generation: number } }>().metadata.generation, 2, applied.text);
    const table = await http(admin, 'GET', collection, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    assert.deepEqual(
      table.json<{ columnDefinitions: { name: string }[] }>().columnDefinitions.map((column) => column.name),
      ['Name', 'Age'],
    );
  });

  it('asks the program’s admission plugin', async () => {
    const answer = await http(admin, 'POST', '/apis/example.com/v1/namespaces/default/greetings', {
      apiVersion: 'example.com/v1',
      kind: 'Greeting',
      metadata: { name: 'loud' },
      spec: { text: 'HELLO' },
    });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /please do not shout/);
  });

  it('serves no more than was asked for, and the program’s own routes', async () => {
    assert.equal((await http(admin, 'GET', '/api/v1/configmaps')).status, 404);
    assert.equal((await http(admin, 'GET', '/hello')).text, 'from the embedding program');
  });
});
