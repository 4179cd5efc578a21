import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { createAggregator } from '../../src/aggregation/aggregator.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import { createFrontProxy, type FrontProxy } from '../../src/client/front-proxy/front-proxy.ts';
import { createApiServiceController } from '../../src/controllers/apiregistration.k8s.io/apiservice/controller.ts';
import { createLoopbackClient, systemUser } from '../../src/client/loopback.ts';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { rootCluster } from '../../src/logicalcluster/name.ts';
import { createFrontProxyCertificates } from '../../src/server/front-proxy-certificates.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../src/server/pki/certificates.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import { startStack, type Stack } from '../support/http-stack.ts';
import { http } from '../support/http.ts';

const services = '/apis/apiregistration.k8s.io/v1/apiservices';
const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'ca' }) });
let stack: Stack;
let backend: Server;
let frontProxy: FrontProxy;
let caBundle = '';
/** What the backend got. */
const seen: { method: string; url: string; headers: IncomingHttpHeaders; client: string; body: string }[] = [];

const list = {
  kind: 'APIResourceList',
  groupVersion: 'meals.example.com/v1',
  resources: [
    { name: 'soups', singularName: 'soup', namespaced: true, kind: 'Soup', verbs: ['get', 'list'] },
    { name: 'soups/status', singularName: '', namespaced: true, kind: 'Soup', verbs: ['get'] },
  ],
};

async function startBackend(): Promise<void> {
  const caKey = newPrivateKeyPem();
  const caCert = await issueCaCertificate(caKey, 'backend-ca', 1);
  const key = newPrivateKeyPem();
  const ca = { certPem: caCert, keyPem: caKey };
  const cert = await issueCertificate(ca, key, {
    subject: [['CN', 'kitchen']],
    hosts: ['kitchen.default.svc'],
    use: 'server',
    days: 1,
  });
  const frontProxyKey = newPrivateKeyPem();
  const certificates = createFrontProxyCertificates({
    frontProxyCaCert: caCert,
    frontProxyCaKey: caKey,
    frontProxyKey,
  });
  caBundle = Buffer.from(caCert).toString('base64');
  backend = createServer(
    { key, cert, ca: caCert, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const client = String((request.socket as TLSSocket).getPeerCertificate().subject.CN);
        seen.push({ method, url, headers, client, body: Buffer.concat(chunks).toString() });
        if (url === '/apis/meals.example.com/v1') {
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify(list));
        } else if (url === '/openapi/v3') {
          response.end(
            '{"paths":{"apis/meals.example.com/v1":{"serverRelativeURL":"/openapi/v3/apis/meals.example.com/v1?hash=ABC"}}}',
          );
        } else if (url === '/openapi/v2') {
          response.end(
            '{"swagger":"2.0","paths":{"/apis/meals.example.com/v1/soups":{"get":{"schema":{"$ref":"#/definitions/Soup"}}},"/version":{}},"definitions":{"Soup":{"type":"object"},"Other":{}}}',
          );
        } else if (url.includes('watch=1')) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"type":"ADDED"}\n');
        } else {
          response.writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json', 'x-own': 'yes' });
          response.end(JSON.stringify({ kind: 'Soup', url }));
        }
      });
    },
  );
  backend.on('upgrade', (request, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port } = backend.address() as AddressInfo;
  frontProxy = createFrontProxy({
    services: {
      resolve: (_, { name }) => {
        if (name === 'nowhere') return Promise.reject(new Error('service "nowhere" not found'));
        return Promise.resolve({ host: '127.0.0.1', port: name === 'dead' ? 1 : port });
      },
    },
    guard: () => true,
    credentials: async (cluster) => certificates((await store.cluster(cluster))?.uid ?? ''),
  });
}

async function register(
  group: string,
  service: string,
  available = 'True',
  spec: object = { caBundle },
): Promise<void> {
  const name = `v1.${group}`;
  const object = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name },
    spec: {
      group,
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      service: { name: service, namespace: 'default' },
      ...spec,
    },
  };
  assert.equal((await http(stack.admin, 'POST', services, object)).status, 201);
  const status = { conditions: [{ type: 'Available', status: available, lastTransitionTime: null }] };
  const merge = { 'content-type': 'application/merge-patch+json' };
  assert.equal((await http(stack.admin, 'PATCH', `${services}/${name}/status`, { status }, merge)).status, 200);
}

before(async () => {
  await startBackend();
  stack = await startStack({ store, api: { aggregator: createAggregator({ store, frontProxy }) } });
  await register('meals.example.com', 'kitchen');
  await register('away.example.com', 'kitchen', 'False');
  await register('dead.example.com', 'dead');
  await register('lost.example.com', 'nowhere');
  await register('forged.example.com', 'kitchen', 'True', {});
});
after(async () => {
  await stack.stop();
  frontProxy.close();
  backend.closeAllConnections();
  backend.close();
  await store.close();
});

