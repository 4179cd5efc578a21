import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { createDefaultContent } from '../../src/api/default-content.ts';
import type { ConnectBackend, ConnectCall } from '../../src/registry/connect/backend.ts';
import { createConnector } from '../../src/registry/connect/connector.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import { startStack, type Stack } from '../support/http-stack.ts';
import { http } from '../support/http.ts';

/* The texts are those of a stock 1.33 server to the same requests. */
const pods = '/api/v1/namespaces/default/pods';

/** Pods with the label `running` run in this process: logs and proxied requests say what was asked, streams echo. */
const calls: ConnectCall[] = [];
const backend: ConnectBackend = {
  async connect(_, call, client) {
    if (call.pod.metadata.labels?.['running'] === undefined) return false;
    calls.push(call);
    if (call.to === 'log' || call.to === 'proxy') {
      const out = client.begin(call.to === 'log' ? 200 : 418, { 'content-type': 'text/plain' });
      for await (const chunk of client.body) out.write(chunk);
      out.end(`${call.to} ${call.container}${call.proxy?.path ?? ''}`);
      await once(out, 'close');
      return true;
    }
    const taken = client.upgrade?.take();
    assert.ok(taken !== undefined);
    taken.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    taken.socket.pipe(taken.socket);
    await once(taken.socket, 'close');
    return true;
  },
};

let stack: Stack;
const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'ca' }) });

function pod(name: string, spec: object = {}, labels: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }], ...spec },
  };
}

async function message(method: string, path: string): Promise<[number, string]> {
  const answer = await http(stack.admin, method, path);
  return [answer.status, answer.text === '' ? '' : answer.json<{ message: string }>().message];
}

before(async () => {
  stack = await startStack({ store, api: { connector: createConnector({ store, backend }) } });
  const two = [
    { name: 'c', image: 'x' },
    { name: 'd', image: 'x' },
  ];
  const nodes = [
    { metadata: { name: 'mute' } },
    { metadata: { name: 'deaf' }, status: { addresses: [{ type: 'InternalIP', address: '10.1.2.3' }] } },
  ];
  for (const node of nodes)
    await http(stack.admin, 'POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', ...node });
  const all = [
    pod('free'),
    pod('two', { containers: two, initContainers: [{ name: 'i', image: 'x' }] }),
    pod('mute', { nodeName: 'mute' }),
    pod('deaf', { nodeName: 'deaf' }),
    pod('lost', { nodeName: 'none' }),
    pod('runs', {}, { running: 'yes' }),
  ];
  for (const each of all) assert.equal((await http(stack.admin, 'POST', pods, each)).status, 201);
});
after(async () => {
  await stack.stop();
  await store.close();
});

