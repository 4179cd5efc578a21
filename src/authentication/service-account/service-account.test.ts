import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import { ApiError } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type ClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { CachedObject, ObjectKey } from '../../storage/object-store.ts';
import { createServiceAccountDiscovery } from './discovery-documents.ts';
import { createServiceAccountTokenIssuer, type TokenGrant } from './issuer.ts';
import { loadServiceAccountKeys } from './keys.ts';
import { createServiceAccountVerifier } from './verifier.ts';

const externalUrl = 'https://atoll.example.com:6443';
const pem = (curve = 'P-256') =>
  generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const keys = loadServiceAccountKeys([pem()]);
const team = 'aaaaaaaaaaaaaaaa' as ClusterName;

let objects: Map<string, KubeObject>;
let now: number;

const pathOf = (key: ObjectKey) => [key.cluster, key.resource, key.namespace, key.name].join('/');
const store = {
  get(key: ObjectKey): Promise<CachedObject | undefined> {
    const object = objects.get(pathOf(key));
    return Promise.resolve(object && { key, revision: 1, text: '', bytes: new Uint8Array(), labels: {}, object });
  },
};

function put(key: ObjectKey, uid: string, deletionTimestamp?: string): void {
  objects.set(pathOf(key), { apiVersion: 'v1', kind: 'X', metadata: { name: key.name, uid, deletionTimestamp } });
}

const account: ObjectKey = { cluster: team, resource: 'serviceaccounts', namespace: 'ns', name: 'robot' };
const grant: TokenGrant = {
  cluster: team,
  namespace: 'ns',
  serviceAccount: { name: 'robot', uid: 'u1' },
  audiences: [],
  expirationSeconds: 3600,
};

const issuer = createServiceAccountTokenIssuer({ externalUrl, keys, now: () => now });
const verifier = (more = {}) => createServiceAccountVerifier({ store, externalUrl, keys, now: () => now, ...more });
const isUnauthorized = (error: unknown) => error instanceof ApiError && error.code === 401;

beforeEach(() => {
  objects = new Map();
  now = Date.now();
  put(account, 'u1');
});

test('a token has the claims that stock gives, and says who the account is', async () => {
  const { token, expiration, audiences } = await issuer.issue(grant);
  const { jti, ...claims } = decodeJwt(token);
  const seconds = Math.floor(now / 1000);
  assert.deepEqual(claims, {
    aud: [`${externalUrl}/clusters/${team}`],
    exp: seconds + 3600,
    iat: seconds,
    iss: `${externalUrl}/clusters/${team}`,
    'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'u1' }, clusterName: team },
    nbf: seconds,
    sub: 'system:serviceaccount:ns:robot',
  });
  assert.equal(decodeProtectedHeader(token).alg, 'ES256');
  assert.equal(expiration.getTime(), (seconds + 3600) * 1000);
  assert.deepEqual(audiences, [`${externalUrl}/clusters/${team}`]);
  assert.deepEqual(await verifier().authenticateToken(token, team), {
    name: 'system:serviceaccount:ns:robot',
    uid: 'u1',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
    extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] },
  });
});

test('a token is good in its own logical cluster only', async () => {
  const { token } = await issuer.issue(grant);
  put({ ...account, cluster: rootCluster }, 'u1');
  await assert.rejects(verifier().authenticateToken(token, rootCluster), isUnauthorized);
});

test('a deleted or recreated account ends its tokens at once, also remembered ones', async () => {
  const sut = verifier();
  const { token } = await issuer.issue(grant);
  assert.ok(await sut.authenticateToken(token, team));
  objects.clear();
  await assert.rejects(sut.authenticateToken(token, team), isUnauthorized);
  put(account, 'u2');
  await assert.rejects(sut.authenticateToken(token, team), isUnauthorized);
  put(account, 'u1', new Date(now - 10_000).toISOString());
  assert.ok(await sut.authenticateToken(token, team));
  put(account, 'u1', new Date(now - 90_000).toISOString());
  await assert.rejects(sut.authenticateToken(token, team), isUnauthorized);
});

test('a bound token lives as long as what it is bound to', async () => {
  const pod: ObjectKey = { cluster: team, resource: 'pods', namespace: 'ns', name: 'p' };
  const { token } = await issuer.issue({
    ...grant,
    boundTo: { kind: 'Pod', name: 'p', uid: 'pu' },
    node: { name: 'n', uid: 'nu' },
  });
  await assert.rejects(verifier().authenticateToken(token, team), isUnauthorized);
  put(pod, 'other');
  await assert.rejects(verifier().authenticateToken(token, team), isUnauthorized);
  put(pod, 'pu');
  const user = await verifier().authenticateToken(token, team);
  assert.deepEqual(user?.extra['authentication.kubernetes.io/pod-name'], ['p']);
  assert.deepEqual(user?.extra['authentication.kubernetes.io/node-uid'], ['nu']);
  const secret = await issuer.issue({ ...grant, boundTo: { kind: 'Secret', name: 's', uid: 'su' } });
  await assert.rejects(verifier().authenticateToken(secret.token, team), isUnauthorized);
  put({ ...pod, resource: 'secrets', name: 's' }, 'su');
  assert.ok(await verifier().authenticateToken(secret.token, team));
});

