import assert from 'node:assert/strict';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import WebSocket from 'ws';
import { builtinSchemaForKind } from '../../src/api/builtin-types.ts';
import { decodeProtobufObject } from '../../src/apimachinery/protobuf/decode.ts';
import { http, type Endpoint } from '../support/http.ts';
import { makeCluster, type Stack, startStack } from '../support/http-stack.ts';
import { eventually } from '../support/wait.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const tableV1 = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function configMap(name: string, data: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

type Event = {
  type: string;
  object: { kind: string; metadata: { name?: string; annotations?: object; resourceVersion: string } };
};

/** A watch over HTTP/1.1 whose events are gathered. */
function watch(endpoint: Endpoint, path: string, headers: Record<string, string> = {}) {
  const events: Event[] = [];
  let ended = false;
  let status = 0;
  const request = httpsRequest(
    endpoint.url + path,
    { agent: false, ca: endpoint.ca, headers: { authorization: `Bearer ${endpoint.token}`, ...headers } },
    (response) => {
      status = response.statusCode ?? 0;
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) events.push(JSON.parse(line));
      });
      response.on('end', () => {
        ended = true;
      });
      response.on('error', () => undefined);
    },
  );
  request.on('error', () => undefined);
  request.end();
  return { events, isEnded: () => ended, status: () => status, stop: () => request.destroy() };
}

