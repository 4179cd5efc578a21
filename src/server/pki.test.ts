import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { parse } from 'yaml';
import { ensurePki, servingHosts, writeKubeconfig } from './pki.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'atoll-pki-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('a first start makes a CA, a serving certificate for every host, keys and a token, readable by the owner only', async () => {
  const pki = await ensurePki({ dataDir, hosts: ['atoll.example.com', '10.1.2.3'] });
  const ca = new X509Certificate(pki.caCert);
  const server = new X509Certificate(pki.serverCert);
  assert.equal(ca.ca, true);
  assert.equal(server.verify(ca.publicKey), true);
  for (const host of ['atoll.example.com', 'localhost', 'kubernetes.default.svc'])
    assert.equal(server.checkHost(host, { subject: 'never' }), host);
  for (const address of ['10.1.2.3', '127.0.0.1', '::1']) assert.ok(server.checkIP(address), address);
  assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  const admin = new X509Certificate(pki.adminCert ?? '');
  assert.equal(admin.subject, 'O=system:masters\nCN=atoll-admin');
  assert.deepEqual(admin.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  assert.match(pki.adminToken, /^[\w-]{43}$/);
  for (const name of await readdir(join(dataDir, 'pki')))
    assert.equal((await stat(join(dataDir, 'pki', name))).mode & 0o777, 0o600, name);
});

test('a second start finds everything again', async () => {
  const first = await ensurePki({ dataDir, hosts: ['a.example.com'] });
  assert.deepEqual(await ensurePki({ dataDir, hosts: ['a.example.com'] }), first);
});

test('a new host renews the serving certificate and nothing else', async () => {
  const first = await ensurePki({ dataDir, hosts: ['a.example.com'] });
  const second = await ensurePki({ dataDir, hosts: ['b.example.com'] });
  assert.deepEqual({ ...second, serverCert: '' }, { ...first, serverCert: '' });
  assert.equal(new X509Certificate(second.serverCert).checkHost('b.example.com'), 'b.example.com');
});

test('processes that start at the same time agree on one set', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => ensurePki({ dataDir, hosts: [] })));
  const [first, ...others] = all.map(({ serverCert: _server, adminCert: _admin, ...rest }) => rest);
  for (const other of others) assert.deepEqual(other, first);
  for (const pki of all)
    assert.ok(new X509Certificate(pki.serverCert).verify(new X509Certificate(pki.caCert).publicKey));
  assert.deepEqual(
    (await readdir(join(dataDir, 'pki'))).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('machines share the CA that aggregated API servers know them by', async () => {
  const other = join(dataDir, 'other');
  const { frontProxyCaCert } = await ensurePki({ dataDir: other, hosts: [] });
  const frontProxyCaCertFile = join(other, 'pki', 'front-proxy-ca.crt');
  const frontProxyCaKeyFile = join(other, 'pki', 'front-proxy-ca.key');
  const shared = await ensurePki({ dataDir, hosts: [], files: { frontProxyCaCertFile, frontProxyCaKeyFile } });
  assert.equal(shared.frontProxyCaCert, frontProxyCaCert);
  const half = ensurePki({ dataDir, hosts: [], files: { frontProxyCaCertFile } });
  await assert.rejects(half, /--front-proxy-ca-cert-file and --front-proxy-ca-key-file go together/);
  const key = join(dataDir, 'pki', 'ca.key');
  const foreign = ensurePki({ dataDir, hosts: [], files: { frontProxyCaCertFile, frontProxyCaKeyFile: key } });
  await assert.rejects(foreign, /do not belong together/);
});

test('an unusable file is named, not replaced', async () => {
  await ensurePki({ dataDir, hosts: [] });
  await writeFile(join(dataDir, 'pki', 'service-account.key'), 'garbage');
  await assert.rejects(ensurePki({ dataDir, hosts: [] }), /service-account\.key holds no usable private key/);
  assert.equal(await readFile(join(dataDir, 'pki', 'service-account.key'), 'utf8'), 'garbage');
});

test('given files take the place of generated ones, so that machines can share them', async () => {
  const first = await ensurePki({ dataDir, hosts: [] });
  const other = join(dataDir, 'other');
  const pki = (name: string) => join(dataDir, 'pki', name);
  const second = await ensurePki({
    dataDir: other,
    hosts: [],
    files: { caCertFile: pki('ca.crt'), caKeyFile: pki('ca.key'), serviceAccountKeyFile: pki('service-account.key') },
  });
  assert.equal(second.caCert, first.caCert);
  assert.equal(second.serviceAccountKey, first.serviceAccountKey);
  assert.notEqual(second.adminToken, first.adminToken);
  assert.ok(new X509Certificate(second.serverCert).verify(new X509Certificate(first.caCert).publicKey));
  await assert.rejects(
    ensurePki({
      dataDir: join(dataDir, 'third'),
      hosts: [],
      files: { caCertFile: pki('ca.crt'), caKeyFile: pki('admin.key') },
    }),
    /do not belong together/,
  );
});

test('a wildcard listen address stands for the addresses of the machine', () => {
  const hosts = servingHosts(['0.0.0.0', '[::1]']);
  assert.ok(!hosts.includes('0.0.0.0'));
  assert.ok(hosts.includes('127.0.0.1') && hosts.includes('::1'));
});

test('a TLS server and a client with these certificates trust each other', async () => {
  const pki = await ensurePki({ dataDir, hosts: [] });
  const server = createServer({
    key: pki.serverKey,
    cert: pki.serverCert,
    ca: pki.caCert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const peer = new Promise<string>((resolve) =>
    server.once('secureConnection', (socket: TLSSocket) => resolve(String(socket.getPeerCertificate().subject.CN))),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = connect({
    port: address.port,
    host: '127.0.0.1',
    ca: pki.caCert,
    cert: pki.adminCert,
    key: pki.adminKey,
  });
  assert.equal(await peer, 'atoll-admin');
  assert.equal(socket.authorized, true);
  socket.destroy();
  server.close();
});

test('a kubeconfig names the server, the CA and the token', async () => {
  const file = join(dataDir, 'sub', 'admin.kubeconfig');
  await writeKubeconfig({
    file,
    server: 'https://127.0.0.1:6443',
    caCertificatePem: 'CA',
    token: 't',
    contextName: 'atoll',
  });
  const config: unknown = parse(await readFile(file, 'utf8'));
  assert.deepEqual(config, {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'atoll', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'Q0E=' } }],
    users: [{ name: 'atoll-user', user: { token: 't' } }],
    contexts: [{ name: 'atoll', context: { cluster: 'atoll', user: 'atoll-user' } }],
    'current-context': 'atoll',
  });
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});