describe('an aggregated API server', () => {
  const soups = '/apis/meals.example.com/v1/namespaces/default/soups';

  test('gets requests whole, in the name of who asks, and never credentials or claims of the client', async () => {
    const answer = await http(
      stack.admin,
      'POST',
      `${soups}?dryRun=All`,
      { a: 1 },
      {
        'content-type': 'application/json',
        'x-remote-user': 'mallory',
        'x-remote-group': 'system:masters',
        'x-remote-extra-scopes': 'all',
        'x-else': 'kept',
      },
    );
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['x-own'], 'yes');
    assert.deepEqual(answer.json(), { kind: 'Soup', url: `${soups}?dryRun=All` });
    const last = seen.at(-1);
    assert.deepEqual([last?.method, last?.body], ['POST', '{"a":1}']);
    const uid = (await store.cluster(rootCluster))?.uid;
    assert.equal(last?.client, `front-proxy-client:${uid}`);
    assert.equal(last?.headers['x-remote-user'], 'admin');
    assert.equal(last?.headers['x-remote-group'], 'system:masters, system:authenticated');
    assert.equal(last?.headers.authorization, undefined);
    assert.equal(last?.headers['x-remote-extra-scopes'], undefined);
    assert.equal(last?.headers['x-else'], 'kept');
  });

  test('is asked without the prefix of the logical cluster', async () => {
    await http(stack.admin, 'GET', `/clusters/root${soups}/a%2Fb?x=%20`);
    assert.equal(seen.at(-1)?.url, `${soups}/a%2Fb?x=%20`);
  });

  test('streams watches, and ends them when the client goes', async () => {
    const { hostname, port } = new URL(stack.admin.url);
    const headers = { authorization: `Bearer ${stack.admin.token}` };
    const outgoing = httpsRequest({ hostname, port, ca: stack.admin.ca, path: `${soups}?watch=1`, headers });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    const [event] = (await once(response, 'data')) as [Buffer];
    assert.equal(event.toString(), '{"type":"ADDED"}\n');
    outgoing.destroy();
  });

  test('may change the protocol', async () => {
    const { hostname, port } = new URL(stack.admin.url);
    const outgoing = httpsRequest({
      hostname,
      port,
      ca: stack.admin.ca,
      path: `${soups}/a/exec`,
      headers: { authorization: `Bearer ${stack.admin.token}`, connection: 'Upgrade', upgrade: 'SPDY/3.1' },
    });
    outgoing.end();
    const [, socket] = (await once(outgoing, 'upgrade')) as [unknown, Duplex];
    socket.write('hello');
    assert.equal(String(((await once(socket, 'data')) as [Buffer])[0]), 'hello');
    socket.destroy();
  });

  test('is in every form of discovery; one that does not answer is Stale', async () => {
    const groups = (await http(stack.admin, 'GET', '/apis')).json<{ groups: { name: string }[] }>();
    assert.ok(groups.groups.some(({ name }) => name === 'meals.example.com'));
    const group = (await http(stack.admin, 'GET', '/apis/meals.example.com')).json<{ preferredVersion: object }>();
    assert.deepEqual(group.preferredVersion, { groupVersion: 'meals.example.com/v1', version: 'v1' });
    assert.deepEqual((await http(stack.admin, 'GET', '/apis/meals.example.com/v1')).json(), list);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const aggregated = (await http(stack.admin, 'GET', '/apis', undefined, { accept })).json<{
      items: { metadata: { name: string }; versions: { freshness: string; resources?: { resource: string }[] }[] }[];
    }>();
    const found = (name: string) => aggregated.items.find(({ metadata }) => metadata.name === name)?.versions[0];
    assert.equal(found('meals.example.com')?.freshness, 'Current');
    assert.deepEqual(
      found('meals.example.com')?.resources?.map(({ resource }) => resource),
      ['soups'],
    );
    assert.deepEqual(found('away.example.com'), { version: 'v1', freshness: 'Stale' });
    assert.deepEqual(found('dead.example.com'), { version: 'v1', freshness: 'Stale' });
    assert.equal(found('apps')?.freshness, 'Current');
  });
});

test('its OpenAPI v3 document is in the index, and read from it', async () => {
  const index = (await http(stack.admin, 'GET', '/clusters/root/openapi/v3')).json<{
    paths: Record<string, { serverRelativeURL: string }>;
  }>();
  const url = index.paths['apis/meals.example.com/v1']?.serverRelativeURL;
  assert.equal(url, '/clusters/root/openapi/v3/apis/meals.example.com/v1?hash=ABC');
  assert.equal(index.paths['apis/away.example.com/v1'], undefined);
  await http(stack.admin, 'GET', url);
  assert.equal(seen.at(-1)?.url, '/openapi/v3/apis/meals.example.com/v1?hash=ABC');
});

test('its OpenAPI v2 document is part of the one of all', async () => {
  const { paths, definitions } = (await http(stack.admin, 'GET', '/openapi/v2')).json<{
    paths: Record<string, unknown>;
    definitions: Record<string, unknown>;
  }>();
  assert.ok('/apis/meals.example.com/v1/soups' in paths && '/api/v1/pods' in paths);
  assert.deepEqual(definitions['Soup'], { type: 'object' });
  assert.equal(definitions['Other'], undefined);
});

