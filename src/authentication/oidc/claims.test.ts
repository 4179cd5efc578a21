import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userFromClaims as mapClaims } from './claims.ts';
import { jwtFromFlags, type OidcFlags } from './flags.ts';

const userFromClaims = (claims: Record<string, unknown>, flags: OidcFlags) => mapClaims(claims, jwtFromFlags(flags));

const mapping: OidcFlags = {
  issuerUrl: 'https://id.example.com',
  clientId: 'atoll',
  usernameClaim: 'sub',
  usernamePrefix: '',
  groupsPrefix: '',
};

test('the user name gets the issuer before it unless told otherwise', () => {
  const name = (change: Partial<OidcFlags>, claims = { sub: 'jane', email: 'jane@example.com' }) =>
    userFromClaims(claims, { ...mapping, ...change }).name;
  assert.equal(name({}), 'https://id.example.com#jane');
  assert.equal(name({ usernamePrefix: '-' }), 'jane');
  assert.equal(name({ usernamePrefix: 'oidc:' }), 'oidc:jane');
  assert.equal(name({ usernameClaim: 'email' }), 'jane@example.com');
  assert.equal(name({ usernameClaim: 'email', usernamePrefix: 'oidc:' }), 'oidc:jane@example.com');
});

test('groups are a list or one string, prefixed', () => {
  const groups = (claim: unknown, groupsPrefix = '') =>
    userFromClaims({ sub: 'jane', groups: claim }, { ...mapping, groupsClaim: 'groups', groupsPrefix }).groups;
  assert.deepEqual(groups(['a', 'b', 'a']), ['a', 'b']);
  assert.deepEqual(groups('admin', 'oidc:'), ['oidc:admin']);
  assert.deepEqual(groups(undefined), []);
  assert.deepEqual(groups(null), []);
  assert.throws(() => groups(['a', 1]), /not a string or list of strings/);
  assert.throws(() => groups({ a: 1 }), /not a string or list of strings/);
  assert.deepEqual(userFromClaims({ sub: 'jane', groups: ['a'] }, mapping).groups, []);
});

test('an e-mail address must not be known as unverified', () => {
  const email = (verified: Record<string, unknown>) =>
    userFromClaims({ email: 'jane@example.com', ...verified }, { ...mapping, usernameClaim: 'email' }).name;
  assert.equal(email({}), 'jane@example.com');
  assert.equal(email({ email_verified: true }), 'jane@example.com');
  for (const value of [false, 'true', 1, null])
    assert.throws(() => email({ email_verified: value }), /email not verified/);
});

test('an identity provider cannot make system identities', () => {
  const plain = { ...mapping, usernamePrefix: '-', groupsClaim: 'groups' };
  assert.throws(() => userFromClaims({ sub: 'system:admin' }, plain), /begins with system:/);
  assert.throws(
    () => userFromClaims({ sub: 'serviceaccount:a:b' }, { ...plain, usernamePrefix: 'system:' }),
    /begins with system:/,
  );
  assert.deepEqual(userFromClaims({ sub: 'jane', groups: ['system:masters', 'devs'] }, plain).groups, ['devs']);
  assert.deepEqual(
    userFromClaims({ sub: 'jane', groups: ['masters', 'x'] }, { ...plain, groupsPrefix: 'system:' }).groups,
    [],
  );
});

test('a user name is a non-empty string of bounded length', () => {
  for (const sub of [undefined, null, '', 1, ['jane'], 'x'.repeat(2000)])
    assert.throws(() => userFromClaims({ sub }, mapping), Error, String(sub).slice(0, 20));
});