describe('the API over HTTP', () => {
  let stack: Stack;
  let admin: Endpoint;
  before(async () => {
    stack = await startStack();
    admin = stack.admin;
    await makeCluster(stack.store, 'root', 'org', 'aaaaaaaaaaaaaaaa');
    await makeCluster(stack.store, 'aaaaaaaaaaaaaaaa', 'team', 'bbbbbbbbbbbbbbbb');
  });
  after(() => stack.stop());

  describe('answers', () => {
    it('carry an audit id, the client’s own when it brings one', async () => {
      const answer = await http(admin, 'GET', '/version');
      assert.match(String(answer.headers['audit-id']), /^[0-9a-f-]{36}$/);
      const own = await http(admin, 'GET', '/version', undefined, { 'audit-id': 'mine-1' });
      assert.equal(own.headers['audit-id'], 'mine-1');
      const hostile = await http(admin, 'GET', '/version', undefined, { 'audit-id': 'a b<script>' });
      assert.notEqual(hostile.headers['audit-id'], 'a b<script>');
    });

    it('are not cached and do not tell what serves them', async () => {
      const { headers } = await http(admin, 'GET', configMaps);
      assert.equal(headers['cache-control'], 'no-cache, private');
      assert.equal(headers['x-powered-by'], undefined);
      assert.equal(headers['etag'], undefined);
    });

    it('to HEAD have no body', async () => {
      const answer = await http(admin, 'HEAD', '/healthz');
      assert.deepEqual([answer.status, answer.text], [200, '']);
    });

    it('are logged once, without secrets', async () => {
      const auditId = 'log-test';
      await http(admin, 'GET', `${configMaps}?labelSelector=secret%3Dvalue`, undefined, { 'audit-id': auditId });
      const lines = await eventually('a log line', () => {
        const found = stack.logged.filter((line) => line['auditId'] === auditId);
        return found.length > 0 ? found : undefined;
      });
      assert.equal(lines.length, 1);
      assert.partialDeepStrictEqual(lines[0], {
        status: 200,
        verb: 'list',
        user: 'admin',
        cluster: 'root',
        path: configMaps,
      });
      assert.ok(!JSON.stringify(lines).includes(String(admin.token)));
      assert.ok(!JSON.stringify(lines).includes('secret'));
    });
  });

  describe('logical clusters', () => {
    it('are reached by name and by path', async () => {
      const created = await http(admin, 'POST', `/clusters/root:org:team${configMaps}`, configMap('placed'));
      assert.equal(created.status, 201);
      assert.equal((await http(admin, 'GET', `/clusters/bbbbbbbbbbbbbbbb${configMaps}/placed`)).status, 200);
      assert.equal((await http(admin, 'GET', `/clusters/aaaaaaaaaaaaaaaa:team${configMaps}/placed`)).status, 200);
      for (const other of ['', '/clusters/root', '/clusters/root:org']) {
        assert.equal((await http(admin, 'GET', `${other}${configMaps}/placed`)).status, 404);
      }
    });

    const forbidden = [
      'root:nope',
      'nope',
      'zzzzzzzzzzzzzzzz',
      'root:org:team:x',
      'ROOT',
      'root:',
      ':',
      'a:b',
      '*',
      `${'a:'.repeat(600)}a`,
    ];
    for (const name of forbidden) {
      it(`that do not exist are forbidden, also for discovery: ${name.slice(0, 20)}`, async () => {
        for (const path of ['/api', '/apis', '/api/v1/namespaces', '/openapi/v3', '/version', '/healthz', '/nowhere']) {
          const answer = await http(admin, 'GET', `/clusters/${name}${path}`);
          assert.equal(answer.status, 403, path);
          assert.equal(
            answer.json()['message'],
            `forbidden: User "admin" cannot get path "/clusters/${name}${path}": workspace access not permitted`,
          );
        }
      });
    }

    it('that one may not enter look exactly like those that do not exist', async () => {
      const shape = async (endpoint: Endpoint, name: string, path: string) => {
        const answer = await http(endpoint, 'GET', `/clusters/${name}${path}`);
        const { date: _date, 'audit-id': _id, 'content-length': _length, ...headers } = answer.headers;
        return { status: answer.status, headers, text: answer.text.replaceAll(name, 'NAME') };
      };
      for (const endpoint of [stack.nobody, stack.anonymous]) {
        for (const path of [
          '/api/v1/namespaces',
          '/api',
          '/openapi/v3',
          '/version',
          '/healthz',
          '/readyz/ping',
          '/x',
        ]) {
          const there = await shape(endpoint, 'root:org', path);
          assert.deepEqual(there, await shape(endpoint, 'root:nope', path));
          assert.equal(there.status, 403);
        }
      }
    });

    it('do not nest in a path', async () => {
      for (const first of ['root', 'root:nope']) {
        const answer = await http(admin, 'GET', `/clusters/${first}/clusters/root/api`);
        assert.deepEqual([answer.status, answer.text], [404, '404 page not found\n']);
      }
    });
  });

  describe('without credentials', () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping', '/version']) {
      it(`${path} is open`, async () => {
        assert.equal((await http(stack.anonymous, 'GET', path)).status, 200);
      });
    }
    for (const path of ['/', '/api', '/apis', '/metrics', '/openapi/v2', '/openid/v1/jwks', configMaps, '/nowhere']) {
      it(`${path} is closed`, async () => {
        const answer = await http(stack.anonymous, 'GET', path);
        assert.equal(answer.status, 403);
        assert.match(String(answer.json()['message']), /"system:anonymous" cannot/);
      });
    }
    it('a wrong token opens nothing', async () => {
      assert.equal((await http({ ...admin, token: 'wrong' }, 'GET', '/healthz')).status, 401);
    });
  });

  describe('identity', () => {
    it('comes from a client certificate, over HTTP/1.1 and HTTP/2', async () => {
      const { adminCert: cert, adminKey: key } = stack.pki;
      assert.ok(cert !== undefined && key !== undefined);
      const auditId = 'certificate-test';
      await new Promise<void>((resolve, reject) => {
        const headers = { 'audit-id': auditId };
        httpsRequest(`${admin.url}/api`, { agent: false, ca: admin.ca, cert, key, headers }, (response) => {
          response.resume();
          response.on('end', () => resolve());
        })
          .on('error', reject)
          .end();
      });
      const session = connectHttp2(admin.url, { ca: admin.ca, cert, key });
      for (let i = 0; i < 2; i++) {
        await new Promise<void>((resolve, reject) => {
          const stream = session.request({ ':path': '/api', 'audit-id': auditId });
          stream.resume();
          stream.on('end', () => resolve());
          stream.on('error', reject);
        });
      }
      session.close();
      const lines = stack.logged.filter((line) => line['auditId'] === auditId);
      assert.deepEqual(
        lines.map((line) => [line['user'], line['status']]),
        Array.from({ length: 3 }, () => ['atoll-admin', 200]),
      );
    });

    it('is another’s for those who may impersonate', async () => {
      const as = (user: string, more: Record<string, string> = {}) =>
        http(admin, 'GET', configMaps, undefined, { 'impersonate-user': user, ...more });
      const refused = await as('jane');
      assert.equal(refused.status, 403);
      assert.equal((await as('jane', { 'impersonate-group': 'system:masters' })).status, 200);
      const account = await as('system:serviceaccount:default:robot');
      assert.match(String(account.json()['message']), /User "system:serviceaccount:default:robot" cannot list/);
    });

    it('is nobody else’s for those who may not', async () => {
      const answer = await http(stack.nobody, 'GET', configMaps, undefined, { 'impersonate-user': 'admin' });
      assert.equal(answer.status, 403);
      const groups = await http(admin, 'GET', configMaps, undefined, { 'impersonate-group': 'system:masters' });
      assert.equal(groups.status, 400);
    });
  });

  describe('verbs', () => {
    it('create, read, replace, patch and delete', async () => {
      const created = await http(admin, 'POST', configMaps, configMap('life', { a: '1' }));
      assert.equal(created.status, 201);
      const object = created.json<{ metadata: { resourceVersion: string }; data: Record<string, string> }>();
      const replaced = await http(admin, 'PUT', `${configMaps}/life`, { ...object, data: { a: '2' } });
      assert.equal(replaced.status, 200);
      assert.equal((await http(admin, 'PUT', `${configMaps}/life`, { ...object, data: { a: '3' } })).status, 409);
      const patched = await http(
        admin,
        'PATCH',
        `${configMaps}/life`,
        { data: { b: '1' } },
        { 'content-type': 'application/merge-patch+json' },
      );
      assert.deepEqual(patched.json<typeof object>().data, { a: '2', b: '1' });
      assert.equal((await http(admin, 'GET', `${configMaps}/life`)).text, patched.text);
      const deleted = await http(admin, 'DELETE', `${configMaps}/life`, { propagationPolicy: 'Background' });
      assert.partialDeepStrictEqual(deleted.json(), {
        kind: 'Status',
        status: 'Success',
        details: { name: 'life', kind: 'configmaps' },
      });
      assert.equal((await http(admin, 'GET', `${configMaps}/life`)).status, 404);
    });

    it('keep keys that JavaScript objects treat specially', async () => {
      const body =
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}';
      const created = await http(admin, 'POST', configMaps, body);
      assert.equal(created.status, 201);
      assert.ok(created.text.includes('"__proto__":"x"'));
    });

    it('refuse bodies that are too large, announced or not', async () => {
      const large = 'x'.repeat(3 * 1024 * 1024);
      for (const headers of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
        const answer = await post(admin, configMaps, large, headers);
        assert.equal(answer.status, 413);
        assert.match(answer.text, /Request entity too large: limit is 3145728/);
      }
    });

    it('refuse compressed bodies', async () => {
      const answer = await http(admin, 'POST', configMaps, configMap('x'), { 'content-encoding': 'gzip' });
      assert.equal(answer.status, 415);
    });

    it('refuse deep nesting', async () => {
      const body = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"data":${'['.repeat(100_000)}`;
      assert.equal((await http(admin, 'POST', configMaps, body)).status, 400);
    });
  });

  describe('lists', () => {
    const path = '/api/v1/namespaces/lists/configmaps';
    before(async () => {
      await http(admin, 'POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'lists' },
      });
      const text = 'text that packs well '.repeat(40);
      for (let i = 0; i < 200; i++)
        await http(admin, 'POST', path, configMap(`c${String(i).padStart(3, '0')}`, { text }));
    });

    it('are the same packed and unpacked, remembered or new, before and after a change elsewhere', async () => {
      const plain = await http(admin, 'GET', path);
      const packed = await raw(admin, path, { 'accept-encoding': 'gzip' });
      assert.equal(packed.headers['content-encoding'], 'gzip');
      assert.equal(gunzipSync(packed.body).toString(), plain.text);
      await http(admin, 'POST', configMaps, configMap('elsewhere'));
      const later = await raw(admin, path, { 'accept-encoding': 'gzip' });
      const [first, second] = [plain.json(), JSON.parse(gunzipSync(later.body).toString())];
      assert.deepEqual(second.items, first['items']);
      assert.equal((second.items as unknown[]).length, 200);
    });

    it('carry no kind in items of built-in kinds', async () => {
      const list = (await http(admin, 'GET', `${path}?limit=2`)).json<{
        items: { kind?: string; metadata: object }[];
      }>();
      assert.deepEqual(
        list.items.map(({ kind }) => kind),
        [undefined, undefined],
      );
      assert.equal(Object.keys(list.items[0] ?? {})[0], 'metadata');
    });

    it('show every change at once', async () => {
      const count = async () => (await http(admin, 'GET', path)).json<{ items: unknown[] }>().items.length;
      assert.equal(await count(), 200);
      await http(admin, 'POST', path, configMap('more'));
      assert.equal(await count(), 201);
      await http(admin, 'DELETE', `${path}/more`);
      assert.equal(await count(), 200);
    });

    it('come as tables and as metadata only', async () => {
      const table = (await http(admin, 'GET', `${path}?limit=1`, undefined, { accept: tableV1 })).json<{
        kind: string;
        columnDefinitions: { name: string }[];
        rows: { cells: unknown[]; object: { kind: string } }[];
        metadata: { continue: string };
      }>();
      assert.equal(table.kind, 'Table');
      assert.deepEqual(
        table.columnDefinitions.map(({ name }) => name),
        ['Name', 'Data', 'Age'],
      );
      assert.deepEqual(table.rows[0]?.cells.slice(0, 2), ['c000', 1]);
      assert.equal(table.rows[0]?.object.kind, 'PartialObjectMetadata');
      assert.notEqual(table.metadata.continue, undefined);
      const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
      const partial = (await http(admin, 'GET', path, undefined, { accept })).json<{ kind: string; items: object[] }>();
      assert.equal(partial.kind, 'PartialObjectMetadataList');
      assert.deepEqual(Object.keys(partial.items[0] ?? {}), ['kind', 'apiVersion', 'metadata']);
    });

    it('come as YAML', async () => {
      const answer = await http(admin, 'GET', `${path}?limit=1`, undefined, { accept: 'application/yaml' });
      assert.equal(answer.headers['content-type'], 'application/yaml');
      assert.match(answer.text, /^apiVersion: v1\nitems:\n- data:\n/);
    });
  });

  it('looks for an object before it says that its form does not fit', async () => {
    await http(admin, 'POST', configMaps, configMap('shaped', {}));
    const accept = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    assert.equal((await http(admin, 'GET', `${configMaps}/shaped`, undefined, accept)).status, 406);
    assert.equal((await http(admin, 'GET', `${configMaps}/absent`, undefined, accept)).status, 404);
    assert.equal((await http(admin, 'POST', `${configMaps}/shaped`, configMap('shaped', {}))).status, 405);
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const refused = await http(admin, 'POST', reviews, {}, table);
    assert.equal(refused.status, 406);
    assert.match((refused.json() as { message: string }).message, /application\/vnd\.kubernetes\.protobuf$/);
  });

  describe('protobuf', () => {
    const accept = 'application/vnd.kubernetes.protobuf';
    const decode = (bytes: Uint8Array) => decodeProtobufObject(bytes, builtinSchemaForKind);

    it('carries the same as JSON to clients that take nothing else', async () => {
      await http(admin, 'POST', configMaps, configMap('proto-buf', { a: 'ü' }));
      const object = await raw(admin, `${configMaps}/proto-buf`, { accept });
      assert.equal(object.headers['content-type'], accept);
      assert.deepEqual(decode(object.body), (await http(admin, 'GET', `${configMaps}/proto-buf`)).json());
      const selected = `${configMaps}?fieldSelector=metadata.name%3Dproto-buf`;
      const list = decode((await raw(admin, selected, { accept })).body) as unknown as {
        kind: string;
        items: object[];
      };
      assert.equal(list.kind, 'ConfigMapList');
      assert.partialDeepStrictEqual(list.items, [{ metadata: { name: 'proto-buf' }, data: { a: 'ü' } }]);
      const missing = decode((await raw(admin, `${configMaps}/missing`, { accept })).body);
      assert.partialDeepStrictEqual(missing, { kind: 'Status', reason: 'NotFound', code: 404 });
    });

    it('frames the events of a watch', async () => {
      const path = `${configMaps}?watch=1&fieldSelector=metadata.name%3Dproto-buf&timeoutSeconds=1`;
      const { headers, body } = await raw(admin, path, { accept });
      assert.equal(headers['content-type'], `${accept};stream=watch`);
      assert.equal(body.readUInt32BE(0), body.length - 4);
      const at = body.indexOf('k8s\0');
      assert.equal(decode(body.subarray(at)).metadata.name, 'proto-buf');
    });

    it('is no answer to those who take JSON as well', async () => {
      const answer = await raw(admin, `${configMaps}/proto-buf`, { accept: `${accept},application/json` });
      assert.equal(answer.headers['content-type'], 'application/json');
    });
  });

  describe('OpenAPI', () => {
    type Index = { paths: Record<string, { serverRelativeURL: string }> };

    for (const prefix of ['', '/clusters/root:org']) {
      it(`leads from the index${prefix} to documents that may be kept for ever`, async () => {
        const index = (await http(admin, 'GET', `${prefix}/openapi/v3`)).json<Index>();
        const url = index.paths['api/v1']?.serverRelativeURL ?? '';
        assert.ok(url.startsWith(`${prefix}/openapi/v3/api/v1?hash=`));
        const document = await http(admin, 'GET', url);
        assert.equal(document.status, 200);
        assert.equal(document.headers['cache-control'], 'public, immutable');
        assert.ok(document.json<{ paths: object }>().paths);
        const again = await http(admin, 'GET', url, undefined, { 'if-none-match': String(document.headers['etag']) });
        assert.deepEqual([again.status, again.text], [304, '']);
        const moved = await http(admin, 'GET', `${prefix}/openapi/v3/api/v1?hash=old`);
        assert.deepEqual([moved.status, moved.headers['location']], [301, url]);
      });
    }

    it('v2 comes as JSON and as protobuf, compressed when large', async () => {
      const json = await http(admin, 'GET', '/openapi/v2');
      assert.equal(json.json()['swagger'], '2.0');
      const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
      const packed = await raw(admin, '/openapi/v2', { accept, 'accept-encoding': 'gzip' });
      assert.equal(packed.headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
      assert.ok(gunzipSync(packed.body).includes('ConfigMap'));
      assert.equal((await http(admin, 'GET', '/openapi/v2', undefined, { accept: 'text/html' })).status, 406);
    });
  });

  describe('discovery', () => {
    it('comes whole, with an entity tag', async () => {
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
      for (const path of ['/api', '/apis']) {
        const answer = await http(admin, 'GET', path, undefined, { accept });
        assert.equal(
          answer.headers['content-type'],
          'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
        );
        assert.partialDeepStrictEqual(answer.json(), {
          kind: 'APIGroupDiscoveryList',
          apiVersion: 'apidiscovery.k8s.io/v2',
        });
        const headers = { accept, 'if-none-match': String(answer.headers['etag']) };
        assert.equal((await http(admin, 'GET', path, undefined, headers)).status, 304);
        assert.equal(answer.headers['vary'], 'Accept');
      }
    });

    it('differs between root and other logical clusters', async () => {
      const groups = async (prefix: string) =>
        (await http(admin, 'GET', `${prefix}/apis/placement.atoll.dev/v1alpha1`)).text;
      assert.ok((await groups('')).includes('physicalclusters'));
      assert.ok(!(await groups('/clusters/root:org')).includes('physicalclusters'));
    });
  });

  describe('watches', () => {
    it('deliver what there is and what comes, and a bookmark two seconds before their end', async () => {
      await http(admin, 'POST', configMaps, configMap('w1'));
      const seen = watch(
        admin,
        `${configMaps}?watch=1&fieldSelector=metadata.name%3Dw1&allowWatchBookmarks=true&timeoutSeconds=4`,
      );
      await eventually('the first event', () => seen.events.length === 1);
      await http(admin, 'DELETE', `${configMaps}/w1`);
      await eventually('the end', () => seen.isEnded());
      assert.deepEqual(
        seen.events.map(({ type }) => type),
        ['ADDED', 'DELETED', 'BOOKMARK'],
      );
      assert.equal(seen.events[2]?.object.kind, 'ConfigMap');
    });

    it('mark the end of initial events', async () => {
      const query =
        'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=30';
      const seen = watch(admin, `${configMaps}?${query}`);
      const bookmark = await eventually('the bookmark', () => seen.events.find(({ type }) => type === 'BOOKMARK'));
      assert.deepEqual(bookmark.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
      seen.stop();
    });

    it('come as table rows, with columns in the first', async () => {
      await http(admin, 'POST', configMaps, configMap('w2'));
      await http(admin, 'POST', configMaps, configMap('w3'));
      const seen = watch(admin, `${configMaps}?watch=1&timeoutSeconds=30`, { accept: tableV1 });
      await eventually('two rows', () => seen.events.length >= 2);
      const columns = seen.events.map(
        ({ object }) => (object as unknown as { columnDefinitions: unknown }).columnDefinitions,
      );
      assert.ok(Array.isArray(columns[0]));
      assert.ok(columns.slice(1).every((each) => each === null));
      seen.stop();
    });

    it('say in an event that history is gone', async () => {
      const seen = watch(admin, `${configMaps}?watch=1&resourceVersion=999999999&timeoutSeconds=1`);
      await eventually('an end', () => seen.isEnded());
      assert.equal(seen.status(), 200);
    });

    it('leave nothing behind when the client goes', async () => {
      const seen = watch(admin, `${configMaps}?watch=1`);
      await eventually('an event', () => seen.events.length > 0);
      const open = async () =>
        /apiserver_longrunning_requests (\d+)/.exec((await http(admin, 'GET', '/metrics')).text)?.[1];
      assert.notEqual(await open(), '0');
      seen.stop();
      await eventually('no watch', async () => (await open()) === '0');
    });

    it('work over WebSocket, with the token in a subprotocol', async () => {
      const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from(String(admin.token)).toString('base64url')}`;
      const socket = new WebSocket(
        `${admin.url.replace('https', 'wss')}${configMaps}?watch=1&fieldSelector=metadata.name%3Dws`,
        [protocol, 'v1.events'],
        { ca: admin.ca },
      );
      const messages: Event[] = [];
      socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
      await new Promise((resolve, reject) => {
        socket.on('open', resolve);
        socket.on('error', reject);
      });
      assert.equal(socket.protocol, 'v1.events');
      await http(admin, 'POST', configMaps, configMap('ws'));
      await eventually('a message', () => messages.length === 1);
      assert.equal(messages[0]?.object.metadata.name, 'ws');
      socket.close();
    });

    it('over WebSocket are refused as any request', async () => {
      const socket = new WebSocket(`${admin.url.replace('https', 'wss')}${configMaps}?watch=1`, { ca: admin.ca });
      const status = await new Promise((resolve, reject) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('open', () => reject(new Error('opened')));
        socket.on('error', reject);
      });
      assert.equal(status, 403);
      socket.terminate();
    });
  });

  describe('HTTP/2', () => {
    let session: ClientHttp2Session;
    before(() => {
      session = connectHttp2(admin.url, { ca: admin.ca });
    });
    after(() => session.close());

    function ask(method: string, path: string, body?: string | Buffer): Promise<{ status: number; text: string }> {
      return new Promise((resolve, reject) => {
        const stream = session.request({ ':method': method, ':path': path, authorization: `Bearer ${admin.token}` });
        let status = 0;
        let text = '';
        stream.on('response', (headers) => {
          status = Number(headers[':status']);
        });
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        stream.on('end', () => resolve({ status, text }));
        stream.on('error', reject);
        stream.end(body);
      });
    }

    it('serves every verb and many streams at once', async () => {
      const created = await ask('POST', configMaps, JSON.stringify(configMap('h2')));
      assert.equal(created.status, 201);
      const answers = await Promise.all(Array.from({ length: 200 }, () => ask('GET', `${configMaps}/h2`)));
      assert.ok(answers.every(({ status, text }) => status === 200 && text === created.text));
      assert.equal((await ask('DELETE', `${configMaps}/h2`)).status, 200);
    });

    it('refuses large bodies and broken paths, and goes on', async () => {
      assert.equal((await ask('POST', configMaps, Buffer.alloc(4 * 1024 * 1024, 0x20))).status, 413);
      assert.equal((await ask('GET', '/%zz')).status, 400);
      assert.equal((await ask('GET', '/version')).status, 200);
    });

    it('carries many watches on one connection', async () => {
      const counts = Array.from({ length: 50 }, () => 0);
      const streams = counts.map((_, i) => {
        const stream = session.request({
          ':path': `${configMaps}?watch=1&labelSelector=h2%3Dwatch`,
          authorization: `Bearer ${admin.token}`,
        });
        stream.on('data', (chunk: Buffer) => {
          counts[i] = (counts[i] ?? 0) + chunk.toString().split('\n').length - 1;
        });
        return new Promise<typeof stream>((resolve) => stream.on('response', () => resolve(stream)));
      });
      const open = await Promise.all(streams);
      const labelled = { ...configMap('h2w'), metadata: { name: 'h2w', labels: { h2: 'watch' } } };
      await http(admin, 'POST', configMaps, labelled);
      await eventually('an event on every watch', () => counts.every((count) => count === 1));
      for (const stream of open) stream.close();
    });
  });

  describe('hostile connections', () => {
    const hostile: Record<string, string> = {
      'no HTTP at all': 'hello\r\n\r\n',
      'a broken header': 'GET /version HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n',
      'two lengths': 'POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'length and chunks':
        'POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'a huge header': `GET /version HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`,
      'an absolute target': 'GET http://other/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'a broken handshake': `GET ${configMaps}?watch=1 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer TOKEN\r\n\r\n`,
      'an odd upgrade': 'GET /version HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    };
    for (const [name, bytes] of Object.entries(hostile)) {
      it(`with ${name} end and harm nobody`, async () => {
        const text = await exchange(admin, bytes.replace('TOKEN', String(admin.token)));
        assert.match(text, /^(HTTP\/1\.1 (200|4\d\d)|$)/);
        assert.equal((await http(admin, 'GET', '/version')).status, 200);
      });
    }
  });

  it('survives clients that vanish in the middle of everything', async () => {
    let running = true;
    const writing = (async () => {
      for (let i = 0; running; i++) {
        const labels = { chaos: 'yes' };
        await http(admin, 'POST', configMaps, {
          ...configMap(`chaos-${i}`, { fill: 'x'.repeat(5000) }),
          metadata: { name: `chaos-${i}`, labels },
        });
      }
    })();
    const watchPath = `${configMaps}?watch=1&labelSelector=chaos%3Dyes`;
    for (let round = 0; round < 15; round++) {
      const http1 = Array.from({ length: 10 }, () => watch(admin, watchPath));
      const session = connectHttp2(admin.url, { ca: admin.ca });
      session.on('error', () => undefined);
      for (let i = 0; i < 10; i++) {
        const path = i % 2 === 0 ? watchPath : configMaps;
        const stream = session.request({ ':path': path, authorization: `Bearer ${admin.token}` });
        stream.on('error', () => undefined);
        if (i % 3 === 0) stream.on('response', () => stream.close());
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (round % 3 !== 0) await eventually('some events', () => http1.some(({ events }) => events.length > 0));
      session.destroy();
      for (const each of http1) each.stop();
    }
    running = false;
    await writing;
    assert.equal((await http(admin, 'GET', '/livez')).status, 200);
    const open = async () =>
      /apiserver_longrunning_requests (\d+)/.exec((await http(admin, 'GET', '/metrics')).text)?.[1];
    await eventually('no watch left', async () => (await open()) === '0');
  });

  it('says what is wrong with nothing but 4xx', async () => {
    const queries = [
      '?limit=x',
      '?continue=x',
      '?resourceVersion=x',
      '?labelSelector=a%3D%3D%3Db',
      '?fieldSelector=a%3Db',
      '?watch=1&resourceVersion=x',
      '?timeout=x',
    ];
    for (const query of queries) {
      const { status } = await http(admin, 'GET', configMaps + query);
      assert.ok(status >= 400 && status < 500, `${query}: ${status}`);
    }
  });
});

