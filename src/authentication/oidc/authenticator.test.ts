import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { after, before, beforeEach, test } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { ApiError } from '../../apimachinery/errors.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../server/pki/certificates.ts';
import { createJwtAuthenticator, type JwtOptions } from './authenticator.ts';
import { jwtFromFlags, type OidcFlags } from './flags.ts';

/** What the issuer answers; tests change it. */
let answers: Record<string, unknown>;
let requests: string[];
/** Requests are taken and never answered. */
let hangs = false;
let server: Server;
let ca: string;
let issuerUrl: string;
let now: number;
let failures: string[];

const rsa = await generateKeyPair('RS256', { extractable: true });
const ec = await generateKeyPair('ES256', { extractable: true });
const stranger = await generateKeyPair('ES256');

before(async () => {
  const [caKey, key] = [newPrivateKeyPem(), newPrivateKeyPem()];
  ca = await issueCaCertificate(caKey, 'issuer-ca', 1);
  const cert = await issueCertificate({ certPem: ca, keyPem: caKey }, key, {
    subject: [['CN', 'issuer']],
    hosts: ['127.0.0.1'],
    use: 'server',
    days: 1,
  });
  server = createServer({ key, cert }, (request, response) => {
    requests.push(request.url ?? '');
    if (hangs) return;
    const answer = answers[request.url ?? ''];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  issuerUrl = `https://127.0.0.1:${address.port}/realm`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  now = Date.now();
  hangs = false;
  requests = [];
  failures = [];
  answers = {
    '/realm/.well-known/openid-configuration': { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` },
    '/realm/keys': {
      keys: [
        { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', use: 'sig' },
        { ...(await exportJWK(ec.publicKey)), kid: 'ec', use: 'sig', alg: 'ES256' },
        { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA', kid: 'oct' },
      ],
    },
  };
});

function authenticator({ timing, ...flags }: Partial<OidcFlags> & Pick<JwtOptions, 'timing'> = {}) {
  const jwt = jwtFromFlags({
    issuerUrl,
    clientId: 'atoll',
    usernameClaim: 'sub',
    usernamePrefix: '-',
    groupsClaim: 'groups',
    groupsPrefix: '',
    ca,
    ...flags,
  });
  return createJwtAuthenticator(jwt, {
    ...(timing === undefined ? {} : { timing }),
    now: () => now,
    onFailure: (what, error) => failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`),
  });
}

type Signing = { alg: string; key: webcrypto.CryptoKey | Uint8Array; kid?: string };

function token(claims: JWTPayload = {}, signing: Partial<Signing> = {}): Promise<string> {
  const { alg, key, kid } = { alg: 'ES256', key: ec.privateKey, kid: 'ec', ...signing };
  const seconds = Math.floor(now / 1000);
  return new SignJWT({ iss: issuerUrl, aud: 'atoll', sub: 'jane', iat: seconds, exp: seconds + 600, ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}

const isUnauthorized = (error: unknown) => error instanceof ApiError && error.code === 401;

test('a token of the issuer signs its subject in, with groups; keys are asked for once', async () => {
  const oidc = authenticator();
  const user = await oidc.authenticateToken(await token({ groups: ['devs'], jti: 'x1' }), rootCluster);
  assert.deepEqual(user, {
    name: 'jane',
    uid: '',
    groups: ['devs'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=x1'] },
  });
  const other = await oidc.authenticateToken(
    await token({ sub: 'john' }, { alg: 'RS256', key: rsa.privateKey, kid: 'rsa' }),
    rootCluster,
  );
  assert.equal(other?.name, 'john');
  assert.deepEqual(requests, ['/realm/.well-known/openid-configuration', '/realm/keys']);
});

test('audiences may be a list', async () => {
  assert.equal(
    (await authenticator().authenticateToken(await token({ aud: ['other', 'atoll'] }), rootCluster))?.name,
    'jane',
  );
});

test('tokens of others are left to others', async () => {
  const oidc = authenticator();
  const foreign = [
    'opaque',
    'a.b',
    'a.b.c',
    'a.b.c.d',
    '..',
    await token({ iss: 'https://elsewhere.example.com' }),
    await token({ iss: `${issuerUrl}/` }),
  ];
  for (const text of foreign) assert.equal(await oidc.authenticateToken(text, rootCluster), undefined);
  assert.deepEqual(requests, []);
});

test('hostile tokens are refused', async () => {
  const oidc = authenticator();
  const seconds = Math.floor(now / 1000);
  const good = await token();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const publicPem = new TextEncoder().encode(await exportSPKI(rsa.publicKey));
  const hostile: Record<string, string> = {
    'alg none': `${encode({ alg: 'none' })}.${payload}.`,
    'alg None with a signature': `${encode({ alg: 'None', kid: 'ec' })}.${payload}.${signature}`,
    'HS256 with the public key as secret': await token({}, { alg: 'HS256', key: publicPem, kid: 'rsa' }),
    'HS256 with a symmetric key of the set': await token(
      {},
      { alg: 'HS256', key: Buffer.from('secret-secret-secret-secret-secret'), kid: 'oct' },
    ),
    'algorithm of another key': `${encode({ alg: 'RS256', kid: 'ec' })}.${payload}.${signature}`,
    'unknown key': await token({}, { key: stranger.privateKey, kid: 'stranger' }),
    "stranger's signature under a known key id": await token({}, { key: stranger.privateKey }),
    'key in the header': `${encode({ alg: 'ES256', jwk: await exportJWK(stranger.publicKey) })}.${payload}.${(await token({}, { key: stranger.privateKey })).split('.')[2]}`,
    'unknown critical header': `${encode({ alg: 'ES256', kid: 'ec', crit: ['exp2'], exp2: 1 })}.${payload}.${signature}`,
    'changed claims': `${header}.${encode({ iss: issuerUrl, aud: 'atoll', sub: 'admin', exp: seconds + 600 })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    expired: await token({ exp: seconds - 31 }),
    'not yet valid': await token({ nbf: seconds + 600 }),
    'no expiry': await token({ exp: undefined }),
    'expiry that is no number': await token({ exp: 'tomorrow' as unknown as number }),
    'wrong audience': await token({ aud: 'other' }),
    'no audience': await token({ aud: undefined }),
    'no subject': await token({ sub: undefined }),
    'system identity': await token({ sub: 'system:admin' }),
  };
  for (const [what, text] of Object.entries(hostile))
    await assert.rejects(oidc.authenticateToken(text, rootCluster), isUnauthorized, what);
  assert.equal((await oidc.authenticateToken(good, rootCluster))?.name, 'jane');
  assert.ok(!failures.some((text) => text.includes(payload)), 'no token in the log');
});

test('clocks may differ by half a minute', async () => {
  const seconds = Math.floor(now / 1000);
  assert.equal(
    (await authenticator().authenticateToken(await token({ exp: seconds - 20, nbf: seconds + 20 }), rootCluster))?.name,
    'jane',
  );
});

test('a remembered token ends when it expires', async () => {
  const oidc = authenticator();
  const text = await token({ exp: Math.floor(now / 1000) + 40 });
  assert.ok(await oidc.authenticateToken(text, rootCluster));
  now += 71_000;
  await assert.rejects(oidc.authenticateToken(text, rootCluster), isUnauthorized);
});

test('a token without key id is tried with every key', async () => {
  const oidc = authenticator();
  const rsa2 = await generateKeyPair('ES256', { extractable: true });
  answers['/realm/keys'] = {
    keys: [await exportJWK(rsa2.publicKey), await exportJWK(ec.publicKey)],
  };
  assert.equal((await oidc.authenticateToken(await token({}, { kid: undefined }), rootCluster))?.name, 'jane');
  await assert.rejects(
    oidc.authenticateToken(await token({}, { kid: undefined, key: stranger.privateKey }), rootCluster),
    isUnauthorized,
  );
});

test('rotated keys are found, and unknown key ids ask the issuer rarely', async () => {
  const oidc = authenticator();
  await oidc.authenticateToken(await token(), rootCluster);
  const next = await generateKeyPair('ES256', { extractable: true });
  answers['/realm/keys'] = { keys: [{ ...(await exportJWK(next.publicKey)), kid: 'next' }] };
  const rotated = await token({}, { key: next.privateKey, kid: 'next' });
  await assert.rejects(oidc.authenticateToken(rotated, rootCluster), isUnauthorized, 'asked a moment ago');
  now += 16_000;
  assert.equal((await oidc.authenticateToken(rotated, rootCluster))?.name, 'jane');
  const asked = requests.length;
  for (let i = 0; i < 20; i++)
    await assert.rejects(
      oidc.authenticateToken(await token({}, { key: stranger.privateKey, kid: `k${i}` }), rootCluster),
      isUnauthorized,
    );
  assert.equal(requests.length, asked);
});

test('a key that the issuer withdraws stops working', async () => {
  const oidc = authenticator();
  await oidc.authenticateToken(await token(), rootCluster);
  answers['/realm/keys'] = { keys: [] };
  now += 6 * 60_000;
  // The first use of old keys fetches new ones behind the request; soon after, they hold.
  await oidc.authenticateToken(await token({ sub: 'a' }), rootCluster);
  for (let i = 0; requests.length < 4 && i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let i = 0; i < 200; i++) {
    const answer = await oidc.authenticateToken(await token({ sub: `b${i}` }), rootCluster).catch(() => undefined);
    if (answer === undefined) return;
  }
  assert.fail('the withdrawn key still works');
});

test('an issuer that is down, hangs or answers garbage costs its own tokens a bounded time, once', async () => {
  const bad: Record<string, () => void> = {
    'answers 404': () => delete answers['/realm/.well-known/openid-configuration'],
    'answers garbage': () => {
      answers['/realm/.well-known/openid-configuration'] = '<html>';
    },
    'names another issuer': () => {
      answers['/realm/.well-known/openid-configuration'] = { issuer: 'https://other', jwks_uri: `${issuerUrl}/keys` };
    },
    'plain http keys': () => {
      answers['/realm/.well-known/openid-configuration'] = { issuer: issuerUrl, jwks_uri: 'http://127.0.0.1/keys' };
    },
    'huge keys': () => {
      answers['/realm/keys'] = ' '.repeat(300_000);
    },
    hangs: () => {
      hangs = true;
    },
  };
  const good = structuredClone(answers);
  for (const [what, spoil] of Object.entries(bad)) {
    answers = structuredClone(good);
    spoil();
    const oidc = authenticator({ timing: { requestTimeoutMs: 200 } });
    const started = performance.now();
    await assert.rejects(oidc.authenticateToken(await token(), rootCluster), isUnauthorized, what);
    assert.ok(performance.now() - started < 1000, what);
    const asked = requests.length;
    await assert.rejects(oidc.authenticateToken(await token(), rootCluster), isUnauthorized, what);
    assert.equal(requests.length, asked, `${what}: asked again at once`);
    answers = structuredClone(good);
    hangs = false;
    now += 6000;
    assert.equal((await oidc.authenticateToken(await token(), rootCluster))?.name, 'jane', `${what}: recovered`);
  }
  assert.ok(failures.some((text) => text.startsWith('issuer: ')));
});

test('an issuer whose certificate nobody vouches for is not believed', async () => {
  const oidc = authenticator({ ca: undefined });
  await assert.rejects(oidc.authenticateToken(await token(), rootCluster), isUnauthorized);
});

test('known keys outlive the issuer', async () => {
  const oidc = authenticator({ timing: { requestTimeoutMs: 100 } });
  await oidc.authenticateToken(await token(), rootCluster);
  hangs = true;
  now += 60 * 60_000;
  assert.equal((await oidc.authenticateToken(await token({ sub: 'late' }), rootCluster))?.name, 'late');
});
