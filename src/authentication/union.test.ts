import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, unauthorized } from '../apimachinery/errors.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { bearerTokenOf, createBearerTokenAuthenticator } from './bearer-token.ts';
import { createStaticTokenAuthenticator } from './static-token.ts';
import { createUnionAuthenticator } from './union.ts';

const alice: UserInfo = { name: 'alice', uid: '', groups: ['devs'], extra: {} };
const knows = (user: UserInfo): Authenticator => ({ authenticate: () => Promise.resolve(user) });
const knowsNobody: Authenticator = { authenticate: () => Promise.resolve(undefined) };
const refuses: Authenticator = { authenticate: () => Promise.reject(unauthorized()) };
const credentials = (headers: Credentials['headers'] = {}): Credentials => ({ headers, cluster: rootCluster });
const isUnauthorized = (error: unknown) =>
  error instanceof ApiError && error.code === 401 && error.message === 'Unauthorized';

test('a known user is in system:authenticated, the same object each time', async () => {
  const union = createUnionAuthenticator([knowsNobody, knows(alice)], { anonymous: true });
  const user = await union.authenticate(credentials());
  assert.deepEqual(user, { ...alice, groups: ['devs', 'system:authenticated'] });
  assert.equal(await union.authenticate(credentials()), user);
});

test('whoever shows nothing is anonymous, unless that is off', async () => {
  const user = await createUnionAuthenticator([knowsNobody], { anonymous: true }).authenticate(credentials());
  assert.deepEqual([user?.name, user?.groups], ['system:anonymous', ['system:unauthenticated']]);
  await assert.rejects(
    createUnionAuthenticator([knowsNobody], { anonymous: false }).authenticate(credentials()),
    isUnauthorized,
  );
});

test('an invalid credential is not anonymous, and does not spoil a valid one', async () => {
  await assert.rejects(
    createUnionAuthenticator([refuses, knowsNobody], { anonymous: true }).authenticate(credentials()),
    isUnauthorized,
  );
  const user = await createUnionAuthenticator([refuses, knows(alice)], { anonymous: true }).authenticate(credentials());
  assert.equal(user?.name, 'alice');
});

test('a failure that is no refusal is told as it is', async () => {
  const broken: Authenticator = { authenticate: () => Promise.reject(new Error('storage away')) };
  await assert.rejects(
    createUnionAuthenticator([refuses, broken], { anonymous: true }).authenticate(credentials()),
    /storage away/,
  );
});

test('bearer tokens come from the Authorization header or the WebSocket subprotocol', () => {
  assert.equal(bearerTokenOf({ authorization: 'Bearer abc' }), 'abc');
  assert.equal(bearerTokenOf({ authorization: ' bearer abc def' }), 'abc');
  assert.equal(bearerTokenOf({ authorization: 'Basic abc' }), undefined);
  assert.equal(bearerTokenOf({ authorization: 'Bearer' }), undefined);
  assert.equal(bearerTokenOf({ authorization: 'Bearer ' }), undefined);
  const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('abc').toString('base64url')}`;
  assert.equal(bearerTokenOf({ 'sec-websocket-protocol': `${protocol}, base64.binary.k8s.io` }), 'abc');
  assert.equal(bearerTokenOf({}), undefined);
});

test('a static token is known whole or not at all', async () => {
  const bearer = createBearerTokenAuthenticator([createStaticTokenAuthenticator([{ token: 'secret', user: alice }])]);
  const ask = (token: string) => bearer.authenticate(credentials({ authorization: `Bearer ${token}` }));
  assert.equal((await ask('secret'))?.name, 'alice');
  for (const wrong of ['secre', 'secretx', 'Secret', 'x'.repeat(70_000)])
    await assert.rejects(ask(wrong), isUnauthorized);
  assert.equal(await bearer.authenticate(credentials()), undefined);
  assert.throws(
    () =>
      createStaticTokenAuthenticator([
        { token: 'a', user: alice },
        { token: 'a', user: alice },
      ]),
    /equal/,
  );
});

test('one token authenticator that fails leaves the others their say', async () => {
  const dead = { authenticateToken: () => Promise.reject(new Error('issuer away')) };
  const bearer = createBearerTokenAuthenticator([
    dead,
    createStaticTokenAuthenticator([{ token: 'secret', user: alice }]),
  ]);
  assert.equal((await bearer.authenticate(credentials({ authorization: 'Bearer secret' })))?.name, 'alice');
  await assert.rejects(bearer.authenticate(credentials({ authorization: 'Bearer other' })), /issuer away/);
});
