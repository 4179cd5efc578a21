import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import { alice, apiError, createFixture, type Fixture } from '../registry/testing.ts';
import type { LoopbackClient } from './client.ts';
import { createLoopbackClient, type LoopbackOptions, systemUser } from './loopback.ts';

const clientOf = (fixture: Fixture, more: Partial<LoopbackOptions> = {}): LoopbackClient =>
  createLoopbackClient({ ...fixture, user: systemUser, ...more });
const ref = { cluster: rootCluster, resource: 'configmaps', namespace: 'default', name: 'a' };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'b' } };

describe('the loopback client', () => {
  it('has the verbs of the API', async () => {
    const client = clientOf(await createFixture());
    const created = await client.create(ref, configMap);
    assert.equal(created.metadata.managedFields?.[0]?.manager, 'system:apiserver');
    assert.deepEqual(await client.get(ref), created);
    const updated = await client.update(ref, { ...created, data: { c: 'd' } });
    await assert.rejects(client.update(ref, created), apiError(409, /has been modified/));
    const patched = await client.patch(ref, { data: { e: 'f' } });
    assert.deepEqual(patched['data'], { c: 'd', e: 'f' });
    assert.notEqual(updated.metadata.resourceVersion, patched.metadata.resourceVersion);
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' }, data: { x: 'y' } };
    const applied = await client.apply({ ...ref, name: 'b' }, config, { fieldManager: 'me' });
    assert.equal(applied.metadata.managedFields?.[0]?.operation, 'Apply');
    await client.delete(ref);
    assert.equal(await client.find(ref), undefined);
    await assert.rejects(client.get(ref), apiError(404, 'configmaps "a" not found'));
  });

  it('gives copies that the caller may change', async () => {
    const client = clientOf(await createFixture());
    await client.create(ref, configMap);
    const mine = await client.get(ref);
    mine['data'] = {};
    mine.metadata.labels = { x: 'y' };
    assert.deepEqual((await client.get(ref))['data'], { a: 'b' });
  });

  it('lists beyond one page', async () => {
    const client = clientOf(await createFixture());
    for (let i = 0; i < 600; i++) await client.create(ref, { ...configMap, metadata: { name: `c${i}` } });
    const all = await client.list({ cluster: rootCluster, resource: 'configmaps', namespace: 'default' });
    assert.equal(all.length, 601);
    const one = await client.list({ ...ref, fieldSelector: 'metadata.name=c7' });
    assert.deepEqual(
      one.map((each) => each.metadata.name),
      ['c7'],
    );
  });

  it('asks the authorizer first, where it has one', async () => {
    const fixture = await createFixture();
    const asked: string[] = [];
    const client = clientOf(fixture, {
      user: alice,
      authorizer: {
        authorize({ user, verb, resource, namespace, name }) {
          asked.push(`${user.name} ${verb} ${resource} ${namespace}/${name}`);
          return Promise.resolve({ outcome: verb === 'get' ? 'allow' : 'noOpinion', reason: 'no' });
        },
      },
    });
    assert.equal(await client.find(ref), undefined);
    await assert.rejects(client.create(ref, configMap), apiError(403, 'configmaps is forbidden: no'));
    assert.deepEqual(asked, ['alice get configmaps default/a', 'alice create configmaps default/']);
  });

  it('refuses clusters that are not there and resources that are not served', async () => {
    const client = clientOf(await createFixture());
    const elsewhere = { ...ref, cluster: 'aaaaaaaaaaaaaaaa' as ClusterName };
    await assert.rejects(client.get(elsewhere), apiError(403, /logical cluster/));
    await assert.rejects(
      client.get({ ...ref, resource: 'nothings.example.com' }),
      apiError(404, 'the server could not find the requested resource'),
    );
  });
});
