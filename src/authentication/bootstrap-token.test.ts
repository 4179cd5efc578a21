import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../apimachinery/object.ts';
import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import { createBootstrapTokenAuthenticator, type BootstrapTokenOptions } from './bootstrap-token.ts';

const token = 'abcdef.0123456789abcdef';
const now = Date.parse('2026-01-01T00:00:00Z');

async function authenticate(
  change: Record<string, string | undefined> = {},
  secret: Record<string, unknown> = {},
  asked: { token?: string; cluster?: ClusterName } = {},
) {
  const data = Object.fromEntries(
    Object.entries({
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      ...change,
    }).flatMap(([key, value]) => (value === undefined ? [] : [[key, Buffer.from(value).toString('base64')]])),
  );
  const object = { type: 'bootstrap.kubernetes.io/token', data, metadata: { name: 'x' }, ...secret };
  const store = {
    get: (key: { cluster: string; resource: string; namespace: string; name: string }) =>
      Promise.resolve(
        [key.cluster, key.resource, key.namespace, key.name].join(' ') ===
          'root secrets kube-system bootstrap-token-abcdef'
          ? { object: object as unknown as KubeObject }
          : undefined,
      ),
  } as unknown as BootstrapTokenOptions['store'];
  const authenticator = createBootstrapTokenAuthenticator({ store, now: () => now });
  return authenticator.authenticateToken(asked.token ?? token, asked.cluster ?? rootCluster);
}

test('the token of a Secret signs a bootstrapper in, in the logical cluster of the Secret', async () => {
  assert.deepEqual(await authenticate({ 'auth-extra-groups': 'system:bootstrappers:b, system:bootstrappers:a' }), {
    name: 'system:bootstrap:abcdef',
    uid: '',
    groups: ['system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:b'],
    extra: {},
  });
  assert.equal((await authenticate({ expiration: '2026-01-01T00:00:01Z' }))?.name, 'system:bootstrap:abcdef');
  assert.equal(await authenticate({}, {}, { cluster: 'elsewhere' as ClusterName }), undefined);
});

test('a Secret that does not fit vouches for nobody', async () => {
  const changes: Record<string, string | undefined>[] = [
    { 'token-secret': '0123456789abcdeg' },
    { 'token-secret': undefined },
    { 'token-id': 'abcdeg' },
    { expiration: '2026-01-01T00:00:00Z' },
    { expiration: 'tomorrow' },
    { 'usage-bootstrap-authentication': 'yes' },
    { 'usage-bootstrap-authentication': undefined },
    { 'auth-extra-groups': 'system:masters' },
    { 'auth-extra-groups': 'system:bootstrappers:a\nsystem:masters' },
  ];
  for (const change of changes) assert.equal(await authenticate(change), undefined, JSON.stringify(change));
  assert.equal(await authenticate({}, { type: 'Opaque' }), undefined);
  assert.equal(await authenticate({}, { metadata: { deletionTimestamp: 'x' } }), undefined);
  assert.equal(await authenticate({}, { data: null }), undefined);
});

test('other texts are not asked about', async () => {
  for (const text of ['', 'abcdef', 'ABCDEF.0123456789abcdef', `${token}\n`, `${token}x`, '../../..0123456789abcdef'])
    assert.equal(await authenticate({}, {}, { token: text }), undefined);
});