describe('limits', () => {
  it('answer 429 with Retry-After when the process has its hands full', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stack = await startStack({
      limits: { requestsInFlight: 1, watches: 1 },
      wrapRegistry: (registry) => ({
        ...bound(registry),
        get: async (...args) => {
          await held;
          return registry.get(...args);
        },
      }),
    });
    try {
      const slow = http(stack.admin, 'GET', '/api/v1/namespaces/default');
      const full = await eventually('429', async () => {
        const answer = await http(stack.admin, 'GET', configMaps);
        return answer.status === 429 ? answer : undefined;
      });
      assert.equal(full.headers['retry-after'], '1');
      release();
      assert.equal((await slow).status, 200);
      const first = watch(stack.admin, `${configMaps}?watch=1`);
      await eventually('a watch', () => first.status() === 200);
      assert.equal((await http(stack.admin, 'GET', `${configMaps}?watch=1`)).status, 429);
      first.stop();
    } finally {
      await stack.stop();
    }
  });

  it('end requests that take too long', async () => {
    const stack = await startStack({
      wrapRegistry: (registry) => ({ ...bound(registry), get: () => new Promise(() => undefined) }),
    });
    const answer = await http(stack.admin, 'GET', '/api/v1/namespaces/default?timeout=100ms');
    assert.equal(answer.status, 504);
    assert.equal(answer.json()['reason'], 'Timeout');
    await stack.stop();
  });

  it('hide what went wrong inside', async () => {
    const stack = await startStack({
      wrapRegistry: (registry) => ({ ...bound(registry), get: () => Promise.reject(new Error('password=hunter2')) }),
    });
    const answer = await http(stack.admin, 'GET', '/api/v1/namespaces/default');
    assert.equal(answer.status, 500);
    assert.ok(!answer.text.includes('hunter2'));
    await eventually('the log', () => stack.logged.some((line) => line['status'] === 500 && line['level'] === 50));
    await stack.stop();
  });
});

