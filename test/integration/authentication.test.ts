import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { loadConfig, type StartedServer, startServer } from '../../src/index.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../src/server/pki/certificates.ts';
import { type Endpoint, http } from '../support/http.ts';
import { eventually } from '../support/wait.ts';

const signing = await generateKeyPair('RS256', { extractable: true });
const stranger = await generateKeyPair('RS256');

type Answer = { username?: string; groups?: string[]; extra?: Record<string, string[]> };

describe('signing in', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-signing-in-'));
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  let issuer: Server;
  let issuerCa: string;
  let base: string;
  let server: StartedServer;
  let admin: Endpoint;

  before(async () => {
    const [caKey, key] = [newPrivateKeyPem(), newPrivateKeyPem()];
    issuerCa = await issueCaCertificate(caKey, 'issuer-ca', 1);
    const cert = await issueCertificate({ certPem: issuerCa, keyPem: caKey }, key, {
      subject: [['CN', 'issuer']],
      hosts: ['127.0.0.1'],
      use: 'server',
      days: 1,
    });
    const keys = { keys: [{ ...(await exportJWK(signing.publicKey)), kid: 'k', use: 'sig', alg: 'RS256' }] };
    issuer = createServer({ key, cert }, (request, response) => {
      const [, realm = '', what] = (request.url ?? '').split('/');
      if (realm === 'silent') return;
      const discovery = { issuer: `${base}/${realm}`, jwks_uri: `${base}/${realm}/keys` };
      if (realm === 'garbage') response.end('{"keys": 1');
      else response.end(JSON.stringify(what === 'keys' ? keys : discovery));
    });
    issuer.listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    const address = issuer.address();
    assert.ok(address !== null && typeof address === 'object');
    base = `https://127.0.0.1:${address.port}`;
    const configuration = {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: ['company', 'silent', 'garbage'].map((realm) => ({
        issuer: { url: `${base}/${realm}`, audiences: ['atoll'], certificateAuthority: issuerCa },
        claimMappings: {
          username: { expression: "'c:' + claims.sub" },
          groups: { claim: 'groups', prefix: '' },
        },
      })),
      anonymous: { enabled: true, conditions: [{ path: '/livez' }] },
    };
    const flags = {
      listen: '127.0.0.1:0',
      'data-dir': join(directory, 'data'),
      processes: '1',
      roles: 'api,controllers',
      'log-level': 'error',
      'authentication-config': file('authentication.yaml', JSON.stringify(configuration)),
      'token-auth-file': file('tokens.csv', 'static-token,ann,u1,"devs,ops"\n'),
      'enable-bootstrap-token-auth': 'true',
    };
    server = await startServer(loadConfig({ flags, env: {} }));
    admin = { url: server.url, ca: server.caCertificatePem, token: server.adminToken };
  });
  after(async () => {
    await server.stop();
    issuer.closeAllConnections();
    issuer.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const seconds = () => Math.floor(Date.now() / 1000);

  function idToken(realm: string, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) {
    return new SignJWT({ iss: `${base}/${realm}`, aud: 'atoll', sub: 'jane', exp: seconds() + 600, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k', ...header })
      .sign(signing.privateKey);
  }

  /** Whom a token signs in at a path; the status when that is nobody. */
  async function whoIs(token: string | undefined, cluster = ''): Promise<Answer | number> {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = `${cluster === '' ? '' : `/clusters/${cluster}`}/apis/authentication.k8s.io/v1/selfsubjectreviews`;
    const answer = await http(
      { url: admin.url, ca: admin.ca, ...(token === undefined ? {} : { token }) },
      'POST',
      path,
      review,
    );
    if (answer.status !== 201) return answer.status;
    return answer.json<{ status: { userInfo: Answer } }>().status.userInfo;
  }

  async function create(path: string, object: Record<string, unknown>): Promise<Record<string, unknown>> {
    const answer = await http(admin, 'POST', path, object);
    assert.equal(answer.status, 201, answer.text);
    return answer.json();
  }

  /** Lets everybody who is signed in enter a logical cluster. */
  const open = (cluster: string) =>
    create(`/clusters/${cluster}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`, {
      metadata: { name: 'everybody' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kcp:workspace:access' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
    });

  it('takes the issuers of the configuration file and the tokens of the token file', async () => {
    await open('root');
    const jane = await whoIs(await idToken('company', { groups: ['devs', 'system:masters'] }));
    assert.deepEqual(jane, { username: 'c:jane', groups: ['devs', 'system:authenticated'] });
    const ann = await whoIs('static-token');
    assert.deepEqual(ann, { username: 'ann', uid: 'u1', groups: ['devs', 'ops', 'system:authenticated'] });
  });

  it('lets anonymous users in where the configuration says only', async () => {
    const anonymous: Endpoint = { url: admin.url, ca: admin.ca };
    assert.equal((await http(anonymous, 'GET', '/livez')).status, 200);
    assert.equal((await http(anonymous, 'GET', '/version')).status, 401);
  });

  it('takes bootstrap tokens in the logical cluster of their Secret', async () => {
    await create('/api/v1/namespaces/kube-system/secrets', {
      type: 'bootstrap.kubernetes.io/token',
      metadata: { name: 'bootstrap-token-abcdef' },
      stringData: {
        'token-id': 'abcdef',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
      },
    });
    const user = await whoIs('abcdef.0123456789abcdef');
    assert.ok(typeof user === 'object');
    assert.equal(user.username, 'system:bootstrap:abcdef');
    await http(admin, 'DELETE', '/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef');
    assert.equal(await whoIs('abcdef.0123456789abcdef'), 401);
  });

  it('fills Secrets with tokens of their account, which end with the Secret', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    await create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
    const annotations = { 'kubernetes.io/service-account.name': 'robot' };
    const type = 'kubernetes.io/service-account-token';
    await create(secrets, { type, metadata: { name: 'robot-token', annotations } });
    const token = await eventually('the token', async () => {
      const { data } = (await http(admin, 'GET', `${secrets}/robot-token`)).json<{ data?: Record<string, string> }>();
      return data?.['token'] === undefined ? undefined : Buffer.from(data['token'], 'base64').toString();
    });
    const user = await whoIs(token);
    assert.ok(typeof user === 'object', JSON.stringify(user));
    assert.equal(user.username, 'system:serviceaccount:default:robot');
    await http(admin, 'DELETE', `${secrets}/robot-token`);
    assert.equal(await whoIs(token), 401);
    await create(secrets, { type, metadata: { name: 'other-token', annotations } });
    await http(admin, 'DELETE', '/api/v1/namespaces/default/serviceaccounts/robot');
    await eventually('the Secret to go with its account', async () =>
      (await http(admin, 'GET', `${secrets}/other-token`)).status === 404 ? true : undefined,
    );
  });

  it('takes the issuers of a workspace there only, at once, and makes no system identities of their tokens', async () => {
    const workspaces = '/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces';
    const tenancy = '/clusters/root:types/apis/tenancy.kcp.io/v1alpha1';
    await create(workspaces, { metadata: { name: 'types' } });
    await create(`${tenancy}/workspacetypes`, { metadata: { name: 'shop' } });
    const type = { name: 'shop', path: 'root:types' };
    await create(workspaces, { metadata: { name: 'one' }, spec: { type } });
    await create(workspaces, { metadata: { name: 'two' } });
    for (const name of ['root:one', 'root:two']) await open(name);
    const jane = await idToken('tenant', { groups: ['devs', 'system:masters', 'system:kcp:admin'] });
    assert.equal(await whoIs(jane, 'root:one'), 401);

    const configuration = {
      metadata: { name: 'staff' },
      spec: {
        jwt: [
          {
            issuer: { url: `${base}/tenant`, audiences: ['atoll'], certificateAuthority: issuerCa },
            claimMappings: {
              username: { claim: 'sub', prefix: '' },
              groups: { claim: 'groups', prefix: '' },
              extra: [{ key: 'authentication.kcp.io/scopes', valueExpression: "'cluster:root'" }],
            },
          },
        ],
      },
    };
    await create(`${tenancy}/workspaceauthenticationconfigurations`, configuration);
    const names = { spec: { authenticationConfigurations: [{ name: 'staff' }] } };
    const patch = { 'content-type': 'application/merge-patch+json' };
    const patched = await http(admin, 'PATCH', `${tenancy}/workspacetypes/shop`, names, patch);
    assert.equal(patched.status, 200, patched.text);
    const user = await whoIs(jane, 'root:one');
    assert.ok(typeof user === 'object', JSON.stringify(user));
    assert.deepEqual([user.username, user.groups], ['jane', ['devs', 'system:authenticated']]);
    const [cluster] = user.extra?.['authentication.kcp.io/cluster-name'] ?? [];
    assert.deepEqual(user.extra?.['authentication.kcp.io/scopes'], [`cluster:${cluster}`]);
    for (const elsewhere of ['', 'root', 'root:two', 'root:types']) assert.equal(await whoIs(jane, elsewhere), 401);
    for (const sub of ['system:admin', 'system:serviceaccount:default:default', 'system:kcp:x'])
      assert.equal(await whoIs(await idToken('tenant', { sub }), 'root:one'), 401, sub);

    await http(admin, 'DELETE', `${tenancy}/workspaceauthenticationconfigurations/staff`);
    assert.equal(await whoIs(jane, 'root:one'), 401);
    const own = structuredClone(configuration);
    Object.assign(own.spec.jwt[0]?.issuer ?? {}, { url: 'http://x' });
    const refused = await http(admin, 'POST', `${tenancy}/workspaceauthenticationconfigurations`, own);
    assert.equal(refused.status, 422);
  });

  it('refuses hostile tokens with one text, also when their issuer hangs', async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const good = await idToken('company');
    const [header = '', payload = '', signature = ''] = good.split('.');
    const publicKey = new TextEncoder().encode(await exportSPKI(signing.publicKey));
    const confused = () => new SignJWT({ iss: `${base}/company`, aud: 'atoll', sub: 'jane', exp: seconds() + 600 });
    const hostile: Record<string, string> = {
      'alg none': `${encode({ alg: 'none' })}.${payload}.`,
      'alg nOnE with a signature': `${encode({ alg: 'nOnE', kid: 'k' })}.${payload}.${signature}`,
      'a public key as secret': await confused().setProtectedHeader({ alg: 'HS256', kid: 'k' }).sign(publicKey),
      'another kind of key': `${encode({ alg: 'ES256', kid: 'k' })}.${payload}.${signature}`,
      "a stranger's signature": await confused()
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .sign(stranger.privateKey),
      'a key of its own': `${encode({ alg: 'RS256', jwk: await exportJWK(stranger.publicKey) })}.${payload}.${signature}x`,
      'a key elsewhere': await confused()
        .setProtectedHeader({ alg: 'RS256', kid: 'k', jku: `${base}/keys`, x5u: `${base}/cert` })
        .sign(stranger.privateKey),
      'a path as key id': await idToken('company', {}, { kid: '../../../../dev/null' }),
      'SQL as key id': await idToken('company', {}, { kid: "x' OR 1=1 --" }),
      'a name of objects as key id': await idToken('company', {}, { kid: '__proto__' }),
      'a key id that is no text': `${encode({ alg: 'RS256', kid: { $ne: 1 } })}.${payload}.${signature}`,
      expired: await idToken('company', { exp: seconds() - 3600 }),
      'of the future': await idToken('company', { nbf: seconds() + 3600 }),
      'a time beyond numbers': await idToken('company', { exp: 1e308 }, { kid: 'x' }),
      'for somebody else': await idToken('company', { aud: 'other' }),
      'of an unknown issuer': await idToken('nobody'),
      'of an issuer that hangs': await idToken('silent'),
      'of an issuer with garbage for keys': await idToken('garbage'),
      'a system user': await idToken('company', { sub: 5 }),
      huge: `${header}.${payload}.${'A'.repeat(50_000)}`,
      'deep claims': `${header}.${Buffer.from('['.repeat(20_000)).toString('base64url')}.${signature}`,
      'many dots': '.'.repeat(20_000),
      'no JSON': `${header}.${Buffer.from('\u0000\uFFFD{').toString('base64url')}.${signature}`,
      'half a signature': good.slice(0, -20),
    };
    const texts = new Set<string>();
    for (const [what, token] of Object.entries(hostile)) {
      const answer = await http({ ...admin, token }, 'GET', '/api/v1/namespaces');
      assert.equal(answer.status, 401, what);
      texts.add(answer.text);
    }
    assert.equal(texts.size, 1, [...texts].join('\n'));
    assert.ok(typeof (await whoIs(good)) === 'object');
  });
});
