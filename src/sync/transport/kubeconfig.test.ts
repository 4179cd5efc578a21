import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { KubeconfigError, parseKubeconfig } from './kubeconfig.ts';

function kubeconfig(cluster: object = {}, user: object = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    clusters: [{ name: 'k', cluster: { server: 'https://192.0.2.1:6443/k8s/', ...cluster } }],
    users: [{ name: 'u', user: { token: 't', ...user } }],
  });
}

function refused(text: string): string {
  try {
    parseKubeconfig(text);
  } catch (error) {
    assert.ok(error instanceof KubeconfigError);
    return error.message;
  }
  return assert.fail('accepted');
}

test('the current context is read', () => {
  const endpoint = parseKubeconfig(kubeconfig({ 'insecure-skip-tls-verify': true, 'tls-server-name': 'kubernetes' }));
  assert.deepEqual(endpoint, {
    host: '192.0.2.1',
    port: 6443,
    basePath: '/k8s',
    ca: undefined,
    insecureSkipTlsVerify: true,
    serverName: 'kubernetes',
    token: 't',
    clientCertificate: undefined,
    clientKey: undefined,
  });
  assert.equal(parseKubeconfig(kubeconfig({ server: 'https://[2001:db8::1]' })).host, '2001:db8::1');
  assert.equal(parseKubeconfig(kubeconfig({ server: 'https://example.com' })).port, 443);
});

test('what would run programs or read files here is refused, saying what would do', () => {
  assert.match(refused(kubeconfig({}, { exec: { command: 'rm' } })), /exec is not accepted/);
  assert.match(refused(kubeconfig({}, { 'auth-provider': { name: 'x' } })), /auth-provider is not accepted/);
  assert.match(refused(kubeconfig({}, { tokenFile: '/etc/passwd' })), /tokenFile is not accepted, put token into it/);
  assert.match(refused(kubeconfig({}, { 'client-key': '/k' })), /put client-key-data into it/);
  assert.match(refused(kubeconfig({ 'certificate-authority': '/ca' })), /put certificate-authority-data into it/);
  assert.match(refused(kubeconfig({ 'proxy-url': 'http://p' })), /proxy-url is not accepted/);
  assert.match(refused(kubeconfig({}, { as: 'admin' })), /as is not accepted/);
});

test('garbage is refused with a reason', () => {
  assert.match(refused(''), /not a YAML mapping/);
  assert.match(refused('[1, 2]'), /not a YAML mapping/);
  assert.match(refused('a: [\n'), /is not YAML/);
  assert.match(refused('\u0000\u0001\u0002'), /kubeconfig/);
  assert.match(refused('kind: Config'), /no current-context/);
  assert.match(refused(stringify({ 'current-context': 'x' })), /no context "x"/);
  assert.match(
    refused(stringify({ 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'k' } }] })),
    /no cluster "k"/,
  );
  assert.match(refused(kubeconfig({ server: 'nonsense' })), /is no URL/);
  assert.match(refused(kubeconfig({ server: 'http://192.0.2.1' })), /must be an https URL/);
  assert.match(refused(kubeconfig({ server: 'https://u:p@192.0.2.1' })), /neither user/);
  assert.match(refused(kubeconfig({ 'certificate-authority-data': 'AAAA' })), /not base64 of PEM/);
  assert.match(refused(kubeconfig({}, { token: 'a\nb' })), /no header can carry/);
  const fake = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64');
  assert.match(refused(kubeconfig({ 'certificate-authority-data': fake })), /is no certificate/);
  assert.match(refused('a'.repeat((1 << 20) + 1)), /larger than 1 MiB/);
});

test('a bomb of YAML aliases is refused', () => {
  const lines = ['a0: &a0 [x]'];
  for (let i = 1; i < 30; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    );
  assert.match(refused(lines.join('\n')), /is not YAML/);
});
