import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { ApiError, unauthorized } from '../apimachinery/errors.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../server/pki/certificates.ts';
import type { Credentials } from './authenticator.ts';
import { createClientCertificateAuthenticator } from './client-certificate.ts';
import { createRequestHeaderAuthenticator, type RequestHeaderOptions } from './request-header.ts';
import { createUnionAuthenticator } from './union.ts';

async function authority(name: string) {
  const key = newPrivateKeyPem();
  const pem = await issueCaCertificate(key, name, 1);
  return {
    pem,
    issue: async (commonName: string) => {
      const cert = await issueCertificate({ certPem: pem, keyPem: key }, newPrivateKeyPem(), {
        subject: [['CN', commonName]],
        hosts: [],
        use: 'client',
        days: 1,
      });
      return new Uint8Array(new X509Certificate(cert).raw);
    },
  };
}

const proxies = await authority('proxy-ca');
const clients = await authority('client-ca');
const proxy = await proxies.issue('front');
const stranger = await proxies.issue('stranger');
const jane = await clients.issue('jane');

const options: RequestHeaderOptions = {
  clientCa: () => proxies.pem,
  allowedNames: ['front'],
  usernameHeaders: ['x-remote-user', 'x-user'],
  uidHeaders: ['x-remote-uid'],
  groupHeaders: ['x-remote-group'],
  extraHeaderPrefixes: ['x-remote-extra-'],
};
const union = createUnionAuthenticator(
  [createRequestHeaderAuthenticator(options), createClientCertificateAuthenticator(() => clients.pem)],
  { anonymous: true, identityHeaders: options },
);

function request(certificate: Uint8Array | undefined, ...raw: [string, string][]): Credentials {
  const headers: Record<string, string> = {};
  for (const [name, value] of raw) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return { headers, cluster: rootCluster, peerCertificate: () => certificate, rawHeaders: () => raw.flat() };
}

const identity: [string, string][] = [
  ['X-Remote-User', 'ann'],
  ['X-Remote-Group', 'devs'],
  ['X-Remote-Group', 'a, b'],
  ['X-Remote-Uid', 'u1'],
  ['X-Remote-Extra-Example.com%2FScope', 'one'],
  ['X-Remote-Extra-Example.com%2FScope', 'two'],
];

test('a front proxy says who asks, and the headers go no further', async () => {
  const credentials = request(proxy, ...identity, ['accept', '*/*'], ['x-user', 'other']);
  assert.deepEqual(await union.authenticate(credentials), {
    name: 'ann',
    uid: 'u1',
    groups: ['devs', 'a, b', 'system:authenticated'],
    extra: { 'example.com/scope': ['one', 'two'] },
  });
  assert.deepEqual(credentials.headers, { accept: '*/*' });
});

test('nobody else can name a user by headers: TestIdentityHeaderInjectionDoesNotEscalate', async () => {
  const masters: [string, string][] = [
    ['X-Remote-User', 'admin'],
    ['X-Remote-Group', 'system:masters'],
  ];
  const plain = request(undefined, ...masters);
  assert.equal((await union.authenticate(plain))?.name, 'system:anonymous');
  assert.deepEqual(plain.headers, {});
  const ofJane = request(jane, ...masters);
  const user = await union.authenticate(ofJane);
  assert.deepEqual([user?.name, user?.groups], ['jane', ['system:authenticated']]);
  assert.deepEqual(ofJane.headers, {});
  const refused = request(stranger, ...masters);
  await assert.rejects(
    async () => union.authenticate(refused),
    (error) => error instanceof ApiError && error.code === 401 && error.message === unauthorized().message,
  );
  assert.deepEqual(refused.headers, {});
});

test('with no front proxy configured the headers mean nothing and go no further', async () => {
  const credentials = request(proxy, ...identity, ['X-User', 'x']);
  const bare = createUnionAuthenticator([], { anonymous: true });
  assert.equal((await bare.authenticate(credentials))?.name, 'system:anonymous');
  assert.deepEqual(credentials.headers, { 'x-user': 'x' });
});

test('without allowed names any certificate of the CA will do, without a user name none', async () => {
  const open = createRequestHeaderAuthenticator({ ...options, allowedNames: [] });
  assert.equal((await open.authenticate(request(stranger, ['X-User', 'ann'])))?.name, 'ann');
  assert.equal(await open.authenticate(request(proxy, ['X-Remote-Group', 'devs'])), undefined);
  assert.equal(await open.authenticate(request(proxy, ['X-Remote-User', ''])), undefined);
});