test('a server that is registered for a version of custom resources has it, in requests and in discovery', async () => {
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const schema = { openAPIV3Schema: { type: 'object' } };
  const versions = ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === 'v1', schema }));
  const spec = { group: 'drinks.example.com', scope: 'Cluster', names: { plural: 'teas', kind: 'Tea' }, versions };
  const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec };
  await http(stack.admin, 'POST', crds, { ...crd, metadata: { name: 'teas.drinks.example.com' } });
  const teas = (version: string) => `/apis/drinks.example.com/${version}/teas`;
  const kind = async (version: string) => (await http(stack.admin, 'GET', teas(version))).json<{ kind: string }>().kind;
  const group = async () =>
    (await http(stack.admin, 'GET', '/apis/drinks.example.com'))
      .json<{ versions: { version: string }[] }>()
      .versions.map(({ version }) => version);
  assert.deepEqual([await kind('v1'), await kind('v2'), await group()], ['TeaList', 'TeaList', ['v2', 'v1']]);
  await register('drinks.example.com', 'kitchen');
  assert.deepEqual([await kind('v1'), await kind('v2'), await group()], ['Soup', 'TeaList', ['v2', 'v1']]);
  const { paths } = (await http(stack.admin, 'GET', '/openapi/v2')).json<{ paths: Record<string, unknown> }>();
  assert.ok(teas('v2') in paths && !(teas('v1') in paths));
  await http(stack.admin, 'DELETE', `${services}/v1.drinks.example.com`);
  assert.equal(await kind('v1'), 'TeaList');
});

test('what is built in cannot be another server’s', async () => {
  const merge = { 'content-type': 'application/merge-patch+json' };
  const spec = {
    version: 'v1',
    groupPriorityMinimum: 100,
    versionPriority: 10,
    service: { name: 'a', namespace: 'b' },
  };
  const body = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1.apps' } };
  const created = await http(stack.admin, 'POST', services, { ...body, spec: { ...spec, group: 'apps' } });
  assert.equal(created.status, 422);
  assert.match(created.text, /spec\.service: Forbidden: apps\/v1 is built in/);
  const local = { ...spec, group: 'apps', service: undefined };
  assert.equal((await http(stack.admin, 'POST', services, { ...body, spec: local })).status, 201);
  const patched = await http(stack.admin, 'PATCH', `${services}/v1.apps`, { spec: { service: spec.service } }, merge);
  assert.equal(patched.status, 422);
  await http(stack.admin, 'DELETE', `${services}/v1.apps`);
});

describe('an aggregated API server that is not there', () => {
  const ask = async (group: string): Promise<[number, string, string | undefined]> => {
    const answer = await http(stack.admin, 'GET', `/apis/${group}/v1/things`);
    return [answer.status, answer.text, answer.headers['content-type']];
  };

  test('is answered for in plain text, as kube-aggregator does', async () => {
    const plain = 'text/plain; charset=utf-8';
    assert.deepEqual(await ask('away.example.com'), [503, 'service unavailable\n', plain]);
    assert.deepEqual(await ask('lost.example.com'), [503, 'service unavailable\n', plain]);
    const refused = 'error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused\n';
    assert.deepEqual(await ask('dead.example.com'), [503, refused, plain]);
  });

  test('or that nobody vouches for, is not spoken to', async () => {
    const [status, text] = await ask('forged.example.com');
    assert.equal(status, 503);
    assert.match(text, /x509: certificate signed by unknown authority/);
  });

  test('and one that is not registered is no page', async () => {
    assert.deepEqual((await ask('nobody.example.com')).slice(0, 2), [404, '404 page not found\n']);
  });
});

test('the condition of an APIService says what was found', async () => {
  const catalogs = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
  const client = createLoopbackClient({ registry: stack.registry, catalogs, store, user: systemUser });
  const controller = createApiServiceController({ store, client, frontProxy });
  const condition = async (): Promise<string[]> => {
    const context = { signal: new AbortController().signal, enqueue: () => undefined };
    await controller.reconcile('root/apiservices.apiregistration.k8s.io//v1.meals.example.com', context);
    const { status } = (await http(stack.admin, 'GET', `${services}/v1.meals.example.com`)).json<{
      status: { conditions: Record<string, string>[] };
    }>();
    return status.conditions.map(({ status: is, reason, message }) => `${is} ${reason}: ${message}`);
  };
  const shown = 'service/kitchen in "default"';
  assert.deepEqual(await condition(), [`False ServiceNotFound: ${shown} is not present`]);
  const make = (kind: string, resource: string, object: object) =>
    http(stack.admin, 'POST', `/api/v1/namespaces/default/${resource}`, {
      apiVersion: 'v1',
      kind,
      metadata: { name: 'kitchen' },
      ...object,
    });
  await make('Service', 'services', { spec: { clusterIP: 'None', ports: [{ name: 'https', port: 443 }] } });
  assert.deepEqual(await condition(), [`False EndpointsNotFound: cannot find endpoints for ${shown}`]);
  await make('Endpoints', 'endpoints', {
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ name: 'https', port: 8443 }] }],
  });
  assert.deepEqual(await condition(), ['True Passed: all checks passed']);
});
