import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../apimachinery/object.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { createMemoryStore } from '../../storage/memory/store.ts';
import { storedText } from '../../storage/serialized-object.ts';
import { createStoredServiceResolver } from './stored-services.ts';

type Fields = { readonly [field: string]: unknown };

async function resolving(objects: readonly (readonly [resource: string, object: Fields])[]) {
  const store = createMemoryStore();
  for (const [resource, fields] of objects) {
    const object = { kind: 'X', apiVersion: 'v1', ...fields } as KubeObject;
    object.metadata = { name: 'hooks', ...object.metadata };
    const key = { cluster: rootCluster, resource, namespace: 'default', name: object.metadata.name ?? '' };
    await store.commit([{ op: 'create', key, text: storedText(object) }]);
  }
  const resolver = createStoredServiceResolver(store);
  return (port = 443) => resolver.resolve(rootCluster, { namespace: 'default', name: 'hooks', port });
}

const service = (spec: Fields): readonly [string, Fields] => ['services', { spec }];
const slice = (more: Fields): readonly [string, Fields] => [
  'endpointslices.discovery.k8s.io',
  { metadata: { name: 'hooks-1', labels: { 'kubernetes.io/service-name': 'hooks' } }, ...more },
];

describe('Services of webhooks', () => {
  it('lead to ready addresses of their slices, by the name of the port', async () => {
    const resolve = await resolving([
      service({ ports: [{ port: 443, name: 'web' }] }),
      slice({
        ports: [
          { name: 'other', port: 1 },
          { name: 'web', port: 8443 },
        ],
        endpoints: [
          { addresses: ['10.0.0.1'], conditions: { ready: false } },
          { addresses: ['10.0.0.2'], conditions: { ready: true } },
        ],
      }),
    ]);
    assert.deepEqual(await resolve(), { host: '10.0.0.2', port: 8443 });
  });

  it('lead to addresses of Endpoints when there are no slices', async () => {
    const resolve = await resolving([
      service({ ports: [{ port: 443 }] }),
      ['endpoints', { subsets: [{ addresses: [{ ip: '10.0.0.3' }], ports: [{ port: 9443 }] }] }],
    ]);
    assert.deepEqual(await resolve(), { host: '10.0.0.3', port: 9443 });
  });

  it('lead to their external name', async () => {
    const resolve = await resolving([service({ type: 'ExternalName', externalName: 'hooks.example.com' })]);
    assert.deepEqual(await resolve(8443), { host: 'hooks.example.com', port: 8443 });
  });

  it('lead nowhere otherwise, and say why', async () => {
    await assert.rejects((await resolving([]))(), { message: 'service "hooks" not found' });
    const empty = await resolving([service({ ports: [{ port: 443 }] })]);
    await assert.rejects(empty(), { message: 'no endpoints available for service "hooks"' });
    await assert.rejects(empty(80), { message: 'no service port 80 found for service "hooks"' });
  });
});
