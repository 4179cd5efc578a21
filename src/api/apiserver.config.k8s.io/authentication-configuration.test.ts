import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { parseAuthenticationConfiguration } from './authentication-configuration.ts';

const own = ['https://atoll.example.com/clusters/'];
const good = {
  issuer: { url: 'https://id.example.com', audiences: ['atoll'] },
  claimMappings: { username: { claim: 'sub', prefix: '' } },
};

function parse(document: Record<string, unknown>, version = 'v1beta1') {
  const text = stringify({
    apiVersion: `apiserver.config.k8s.io/${version}`,
    kind: 'AuthenticationConfiguration',
    ...document,
  });
  return parseAuthenticationConfiguration(text, own);
}

/** The error of a file with one authenticator that differs from a good one. */
function errorOf(change: Record<string, unknown>): string {
  try {
    parse({ jwt: [{ ...good, ...change }] });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('v1 and v1beta1 are read, with and without authenticators', () => {
  assert.equal(parse({ jwt: [good] }, 'v1').jwt[0]?.source.issuer.url, 'https://id.example.com');
  assert.deepEqual(parse({ anonymous: { enabled: true, conditions: [{ path: '/livez' }] } }).anonymous, {
    enabled: true,
    conditions: [{ path: '/livez' }],
  });
  assert.deepEqual(parse({}), { jwt: [], anonymous: undefined });
});

test('files of another kind, with unknown fields or without content are refused', () => {
  assert.throws(() => parseAuthenticationConfiguration('', own), /empty config data/);
  assert.throws(
    () => parseAuthenticationConfiguration('kind: Policy', own),
    /must be of kind AuthenticationConfiguration/,
  );
  assert.throws(() => parseAuthenticationConfiguration('a: [', own), { name: 'StartError' });
  assert.throws(
    () => parse({ jwt: [{ ...good, issuers: 1 }] }),
    /strict decoding error: unknown field "jwt\[0\].issuers"/,
  );
  assert.throws(() => parse({ jwt: [{ ...good, issuer: 'x' }] }), { name: 'StartError' });
  assert.throws(() => parse({ jwt: [null] }), /jwt\[0\].issuer.url: Required value: URL is required/);
});

test('issuers are checked with the texts of kube-apiserver', () => {
  const issuer = (change: Record<string, unknown>) => errorOf({ issuer: { ...good.issuer, ...change } });
  assert.equal(issuer({}), '');
  assert.equal(issuer({ url: '' }), 'jwt[0].issuer.url: Required value: URL is required');
  assert.equal(
    issuer({ url: 'http://u:p@id.example.com?q=1#f' }),
    '[jwt[0].issuer.url: Invalid value: "http://u:p@id.example.com?q=1#f": URL scheme must be https, ' +
      'jwt[0].issuer.url: Invalid value: "http://u:p@id.example.com?q=1#f": URL must not contain a username or password, ' +
      'jwt[0].issuer.url: Invalid value: "http://u:p@id.example.com?q=1#f": URL must not contain a query, ' +
      'jwt[0].issuer.url: Invalid value: "http://u:p@id.example.com?q=1#f": URL must not contain a fragment]',
  );
  assert.match(
    issuer({ url: 'https://atoll.example.com/clusters/abc' }),
    /URL must not overlap with disallowed issuers: \[https:\/\/atoll.example.com\/clusters\/\]/,
  );
  assert.match(issuer({ discoveryURL: 'https://id.example.com/' }), /discoveryURL must be different from URL/);
  assert.equal(
    issuer({ audiences: [] }),
    'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required',
  );
  assert.match(issuer({ audiences: ['a', 'b'] }), /audienceMatchPolicy must be MatchAny for multiple audiences/);
  assert.equal(issuer({ audiences: ['a', 'b'], audienceMatchPolicy: 'MatchAny' }), '');
  assert.match(issuer({ audienceMatchPolicy: 'All' }), /must be empty or MatchAny for single audience/);
  assert.match(
    issuer({ audiences: ['a', 'a', ''], audienceMatchPolicy: 'MatchAny' }),
    /audiences\[1\]: Duplicate value: "a", jwt\[0\].issuer.audiences\[2\]: Required value: audience can't be empty/,
  );
  assert.match(
    issuer({ certificateAuthority: 'x' }),
    /"<omitted>": data does not contain any valid RSA or ECDSA certificates/,
  );
});

test('issuers and discovery URLs do not repeat', () => {
  const issuer = { ...good.issuer, discoveryURL: 'https://elsewhere.example.com/d' };
  assert.throws(
    () =>
      parse({
        jwt: [
          { ...good, issuer },
          { ...good, issuer },
        ],
      }),
    /jwt\[1\].issuer.url: Duplicate value: "https:\/\/id.example.com", jwt\[1\].issuer.discoveryURL: Duplicate value/,
  );
  assert.throws(
    () => parse({ jwt: Array.from({ length: 65 }, () => good) }),
    /jwt: Too many: 65: must have at most 64 items/,
  );
});

test('claim mappings are a claim with a prefix, or an expression', () => {
  const mappings = (change: Record<string, unknown>) =>
    errorOf({ claimMappings: { ...good.claimMappings, ...change } });
  assert.equal(
    mappings({ username: {} }),
    'jwt[0].claimMappings.username: Required value: claim or expression is required',
  );
  assert.match(
    mappings({ username: { claim: 'sub' } }),
    /username.prefix: Required value: prefix is required when claim is set/,
  );
  assert.match(
    mappings({ username: { claim: 'sub', expression: 'claims.sub' } }),
    /claim and expression can't both be set/,
  );
  assert.match(
    mappings({ username: { expression: 'claims.sub', prefix: 'x' } }),
    /prefix can't be set when expression is set/,
  );
  assert.match(
    mappings({ groups: { expression: 'claims.' } }),
    /groups.expression: Invalid value: "claims.": compilation failed: ERROR: <input>:1:8/,
  );
  assert.match(
    mappings({ uid: { claim: 'a', expression: 'claims.b' } }),
    /uid: Invalid value: "": claim and expression/,
  );
  const extra = (key: string) => mappings({ extra: [{ key, valueExpression: 'claims.a' }] });
  assert.equal(extra('example.com/a'), '');
  assert.match(extra('a'), /must be a domain-prefixed path/);
  assert.match(extra('Example.com/a'), /key must be lowercase/);
  assert.match(extra('x.k8s.io/a'), /k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use/);
  assert.match(mappings({ extra: [{ key: 'example.com/a' }] }), /valueExpression: Required value/);
});

test('an e-mail address as user name needs a look at whether it is verified', () => {
  const username = { expression: 'claims.email' };
  const needs = /claims.email_verified must be used in/;
  assert.match(errorOf({ claimMappings: { username } }), needs);
  assert.match(errorOf({ claimMappings: { username: { expression: "claims.?email.orValue('x')" } } }), needs);
  assert.equal(
    errorOf({ claimMappings: { username: { expression: "claims.email_verified ? claims.email : 'x'" } } }),
    '',
  );
  const rule = { expression: 'claims.?email_verified.orValue(true) == true' };
  assert.equal(errorOf({ claimMappings: { username }, claimValidationRules: [rule] }), '');
});

test('rules are claims with values, or expressions that say yes or no', () => {
  const rules = (...list: unknown[]) => errorOf({ claimValidationRules: list });
  assert.equal(rules({ claim: 'hd', requiredValue: 'example.com' }), '');
  assert.match(rules({}), /claim or expression is required/);
  assert.match(rules({ claim: 'a', expression: 'true' }), /claim and expression can't both be set/);
  assert.match(rules({ claim: 'a', message: 'm' }), /message can't be set when claim is set/);
  assert.match(rules({ expression: 'true', requiredValue: 'm' }), /requiredValue can't be set when expression is set/);
  assert.match(rules({ expression: '1' }), /Invalid value: "1": must evaluate to bool/);
  assert.match(rules({ expression: 'true' }, { expression: 'true' }), /\[1\].expression: Duplicate value: "true"/);
  assert.match(errorOf({ userValidationRules: [{ expression: 'user.nope' }] }), /undefined field 'nope'/);
  assert.match(errorOf({ userValidationRules: [{}] }), /userValidationRules\[0\].expression: Required value/);
});

test('conditions need anonymous users to be let in', () => {
  assert.throws(
    () => parse({ anonymous: { enabled: false, conditions: [{ path: '/livez' }] } }),
    /anonymous.conditions: Invalid value: .*: enabled should be set to true when conditions are defined/,
  );
});