describe('the end of a process', () => {
  it('finishes requests, ends watches with a bookmark and tells HTTP/2 clients to leave', async () => {
    const stack = await startStack();
    const seen = watch(stack.admin, `${configMaps}?watch=1&allowWatchBookmarks=true`);
    await http(stack.admin, 'POST', configMaps, configMap('last'));
    await eventually('an event', () => seen.events.length > 0);
    const session = connectHttp2(stack.admin.url, { ca: stack.admin.ca });
    await new Promise((resolve) => session.on('connect', resolve));
    const goaway = new Promise((resolve) => session.on('goaway', resolve));
    stack.api.stopBeingReady();
    assert.equal((await http(stack.admin, 'GET', '/readyz')).status, 500);
    assert.equal((await http(stack.admin, 'GET', '/livez')).status, 200);
    await stack.stop();
    await goaway;
    await eventually('the end of the watch', () => seen.isEnded());
    assert.equal(seen.events.at(-1)?.type, 'BOOKMARK');
    await assert.rejects(http(stack.admin, 'GET', '/version'));
  });
});

/** The verbs of a registry as own properties, to replace some of them. */
function bound(registry: Stack['registry']): Stack['registry'] {
  return {
    get: registry.get.bind(registry),
    list: registry.list.bind(registry),
    watch: registry.watch.bind(registry),
    create: registry.create.bind(registry),
    update: registry.update.bind(registry),
    patch: registry.patch.bind(registry),
    delete: registry.delete.bind(registry),
    deleteCollection: registry.deleteCollection.bind(registry),
  };
}