describe('connections to pods that run nowhere', () => {
  test('logs of a pod without a node are empty, everything else says that it has no host', async () => {
    const log = await http(stack.admin, 'GET', `${pods}/free/log`);
    assert.deepEqual([log.status, log.text, log.headers['content-type']], [204, '', undefined]);
    for (const path of ['exec?command=ls', 'attach', 'portforward'])
      assert.deepEqual(await message('POST', `${pods}/free/${path}`), [400, 'pod free does not have a host assigned']);
    assert.deepEqual(await message('GET', `${pods}/free/proxy/a/b/`), [400, 'address not allowed']);
  });

  test('a container must be named where there are several, and must exist', async () => {
    const choose = 'a container name must be specified for pod two, choose one of: [i c d]';
    assert.deepEqual(await message('GET', `${pods}/two/log`), [400, choose]);
    assert.deepEqual(await message('POST', `${pods}/two/exec?command=ls`), [400, choose]);
    assert.deepEqual(await message('GET', `${pods}/two/log?container=z`), [
      400,
      'container z is not valid for pod two',
    ]);
  });

  test('nodes that are gone, have no address or do not listen', async () => {
    assert.deepEqual(await message('GET', `${pods}/lost/log`), [404, 'pods "none" not found']);
    const unknown = 'no preferred addresses found; known addresses: []';
    assert.deepEqual(await message('GET', `${pods}/mute/log`), [500, unknown]);
    assert.deepEqual(await message('GET', '/api/v1/nodes/mute/proxy/'), [500, unknown]);
    const refused = 'dial tcp 10.1.2.3:10250: connect: connection refused';
    assert.deepEqual(await message('GET', `${pods}/deaf/log?tailLines=3`), [
      500,
      `Get "https://10.1.2.3:10250/containerLogs/default/deaf/c?tailLines=3": ${refused}`,
    ]);
    assert.deepEqual(await message('POST', `${pods}/deaf/exec?command=ls`), [400, 'Upgrade request required']);
    assert.deepEqual(await message('GET', '/api/v1/nodes/deaf/proxy/x'), [
      503,
      `error trying to reach service: ${refused}`,
    ]);
  });

  test('options of logs are checked before anything else', async () => {
    const of = (query: string) => message('GET', `${pods}/none/log?${query}`);
    assert.deepEqual(await of('tailLines=x'), [400, 'strconv.ParseInt: parsing "x": invalid syntax']);
    assert.deepEqual(await of('limitBytes=-3&tailLines=-2'), [
      422,
      'PodLogOptions "none" is invalid: [tailLines: Invalid value: -2: must be greater than or equal to 0, limitBytes: Invalid value: -3: must be greater than 0]',
    ]);
    assert.deepEqual(await of('sinceTime=abc'), [
      400,
      'parsing time "abc" as "2006-01-02T15:04:05Z07:00": cannot parse "abc" as "2006"',
    ]);
    assert.deepEqual(await of('tailLines=5'), [404, 'pods "none" not found']);
  });

  test('other methods, and paths where none may follow, are refused', async () => {
    assert.equal((await message('PUT', `${pods}/free/exec`))[0], 405);
    assert.equal((await message('POST', `${pods}/free/log`))[0], 405);
    assert.equal((await message('GET', `${pods}/free/exec/more`))[0], 404);
  });

  test('Services lead to nobody', async () => {
    const services = '/api/v1/namespaces/default/services';
    assert.deepEqual(await message('GET', `${services}/x:y:z:w/proxy/`), [400, 'invalid service request "x:y:z:w"']);
    assert.deepEqual(await message('GET', `${services}/none/proxy/`), [404, 'services "none" not found']);
    const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'empty' } };
    await http(stack.admin, 'POST', '/api/v1/namespaces/default/endpoints', endpoints);
    assert.deepEqual(await message('GET', `${services}/empty/proxy/`), [
      503,
      'no endpoints available for service "empty"',
    ]);
  });

  test('nobody gets there without being allowed to', async () => {
    assert.equal((await http(stack.nobody, 'POST', `${pods}/free/exec`)).status, 403);
  });
});

describe('connections to pods that run somewhere', () => {
  test('logs are streamed', async () => {
    const answer = await http(stack.admin, 'GET', `${pods}/runs/log?tailLines=5`);
    assert.deepEqual([answer.status, answer.text], [200, 'log c']);
    assert.equal(calls.at(-1)?.parameters.get('tailLines'), '5');
  });

  test('a proxied request keeps its body, path and status', async () => {
    const answer = await http(stack.admin, 'POST', `${pods}/https:runs:web/proxy/a/b/?q=1`, '{"x":1}');
    assert.deepEqual([answer.status, answer.text], [418, '{"x":1}proxy /a/b/']);
    assert.deepEqual(calls.at(-1)?.proxy, { scheme: 'https', port: 'web', path: '/a/b/' });
    await http(stack.admin, 'GET', `${pods}/runs/proxy`);
    assert.deepEqual(calls.at(-1)?.proxy, { scheme: 'http', port: '8080', path: '' });
  });

  test('the connection of an exec is handed over whole', async () => {
    const { hostname, port } = new URL(stack.admin.url);
    const outgoing = httpsRequest({
      hostname,
      port,
      ca: stack.admin.ca,
      method: 'POST',
      path: `${pods}/runs/exec?command=cat&stdin=1`,
      headers: { authorization: `Bearer ${stack.admin.token}`, connection: 'Upgrade', upgrade: 'SPDY/3.1' },
    });
    outgoing.end();
    const [answer, socket] = (await once(outgoing, 'upgrade')) as [{ statusCode: number }, Duplex];
    assert.equal(answer.statusCode, 101);
    socket.write('to and fro');
    const [echo] = (await once(socket, 'data')) as [Buffer];
    assert.equal(echo.toString(), 'to and fro');
    socket.destroy();
    assert.deepEqual(calls.at(-1)?.parameters.getAll('command'), ['cat']);
  });
});
