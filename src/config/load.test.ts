import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError, loadConfig } from './load.ts';

describe('configuration', () => {
  it('has defaults for everything', () => {
    const config = loadConfig({ flags: {}, env: {} });
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 6443 });
    assert.equal(config.externalUrl, 'https://127.0.0.1:6443');
    assert.deepEqual(config.roles, ['api', 'controllers', 'sync']);
    assert.equal(config.limits.requestTimeoutMs, 60_000);
    assert.ok(Object.isFrozen(config));
  });

  it('prefers flags to environment to file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'atoll-config-')), 'atoll.yaml');
    writeFileSync(file, 'listen: 127.0.0.1:1\nlog-level: warn\nroles: [api]\nprocesses: 3\n');
    const config = loadConfig({
      flags: { listen: '127.0.0.1:3' },
      env: { ATOLL_LISTEN: '127.0.0.1:2', ATOLL_LOG_LEVEL: 'error' },
      file,
    });
    assert.equal(config.listen.port, 3);
    assert.equal(config.logLevel, 'error');
    assert.deepEqual(config.roles, ['api']);
    assert.equal(config.processes, 3);
  });

  it('reads DATABASE_URL and REDIS_URL without a prefix', () => {
    const config = loadConfig({ flags: {}, env: { DATABASE_URL: 'postgres://h/db', REDIS_URL: 'redis://h' } });
    assert.equal(config.databaseUrl, 'postgres://h/db');
    assert.equal(config.redisUrl, 'redis://h');
  });

  it('gives the issuer as user name prefix unless the claim is email', () => {
    const env = { ATOLL_OIDC_ISSUER_URL: 'https://id.example', ATOLL_OIDC_CLIENT_ID: 'atoll' };
    assert.equal(loadConfig({ flags: {}, env }).oidc?.usernamePrefix, 'https://id.example#');
    assert.equal(loadConfig({ flags: { 'oidc-username-claim': 'email' }, env }).oidc?.usernamePrefix, '-');
  });

  it('keeps webhooks off link-local addresses, and off loopback where others may ask', () => {
    const denied = (flags: Record<string, string>) => loadConfig({ flags, env: {} }).webhookAddresses.deny;
    assert.ok(denied({}).includes('169.254.0.0/16'));
    assert.ok(!denied({}).includes('127.0.0.0/8'));
    assert.ok(denied({ listen: ':6443' }).includes('127.0.0.0/8'));
    assert.deepEqual(denied({ listen: ':6443', 'webhook-deny-addresses': '10.0.0.0/8, ::/0' }), ['10.0.0.0/8', '::/0']);
  });

  it('turns features on by their names', () => {
    const gates = (text?: string) =>
      loadConfig({ flags: text === undefined ? {} : { 'feature-gates': text }, env: {} }).featureGates;
    assert.equal(gates().MutatingAdmissionPolicy, false);
    assert.equal(gates('MutatingAdmissionPolicy=true').MutatingAdmissionPolicy, true);
  });

  for (const [flags, message] of [
    [{ listen: 'nonsense' }, /--listen: "nonsense" is not HOST:PORT/],
    [{ listen: '127.0.0.1:70000' }, /--listen/],
    [{ roles: 'api,cook' }, /--roles: "cook" is not one of api, controllers, sync/],
    [{ processes: '0' }, /--processes: "0" is not a whole number from 1/],
    [{ 'request-timeout': '5 parsecs' }, /--request-timeout: "5 parsecs" is not a duration/],
    [{ 'database-url': 'mysql://x' }, /--database-url: must start with postgres:/],
    [{ 'tls-cert-file': 'a' }, /give both or neither/],
    [{ 'oidc-issuer-url': 'http://plain', 'oidc-client-id': 'x' }, /--oidc-issuer-url: must be an https URL/],
    [{ 'webhook-deny-addresses': '10.0.0.0/33' }, /--webhook-deny-addresses: "10.0.0.0\/33" is not an address range/],
    [{ 'webhook-allow-addresses': 'example.com/8' }, /--webhook-allow-addresses: "example.com\/8" is not/],
    [{ 'feature-gates': 'Sidecars=true' }, /--feature-gates: unrecognized feature gate: Sidecars/],
    [{ 'feature-gates': 'MutatingAdmissionPolicy' }, /missing bool value for MutatingAdmissionPolicy/],
    [{ 'feature-gates': 'MutatingAdmissionPolicy=maybe' }, /invalid value of MutatingAdmissionPolicy=maybe/],
  ] as const) {
    it(`refuses ${JSON.stringify(flags)} by name`, () => {
      assert.throws(
        () => loadConfig({ flags, env: {} }),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }

  it('refuses an unknown setting in the file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'atoll-config-')), 'atoll.yaml');
    writeFileSync(file, 'lissten: x\n');
    assert.throws(() => loadConfig({ flags: {}, env: {}, file }), /unknown setting "lissten"/);
  });
});

describe('configuration of authentication', () => {
  const load = (flags: Record<string, string>) => loadConfig({ flags, env: {} }).authentication;

  it('knows header names in lower case, with those of stock unless told otherwise', () => {
    assert.deepEqual(load({ 'requestheader-client-ca-file': 'ca.pem', 'requestheader-group-headers': 'X-G,X-H' }), {
      configFile: undefined,
      anonymous: undefined,
      tokenFile: undefined,
      bootstrapTokens: false,
      tokenWebhook: undefined,
      requestHeader: {
        clientCaFile: 'ca.pem',
        allowedNames: [],
        usernameHeaders: ['x-remote-user'],
        uidHeaders: ['x-remote-uid'],
        groupHeaders: ['x-g', 'x-h'],
        extraHeaderPrefixes: ['x-remote-extra-'],
      },
    });
  });

  it('refuses headers that mean something else, and two sources of issuers', () => {
    const headers = (name: string) => () =>
      load({ 'requestheader-client-ca-file': 'ca.pem', 'requestheader-username-headers': name });
    for (const name of ['Authorization', 'Impersonate-User', 'a b', ',']) assert.throws(headers(name), ConfigError);
    assert.throws(
      () =>
        load({ 'authentication-config': 'a.yaml', 'oidc-issuer-url': 'https://id.example.com', 'oidc-client-id': 'x' }),
      /mutually exclusive/,
    );
  });
});
