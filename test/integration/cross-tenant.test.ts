import assert from 'node:assert/strict';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { createServiceAccountTokenIssuer } from '../../src/authentication/service-account/issuer.ts';
import { loadServiceAccountKeys } from '../../src/authentication/service-account/keys.ts';
import { createAuthenticator } from '../../src/authentication/union.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import type { ClusterName } from '../../src/logicalcluster/name.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { newPrivateKeyPem } from '../../src/server/pki/certificates.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { http } from '../support/http.ts';
import { makeCluster, type Stack, startStack } from '../support/http-stack.ts';
import { random } from '../support/random.ts';

const red = 'redredredredred1' as ClusterName;
const blue = 'bluebluebluebl11' as ClusterName;
/** Stands in every object of red, and nowhere else: whoever sees it has seen red. */
const mark = 'mark-of-red-7c1f';
const attempts = 100_000;
const concurrency = 32;
const externalUrl = 'https://127.0.0.1:6443';
const key = newPrivateKeyPem();

/** `mallory` may do everything in blue, and nothing in red. */
describe('what a tenant tries', () => {
  let stack: Stack;
  let store: ObjectStore;
  /** The same API without TLS: the attempts are about what is behind it. */
  let plain: Server;
  let origin: { port: number };
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  let redUid = '';
  let redRevision = '';
  let redContinue = '';
  let credentials: readonly Record<string, string>[];

  before(async () => {
    store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'CA' }) });
    await makeCluster(store, 'root', 'red', red);
    await makeCluster(store, 'root', 'blue', blue);
    const keys = loadServiceAccountKeys([key]);
    const users = [
      { token: 'mallory-token', user: { name: 'mallory', uid: '', groups: ['blue-team'], extra: {} } },
      { token: 'stack-admin-token', user: { name: 'admin', uid: '1', groups: ['system:masters'], extra: {} } },
    ];
    stack = await startStack({
      store,
      api: {
        log: createLogger('silent'),
        authenticator: createAuthenticator({
          store,
          externalUrl,
          serviceAccountKeys: keys,
          staticTokens: users,
          log: { debug: () => undefined, warn: () => undefined },
        }),
      },
    });
    const at = (cluster: string, path: string): string => `/clusters/${cluster}/${path}`;
    const make = async (
      path: string,
      body: object,
    ): Promise<{ metadata: { uid: string; resourceVersion: string } }> => {
      const answer = await http(stack.admin, 'POST', path, body);
      assert.equal(answer.status, 201, answer.text);
      return answer.json();
    };
    await make(at(blue, 'apis/rbac.authorization.k8s.io/v1/clusterrolebindings'), {
      metadata: { name: 'mallory' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'mallory' },
        { kind: 'ServiceAccount', name: 'robot', namespace: 'default' },
      ],
    });
    await make(at(red, 'api/v1/namespaces'), { metadata: { name: mark } });
    for (const name of ['a', 'b', 'c']) {
      const made = await make(at(red, 'api/v1/namespaces/default/configmaps'), {
        metadata: { name: `${name}-${mark}`, labels: { app: mark } },
        data: { mark },
      });
      redUid = made.metadata.uid;
      redRevision = made.metadata.resourceVersion;
    }
    await make(at(red, 'api/v1/namespaces/default/secrets'), { metadata: { name: 's' }, stringData: { mark } });
    const page = await http(stack.admin, 'GET', at(red, 'api/v1/namespaces/default/configmaps?limit=1'));
    redContinue = page.json<{ metadata: { continue: string } }>().metadata.continue;
    const account = await make(at(blue, 'api/v1/namespaces/default/serviceaccounts'), { metadata: { name: 'robot' } });
    const issuer = createServiceAccountTokenIssuer({ externalUrl, keys });
    const grant = { cluster: blue, namespace: 'default', audiences: [], expirationSeconds: 3600 };
    const identity = { name: 'robot', uid: account.metadata.uid };
    const { token } = await issuer.issue({ ...grant, serviceAccount: identity });
    // Signed by us for blue, and saying that it is of red or for red's audience.
    const { token: forRed } = await issuer.issue({
      ...grant,
      serviceAccount: identity,
      audiences: [`${externalUrl}/clusters/${red}`],
    });
    credentials = [
      ...['mallory-token', token, forRed, 'wrong', `${token}x`].map((each) => ({ authorization: `Bearer ${each}` })),
      ...Array.from({ length: 8 }, () => ({ authorization: 'Bearer mallory-token' })),
      ...Array.from({ length: 4 }, () => ({ authorization: `Bearer ${token}` })),
      { authorization: 'Basic bWFsbG9yeTptYWxsb3J5' },
      {},
    ];
    plain = createServer(stack.api.handler);
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    origin = { port: (plain.address() as AddressInfo).port };
  });
  after(async () => {
    agent.destroy();
    plain.closeAllConnections();
    plain.close();
    await stack.stop();
    await store.close();
  });

  type Attempt = { method: string; path: string; headers: Record<string, string>; body: string };
  type Answer = { status: number; text: string };

  function send({ method, path, headers, body }: Attempt): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...origin, host: '127.0.0.1', agent, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = `${JSON.stringify(response.headers)}${Buffer.concat(chunks).toString()}`;
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'] as const;
  const collections = [
    'api/v1/namespaces/default/configmaps',
    'api/v1/namespaces/default/secrets',
    'api/v1/configmaps',
    'api/v1/namespaces',
    'api/v1/secrets',
    'apis/rbac.authorization.k8s.io/v1/namespaces/default/roles',
    'apis/apps/v1/deployments',
    'apis/core.kcp.io/v1alpha1/logicalclusters',
    'apis/tenancy.kcp.io/v1alpha1/workspaces',
    'apis/placement.atoll.dev/v1alpha1/works',
    'apis/access.atoll.dev/v1alpha1/issuedcertificates',
  ] as const;
  const others = ['api', 'apis', 'openapi/v2', 'openapi/v3', 'version', 'healthz', 'metrics', '', 'openid/v1/jwks'];

  /** Ways to write red's prefix, some from within blue. */
  const prefixes = [
    `/clusters/${red}`,
    '/clusters/root:red',
    '/clusters/ROOT:RED',
    '/clusters/root%3Ared',
    `/%63lusters/${red}`,
    `//clusters/${red}`,
    `/clusters//${red}`,
    `/clusters/${red}%00`,
    `/clusters/${red}.`,
    `/clusters/%20${red}`,
    `/clusters/${red.toUpperCase()}`,
    `/clusters/${blue}/../${red}`,
    `/clusters/${blue}/%2e%2e/${red}`,
    `/clusters/${blue}%2f..%2f${red}`,
    `/clusters/${blue}/clusters/${red}`,
    `/clusters/${blue}/./../../clusters/${red}`,
    `/clusters/${blue};/clusters/${red}`,
    `/clusters/${blue}\\..\\${red}`,
    `/clusters/${blue}:red`,
    `/clusters/root:blue:..:red`,
    '/clusters/root:%72ed',
    '/clusters/root:ｒｅｄ',
    '/clusters/*',
    '/clusters/%2A',
    '/clusters/root',
    '/clusters/',
    '',
    '/services/apiexport/root/x/clusters/*',
    `/services/apiexport/${red}/x/clusters/${red}`,
    `/shards/root/clusters/${red}`,
  ].map((prefix) => encodeURI(prefix).replaceAll('%25', '%'));
  const here = [`/clusters/${blue}`, '/clusters/root:blue'];

  function attempt({ pick, chance }: ReturnType<typeof random>): Attempt & { inBlue: boolean } {
    const inBlue = chance(0.4);
    const collection = pick(collections);
    const names = ['s', `a-${mark}`, `..%2f..%2f${red}`, `%2e%2e`, `${red}:s`, `../${red}/s`, 'kube-root-ca.crt'];
    const name = chance(0.5)
      ? `/${pick(names)}${chance(0.2) ? pick(['/status', '/scale', '/token', '/log']) : ''}`
      : '';
    const where = chance(0.1) ? pick(others) : collection + name;
    const queries = [
      '',
      '?limit=500',
      `?continue=${encodeURIComponent(redContinue)}`,
      `?resourceVersion=${redRevision}&resourceVersionMatch=Exact`,
      '?resourceVersion=0',
      `?labelSelector=app%3D${mark}`,
      `?labelSelector=app+in+(${mark}),kcp.io/cluster%3D${red}`,
      `?fieldSelector=metadata.name%3Da-${mark}`,
      `?fieldSelector=metadata.namespace%3D${mark}`,
      `?cluster=${red}`,
      `?clusters=/clusters/${red}&logicalCluster=root:red`,
    ];
    const headers: Record<string, string> = { ...pick(credentials), 'content-type': 'application/json' };
    const smuggled: readonly [string, string][] = [
      ['x-remote-user', 'admin'],
      ['x-remote-group', 'system:masters'],
      ['x-remote-extra-authentication.kcp.io%2fscopes', `cluster:${red}`],
      ['x-kubernetes-cluster', red],
      ['x-forwarded-prefix', `/clusters/${red}`],
      ['x-original-url', `/clusters/${red}/api/v1/secrets`],
      ['x-rewrite-url', `/clusters/${red}/api/v1/secrets`],
      ['x-http-method-override', 'GET'],
      ['host', `${red}.example.com`],
      ['impersonate-user', pick(['admin', 'atoll-admin', 'kcp-admin', 'system:serviceaccount:default:default'])],
      ['impersonate-group', pick(['system:masters', 'system:kcp:admin', 'system:nodes', 'red-team'])],
      ['impersonate-extra-authentication.kcp.io%2Fscopes', `cluster:${red}`],
      ['accept', pick(['application/json;as=Table;v=v1;g=meta.k8s.io', 'application/vnd.kubernetes.protobuf', '*/*'])],
    ];
    for (const [header, value] of smuggled) if (chance(0.05)) headers[header] = value;
    const method = pick(methods);
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: redUid, controller: true };
    const metadata = {
      name: pick(['x', 's', 'default']),
      ...(chance(0.5) ? { namespace: 'default' } : {}),
      clusterName: red,
      uid: redUid,
      annotations: { 'kcp.io/cluster': red, 'kcp.io/path': 'root:red' },
      ...(chance(0.5) ? { ownerReferences: [owner] } : {}),
    };
    const body = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? JSON.stringify({ metadata }) : '';
    const path = `${inBlue ? pick(here) : pick(prefixes)}/${where}${pick(queries)}`;
    return { method, path, headers, body, inBlue };
  }

  /** All of red, as stored. */
  async function stateOfRed(): Promise<string> {
    const lists = await Promise.all(
      ['configmaps', 'secrets', 'namespaces', 'serviceaccounts', 'clusterroles.rbac.authorization.k8s.io'].map(
        (resource) => store.list({ cluster: red, resource, at: { mode: 'any' } }),
      ),
    );
    return JSON.stringify(lists.map(({ items }) => items.map(({ key: { name }, revision }) => [name, revision])));
  }

  it(`never shows or changes anything of another logical cluster, in ${attempts} attempts`, async () => {
    const before = await stateOfRed();
    const chance = random(20_260_101);
    const statuses = new Map<number, number>();
    let left = attempts;
    const work = async (): Promise<void> => {
      while (left-- > 0) {
        const tried = attempt(chance);
        const { status, text } = await send(tried);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const said = () => `${JSON.stringify(tried)} → ${status} ${text.slice(0, 500)}`;
        // What the request itself says may come back in a message.
        const own = `${tried.path} ${JSON.stringify(tried.headers)}`.includes(mark);
        if (text.includes(own ? `"mark":"${mark}"` : mark)) assert.fail(said());
        if (text.includes(Buffer.from(mark).toString('base64'))) assert.fail(said());
        if (status >= 500 && status !== 501) assert.fail(said());
        const isPublic = /^\/(version|healthz)/.test(tried.path.replace(/^\/+/, '/'));
        if (!tried.inBlue && status < 300 && !isPublic) assert.fail(said());
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    assert.equal(await stateOfRed(), before);
    // The attempts are worth something only when some of them get somewhere.
    assert.ok((statuses.get(200) ?? 0) > attempts / 50, JSON.stringify([...statuses]));
    assert.ok((statuses.get(403) ?? 0) > attempts / 10, JSON.stringify([...statuses]));
  });
});