test('times and audiences hold', async () => {
  const { token } = await issuer.issue(grant);
  now += 3_601_000;
  await assert.rejects(verifier().authenticateToken(token, team), isUnauthorized, 'expired');
  now -= 7_300_000;
  await assert.rejects(verifier().authenticateToken(token, team), isUnauthorized, 'not yet valid');
  const vault = await issuer.issue({ ...grant, audiences: ['vault'] });
  await assert.rejects(verifier().authenticateToken(vault.token, team), isUnauthorized);
  assert.ok(await verifier({ apiAudiences: ['vault'] }).authenticateToken(vault.token, team));
});

test('tokens of others are left to others', async () => {
  assert.equal(await verifier().authenticateToken('opaque', team), undefined);
  const foreign = await new SignJWT({ iss: 'https://elsewhere' })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(keys.signing.key);
  assert.equal(await verifier().authenticateToken(foreign, team), undefined);
});

test('forged tokens are refused', async () => {
  const { token } = await issuer.issue(grant);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = decodeJwt(token);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = (change: Record<string, unknown>, key = keys.signing) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: key.algorithm, kid: key.keyId }).sign(key.key);
  const other = loadServiceAccountKeys([pem()]).signing;
  const forged = [
    `${encode({ alg: 'none' })}.${payload}.`,
    `${encode({ alg: 'HS256', kid: keys.signing.keyId })}.${payload}.${signature}`,
    `${header}.${encode({ ...claims, sub: 'system:serviceaccount:ns:admin' })}.${signature}`,
    await sign({}, other),
    await sign({}, { ...other, keyId: keys.signing.keyId }),
    await sign({ sub: 'system:serviceaccount:ns:admin' }),
    await sign({ 'kubernetes.io': undefined }),
    await sign({
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'u1' }, clusterName: rootCluster },
    }),
    await sign({ 'kubernetes.io': { namespace: 'ns', serviceaccount: 'robot', clusterName: team } }),
    await sign({
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'u1' }, pod: 7, clusterName: team },
    }),
    await sign({ exp: undefined }),
  ];
  for (const [i, text] of forged.entries())
    await assert.rejects(verifier().authenticateToken(text, team), isUnauthorized, `forged ${i}`);
});

test('storage that is away is not a refusal', async () => {
  const { token } = await issuer.issue(grant);
  const away = verifier({ store: { get: () => Promise.reject(new Error('storage away')) } });
  await assert.rejects(away.authenticateToken(token, team), /storage away/);
});

test('a replaced key still verifies until it is taken out', async () => {
  const [old, next] = [pem(), pem('P-384')];
  const { token } = await createServiceAccountTokenIssuer({ externalUrl, keys: loadServiceAccountKeys([old]) }).issue(
    grant,
  );
  assert.ok(await verifier({ keys: loadServiceAccountKeys([next, old]) }).authenticateToken(token, team));
  await assert.rejects(
    verifier({ keys: loadServiceAccountKeys([next]) }).authenticateToken(token, team),
    isUnauthorized,
  );
});

test('the published documents let anybody verify a token', async () => {
  const discovery = createServiceAccountDiscovery({ externalUrl, keys });
  const { token } = await issuer.issue({ ...grant, audiences: ['vault'] });
  const configuration = discovery.openIdConfiguration(team);
  assert.deepEqual(configuration, {
    issuer: `${externalUrl}/clusters/${team}`,
    jwks_uri: `${externalUrl}/clusters/${team}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
  assert.ok(!JSON.stringify(discovery.keySet).includes('"d"'));
  const found = createLocalJWKSet(discovery.keySet as unknown as JSONWebKeySet);
  const { payload } = await jwtVerify(token, found, { issuer: String(configuration.issuer), audience: 'vault' });
  assert.equal(payload.sub, 'system:serviceaccount:ns:robot');
});

test('RSA keys sign too; other keys are refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();
  assert.equal(loadServiceAccountKeys([rsa]).signing.algorithm, 'RS256');
  const ed = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  assert.throws(() => loadServiceAccountKeys([ed]), /RSA or ECDSA/);
  assert.throws(() => loadServiceAccountKeys([]), /no key/);
});
