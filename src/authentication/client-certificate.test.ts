import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import { rootCluster } from '../logicalcluster/name.ts';
import {
  type CertificateRequest,
  issueCaCertificate,
  issueCertificate,
  newPrivateKeyPem,
} from '../server/pki/certificates.ts';
import { createClientCertificateAuthenticator } from './client-certificate.ts';

const caKey = newPrivateKeyPem();
const clientKey = newPrivateKeyPem();
let ca: { certPem: string; keyPem: string };
before(async () => {
  ca = { keyPem: caKey, certPem: await issueCaCertificate(caKey, 'test-ca', 10) };
});

async function issue(request: Partial<CertificateRequest>, issuer = ca): Promise<Uint8Array> {
  const pem = await issueCertificate(issuer, clientKey, {
    subject: [['CN', 'bob']],
    hosts: [],
    use: 'client',
    days: 1,
    ...request,
  });
  return new X509Certificate(pem).raw;
}

const show = (der: Uint8Array | undefined) => ({ headers: {}, peerCertificate: () => der, cluster: rootCluster });

test('the common name is the user and the organizations are the groups', async () => {
  const authenticator = createClientCertificateAuthenticator(() => ca.certPem);
  const der = await issue({
    subject: [
      ['O', 'devs'],
      ['O', 'system:masters'],
      ['CN', 'bob'],
    ],
  });
  const user = await authenticator.authenticate(show(der));
  assert.deepEqual([user?.name, user?.groups], ['bob', ['devs', 'system:masters']]);
  assert.match(user?.extra['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^X509SHA256=[0-9a-f]{64}$/);
  assert.equal(await authenticator.authenticate(show(der)), user);
});

test('a value that looks like another attribute is only a value', async () => {
  const authenticator = createClientCertificateAuthenticator(() => ca.certPem);
  const der = await issue({
    subject: [
      ['O', 'x\nO=system:masters'],
      ['CN', 'bob, O=system:masters'],
    ],
  });
  const user = await authenticator.authenticate(show(der));
  assert.deepEqual([user?.name, user?.groups], ['bob, O=system:masters', ['x\nO=system:masters']]);
});

test('without a certificate, or without a common name, there is nothing to say', async () => {
  const authenticator = createClientCertificateAuthenticator(() => ca.certPem);
  assert.equal(await authenticator.authenticate(show(undefined)), undefined);
  assert.equal(await authenticator.authenticate({ headers: {}, cluster: rootCluster }), undefined);
  assert.equal(await authenticator.authenticate(show(await issue({ subject: [['O', 'devs']] }))), undefined);
});

test('certificates of another CA of the same name, of servers, and garbage are refused', async () => {
  const authenticator = createClientCertificateAuthenticator(() => ca.certPem);
  const otherKey = newPrivateKeyPem();
  const other = { keyPem: otherKey, certPem: await issueCaCertificate(otherKey, 'test-ca', 10) };
  for (const der of [await issue({}, other), await issue({ use: 'server' }), Buffer.from('garbage')])
    await assert.rejects(authenticator.authenticate(show(der)), { code: 401 });
});

test('a certificate issued by a client certificate is refused', async () => {
  const authenticator = createClientCertificateAuthenticator(() => ca.certPem);
  const intermediate = {
    keyPem: clientKey,
    certPem: await issueCertificate(ca, clientKey, { subject: [['CN', 'bob']], hosts: [], use: 'client', days: 1 }),
  };
  await assert.rejects(
    authenticator.authenticate(
      show(
        await issue(
          {
            subject: [
              ['O', 'system:masters'],
              ['CN', 'eve'],
            ],
          },
          intermediate,
        ),
      ),
    ),
    {
      code: 401,
    },
  );
});

test('a certificate is good in its time only, also when it is remembered', async () => {
  let now = Date.now();
  const authenticator = createClientCertificateAuthenticator(
    () => ca.certPem,
    () => now,
  );
  const der = await issue({});
  assert.equal((await authenticator.authenticate(show(der)))?.name, 'bob');
  now += 2 * 24 * 3600 * 1000;
  await assert.rejects(authenticator.authenticate(show(der)), { code: 401 });
  now -= 4 * 24 * 3600 * 1000;
  await assert.rejects(authenticator.authenticate(show(der)), { code: 401 });
});

test('any CA of the bundle will do; a bundle without one is an error', async () => {
  const otherKey = newPrivateKeyPem();
  const other = { keyPem: otherKey, certPem: await issueCaCertificate(otherKey, 'other', 10) };
  const authenticator = createClientCertificateAuthenticator(() => `${other.certPem}\n# ours\n${ca.certPem}`);
  assert.equal((await authenticator.authenticate(show(await issue({}))))?.name, 'bob');
  assert.equal((await authenticator.authenticate(show(await issue({}, other))))?.name, 'bob');
  assert.throws(() => createClientCertificateAuthenticator(() => 'nothing'), /no certificate/);
});
