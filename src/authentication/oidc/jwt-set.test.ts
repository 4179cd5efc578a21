import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { parseAuthenticationConfiguration } from '../../api/apiserver.config.k8s.io/authentication-configuration.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { createJwtSet } from './jwt-set.ts';

const ec = await generateKeyPair('ES256', { extractable: true });
const keys = { keys: [{ ...(await exportJWK(ec.publicKey)), kid: 'ec' }] };
const one = 'https://one.example.com';
const two = 'https://two.example.com';
const isUnauthorized = (error: unknown) => error instanceof ApiError && error.code === 401;

function configuration(...issuers: { url: string; prefix?: string; audiences?: string[]; discoveryURL?: string }[]) {
  const jwt = issuers.map(({ url, prefix = '', audiences = ['atoll'], discoveryURL }) => ({
    issuer: { url, audiences, discoveryURL, audienceMatchPolicy: 'MatchAny' },
    claimMappings: { username: { claim: 'sub', prefix } },
  }));
  const document = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt };
  return parseAuthenticationConfiguration(JSON.stringify(document), []).jwt;
}

function token(claims: JWTPayload): Promise<string> {
  return new SignJWT({ aud: 'atoll', sub: 'jane', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'ec' })
    .setExpirationTime('10m')
    .sign(ec.privateKey);
}

/** Answers for any issuer whose name ends in example.com. */
function web(asked: string[] = []) {
  return (url: URL) => {
    asked.push(url.href);
    if (url.pathname === '/keys') return Promise.resolve<unknown>(keys);
    const issuer = url.searchParams.get('of') ?? url.origin;
    return Promise.resolve<unknown>({ issuer, jwks_uri: `${url.origin}/keys` });
  };
}

test('each issuer signs its own users in, for any of its audiences', async () => {
  const list = configuration({ url: one, prefix: '1:' }, { url: two, prefix: '2:', audiences: ['a', 'b'] });
  const set = createJwtSet(() => list, { fetch: web() });
  assert.equal((await set.authenticateToken(await token({ iss: one }), rootCluster))?.name, '1:jane');
  assert.equal((await set.authenticateToken(await token({ iss: two, aud: ['x', 'b'] }), rootCluster))?.name, '2:jane');
  await assert.rejects(set.authenticateToken(await token({ iss: two }), rootCluster), isUnauthorized);
  assert.equal(await set.authenticateToken(await token({ iss: 'https://other' }), rootCluster), undefined);
  assert.equal(await set.authenticateToken('opaque', rootCluster), undefined);
});

test('the discovery document may be elsewhere', async () => {
  const asked: string[] = [];
  const set = createJwtSet(
    (
      (list) => () =>
        list
    )(configuration({ url: one, discoveryURL: 'https://inside.example.com/discovery' })),
    { fetch: (url) => web(asked)(url.pathname === '/discovery' ? new URL(`${url.href}?of=${one}`) : url) },
  );
  assert.equal((await set.authenticateToken(await token({ iss: one }), rootCluster))?.name, 'jane');
  assert.deepEqual(asked, [`https://inside.example.com/discovery?of=${one}`, 'https://inside.example.com/keys']);
});

test('with another configuration, what a dropped or changed issuer vouched for holds no longer; others keep their keys', async () => {
  const asked: string[] = [];
  let list = configuration({ url: one }, { url: two });
  const set = createJwtSet(() => list, { fetch: web(asked) });
  const [ofOne, ofTwo] = [await token({ iss: one }), await token({ iss: two })];
  await set.authenticateToken(ofOne, rootCluster);
  await set.authenticateToken(ofTwo, rootCluster);
  const before = asked.length;
  list = configuration({ url: one, prefix: 'new:' }, { url: two });
  assert.equal((await set.authenticateToken(ofTwo, rootCluster))?.name, 'jane');
  assert.equal(asked.length, before);
  assert.equal((await set.authenticateToken(ofOne, rootCluster))?.name, 'new:jane');
  list = configuration({ url: two });
  assert.equal(await set.authenticateToken(ofOne, rootCluster), undefined);
});
