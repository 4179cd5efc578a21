import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { after, test } from 'node:test';
import { eventually } from '../../test/support/wait.ts';
import { parseAuthorities } from '../authentication/client-certificate.ts';
import { loadConfig } from '../config/load.ts';
import { listen } from './listen.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from './pki/certificates.ts';
import { openTlsFiles } from './tls-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'atoll-tls-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string): string => join(directory, name);
const log = { info: () => {}, warn: () => {} };

async function pair(name: string): Promise<{ cert: string; key: string; ca: string }> {
  const caKey = newPrivateKeyPem();
  const ca = await issueCaCertificate(caKey, `ca of ${name}`, 2);
  const key = newPrivateKeyPem();
  const request = { subject: [['CN', name]], hosts: ['127.0.0.1'], use: 'server', days: 1 } as const;
  const cert = await issueCertificate({ certPem: ca, keyPem: caKey }, key, request);
  return { cert, key, ca };
}

type Seen = { readonly name: string; readonly protocol: string | null };

function ask(port: number, options: { maxVersion?: 'TLSv1.2'; ciphers?: string } = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const certificate: PeerCertificate = socket.getPeerCertificate();
      resolve({ name: String(certificate.subject.CN), protocol: socket.getProtocol() });
      socket.destroy();
    });
  });
}

async function serve(flags: Record<string, string>, own: { cert: string; key: string; ca: string }) {
  const config = loadConfig({ flags: { listen: '127.0.0.1:0', ...flags }, env: {} });
  const files = openTlsFiles({
    config,
    pki: { serverCert: own.cert, serverKey: own.key, caCert: own.ca },
    checkClientCa: parseAuthorities,
    log,
    everyMs: 5,
  });
  const listener = await listen({
    config,
    tls: files.serving(),
    handler: (_, response) => response.end(),
    upgrade: (_, socket) => socket.destroy(),
  });
  const stop = files.follow((material) => listener.reload(material));
  return {
    files,
    port: listener.port,
    async close() {
      stop();
      await listener.close(0);
    },
  };
}

test('a renewed certificate is served to new connections, and only together with its key', async () => {
  const [first, second] = await Promise.all([pair('first'), pair('second')]);
  writeFileSync(file('tls.crt'), first.cert);
  writeFileSync(file('tls.key'), first.key);
  writeFileSync(file('clients.crt'), first.ca);
  const server = await serve(
    {
      'tls-cert-file': file('tls.crt'),
      'tls-private-key-file': file('tls.key'),
      'client-ca-file': file('clients.crt'),
    },
    first,
  );
  try {
    assert.equal((await ask(server.port)).name, 'first');
    writeFileSync(file('tls.crt'), second.cert);
    writeFileSync(file('clients.crt'), 'no certificate at all');
    writeFileSync(file('tls.key'), second.key);
    await eventually('the second certificate', async () => (await ask(server.port)).name === 'second');
    assert.equal(server.files.clientCa(), first.ca);
    writeFileSync(file('clients.crt'), second.ca);
    await eventually('the second bundle', () => server.files.clientCa() === second.ca);
    assert.equal((await ask(server.port)).name, 'second');
  } finally {
    await server.close();
  }
});

test('the oldest version and the ciphers of TLS 1.2 are chosen', async () => {
  const own = await pair('own');
  const strict = await serve({ 'tls-min-version': 'VersionTLS13' }, own);
  const narrow = await serve({ 'tls-cipher-suites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' }, own);
  try {
    assert.equal((await ask(strict.port)).protocol, 'TLSv1.3');
    await assert.rejects(ask(strict.port, { maxVersion: 'TLSv1.2' }));
    assert.equal((await ask(narrow.port)).protocol, 'TLSv1.3');
    assert.equal((await ask(narrow.port, { maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
    await assert.rejects(ask(narrow.port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }));
  } finally {
    await Promise.all([strict.close(), narrow.close()]);
  }
});
