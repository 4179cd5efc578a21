import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJwt } from '../../api/apiserver.config.k8s.io/compile-jwt.ts';
import type { JwtAuthenticator } from '../../api/apiserver.config.k8s.io/jwt-authenticator.ts';
import type { FieldError } from '../../apimachinery/errors.ts';
import { userFromClaims } from './claims.ts';

const claims = {
  sub: 'jane',
  hd: 'example.com',
  roles: ['dev', '', 'ops', 'system:masters'],
  tenant: { id: 't1' },
  __proto__x: 1,
};

function map(change: Partial<JwtAuthenticator>, given: Record<string, unknown> = claims) {
  const errors: FieldError[] = [];
  const compiled = compileJwt(
    {
      issuer: { url: 'https://id.example.com', audiences: ['atoll'] },
      claimMappings: { username: { claim: 'sub', prefix: '' } },
      ...change,
    },
    'jwt[0]',
    [],
    errors,
  );
  assert.deepEqual(errors, []);
  return userFromClaims(given, compiled);
}

test('expressions make the user name, the groups, the uid and more of the claims', () => {
  const user = map({
    claimMappings: {
      username: { expression: "claims.tenant.id + ':' + claims.sub" },
      groups: { expression: "claims.roles.map(r, r == '' || r.startsWith('system:') ? r : 'x:' + r)" },
      uid: { expression: 'claims.sub' },
      extra: [
        { key: 'example.com/tenant', valueExpression: 'claims.tenant.id' },
        { key: 'example.com/none', valueExpression: "claims.?nope.orValue('')" },
      ],
    },
  });
  assert.deepEqual(user, {
    name: 't1:jane',
    uid: 'jane',
    groups: ['x:dev', 'x:ops'],
    extra: { 'example.com/tenant': ['t1'] },
  });
});

test('expressions that come to something else, or to an error, sign nobody in', () => {
  const name = (expression: string) => () => map({ claimMappings: { username: { expression } } });
  assert.throws(name('claims.tenant'), /username claim expression must return a string/);
  assert.throws(name('claims.nope'), /no such key: nope/);
  assert.throws(name("''"), /empty user name/);
  assert.throws(name("'system:admin'"), /begins with system:/);
  const groups = (expression: string) => () =>
    map({ claimMappings: { username: { claim: 'sub', prefix: '' }, groups: { expression } } });
  assert.throws(groups('claims.tenant'), /must return a string or a list of strings/);
  assert.throws(groups('[claims.sub, claims.tenant]'), /must return a string or a list of strings/);
  assert.deepEqual(groups("'one'")().groups, ['one']);
});

test('rules over claims and over the user must hold', () => {
  assert.equal(map({ claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }] }).name, 'jane');
  assert.throws(() => map({ claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] }), /required claim hd/);
  assert.throws(() => map({ claimValidationRules: [{ claim: 'toString', requiredValue: '' }] }), /required claim/);
  const rule = { expression: "claims.hd == 'other.com'", message: 'the wrong house' };
  assert.throws(() => map({ claimValidationRules: [rule] }), /the wrong house/);
  const forJohn = [{ expression: "user.username == 'john' && !user.groups.exists(g, g.startsWith('system:'))" }];
  assert.throws(() => map({ userValidationRules: forJohn }), /validation expression/);
  assert.equal(map({ userValidationRules: forJohn }, { ...claims, sub: 'john' }).name, 'john');
});

test('an expression without end is cut short', () => {
  const expression =
    'claims.l.all(a, claims.l.all(b, claims.l.all(c, claims.l.all(d, claims.l.all(e, claims.l.all(f, a + b + c + d + e + f > 0))))))';
  const l = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.throws(() => map({ claimValidationRules: [{ expression }] }, { sub: 'jane', l }), /cost limit exceeded/);
});
