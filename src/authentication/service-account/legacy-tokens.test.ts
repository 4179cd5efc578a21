import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { ApiError } from '../../apimachinery/errors.ts';
import { type ClusterName, rootCluster } from '../../logicalcluster/name.ts';
import { newPrivateKeyPem } from '../../server/pki/certificates.ts';
import { createLegacyTokenVerifier, issueLegacyToken, type LegacyVerifierOptions } from './legacy-tokens.ts';
import { loadServiceAccountKeys } from './keys.ts';

const keys = loadServiceAccountKeys([newPrivateKeyPem()]);
const grant = {
  cluster: rootCluster,
  namespace: 'apps',
  serviceAccount: { name: 'robot', uid: 'u1' },
  secretName: 'robot-token',
};
const isUnauthorized = (error: unknown) => error instanceof ApiError && error.code === 401;

/** A verifier over one Secret with the token and one account. */
function verifier(
  token: string,
  account: Record<string, unknown> = { uid: 'u1' },
  secret: Record<string, unknown> = {},
  trusted = keys,
) {
  const objects: Record<string, unknown> = {
    'root secrets apps robot-token': { metadata: secret, data: { token: Buffer.from(token).toString('base64') } },
    'root serviceaccounts apps robot': { metadata: account },
  };
  const store = {
    get: ({
      cluster,
      resource,
      namespace,
      name,
    }: {
      cluster: string;
      resource: string;
      namespace: string;
      name: string;
    }) => {
      const object = objects[`${cluster} ${resource} ${namespace} ${name}`];
      return Promise.resolve(object === undefined ? undefined : { object });
    },
  } as unknown as LegacyVerifierOptions['store'];
  return createLegacyTokenVerifier({ store, keys: trusted });
}

test('the token that a Secret holds is its account', async () => {
  const token = await issueLegacyToken(keys, grant);
  assert.deepEqual(await verifier(token).authenticateToken(token, rootCluster), {
    name: 'system:serviceaccount:apps:robot',
    uid: 'u1',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:apps'],
    extra: {},
  });
});

test('it is nobody elsewhere, without its Secret or its account', async () => {
  const token = await issueLegacyToken(keys, grant);
  const elsewhere = await issueLegacyToken(keys, { ...grant, cluster: 'abc' as ClusterName });
  await assert.rejects(verifier(token).authenticateToken(token, 'abc' as ClusterName), isUnauthorized);
  await assert.rejects(verifier(elsewhere).authenticateToken(elsewhere, rootCluster), isUnauthorized);
  await assert.rejects(verifier('another').authenticateToken(token, rootCluster), isUnauthorized);
  await assert.rejects(verifier(token, { uid: 'u2' }).authenticateToken(token, rootCluster), isUnauthorized);
  for (const deleted of [{ deletionTimestamp: 'now' }, { uid: 'u1', deletionTimestamp: 'now' }]) {
    await assert.rejects(verifier(token, { uid: 'u1' }, deleted).authenticateToken(token, rootCluster), isUnauthorized);
  }
  const other = await issueLegacyToken(keys, { ...grant, secretName: '__proto__' });
  await assert.rejects(verifier(other).authenticateToken(other, rootCluster), isUnauthorized);
});

test('tokens of others, and forged ones, are not taken', async () => {
  const token = await issueLegacyToken(keys, grant);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const strange = loadServiceAccountKeys([newPrivateKeyPem()]);
  const forged = [
    `${encode({ alg: 'none' })}.${payload}.`,
    `${encode({ alg: 'ES256', kid: '__proto__' })}.${payload}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -4)}`,
    await issueLegacyToken(strange, grant),
    await issueLegacyToken({ ...strange, signing: { ...strange.signing, keyId: keys.signing.keyId } }, grant),
  ];
  for (const each of forged) await assert.rejects(verifier(each).authenticateToken(each, rootCluster), isUnauthorized);
  assert.equal(await verifier(token).authenticateToken('opaque', rootCluster), undefined);
  const foreign = await new SignJWT({ iss: 'https://id.example.com' })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(keys.signing.key);
  assert.equal(await verifier(foreign).authenticateToken(foreign, rootCluster), undefined);
});

test('a key that no longer signs may still vouch, by its public part alone', async () => {
  const old = newPrivateKeyPem();
  const publicPem = createPublicKey(old).export({ type: 'spki', format: 'pem' }).toString();
  const token = await issueLegacyToken(loadServiceAccountKeys([old]), grant);
  const both = loadServiceAccountKeys([newPrivateKeyPem()], [publicPem]);
  assert.equal((await verifier(token, { uid: 'u1' }, {}, both).authenticateToken(token, rootCluster))?.uid, 'u1');
  await assert.rejects(verifier(token).authenticateToken(token, rootCluster), isUnauthorized);
});