function raw(endpoint: Endpoint, path: string, headers: Record<string, string>) {
  return new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    httpsRequest(
      endpoint.url + path,
      { agent: false, ca: endpoint.ca, headers: { authorization: `Bearer ${endpoint.token}`, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
        response.on('error', reject);
      },
    )
      .on('error', reject)
      .end();
  });
}

function post(endpoint: Endpoint, path: string, body: string, headers: Record<string, string>) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const chunked = headers['transfer-encoding'] === 'chunked';
    const request = httpsRequest(
      endpoint.url + path,
      {
        agent: false,
        ca: endpoint.ca,
        method: 'POST',
        headers: {
          authorization: `Bearer ${endpoint.token}`,
          'content-type': 'application/json',
          ...(chunked ? headers : { 'content-length': body.length + 1 }),
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject);
    request.write(body);
    request.end('}');
  });
}

/** Writes bytes to a fresh connection and gives what comes back until it closes. */
function exchange(endpoint: Endpoint, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint.url);
    const socket = connectTls({ host: hostname, port: Number(port), ca: endpoint.ca, ALPNProtocols: ['http/1.1'] });
    let text = '';
    socket.on('secureConnect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    // A server that does not read on may answer with a reset.
    socket.on('error', (error: Error & { code?: string }) =>
      error.code === 'ECONNRESET' ? resolve(text) : reject(error),
    );
    socket.on('close', () => resolve(text));
    socket.setTimeout(3000, () => socket.destroy());
  });
}
