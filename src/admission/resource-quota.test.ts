import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { apiError, createFixture, type Fixture } from '../registry/testing.ts';

const object = (kind: string, name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'default' },
  ...more,
});
const configMap = (name: string): JsonObject => object('ConfigMap', name);
const pod = (name: string, resources: JsonObject = {}, spec: JsonObject = {}): JsonObject =>
  object('Pod', name, { spec: { containers: [{ name: 'c', image: 'i', resources }], ...spec } });
const quota = (name: string, hard: JsonObject, spec: JsonObject = {}): JsonObject =>
  object('ResourceQuota', name, { spec: { hard, ...spec } });

async function usedOf(fixture: Fixture, name: string): Promise<unknown> {
  return ((await fixture.get('resourcequotas', name))['status'] as JsonObject)['used'];
}

describe('a ResourceQuota', () => {
  it('holds for the first write after it was made, and counts what was there before', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a'));
    await fixture.create('resourcequotas', quota('q', { 'count/configmaps': '3', configmaps: '3', pods: '1' }));
    await fixture.create('configmaps', configMap('b'));
    // kube-root-ca.crt is one of them.
    assert.deepEqual(await usedOf(fixture, 'q'), { configmaps: '3', 'count/configmaps': '3', pods: '0' });
    await assert.rejects(
      fixture.create('configmaps', configMap('c')),
      apiError(
        403,
        'configmaps "c" is forbidden: exceeded quota: q, requested: configmaps=1,count/configmaps=1, used: configmaps=3,count/configmaps=3, limited: configmaps=3,count/configmaps=3',
      ),
    );
    await fixture.delete('configmaps', 'a');
    assert.deepEqual(await usedOf(fixture, 'q'), { configmaps: '2', 'count/configmaps': '2', pods: '0' });
    await fixture.create('configmaps', configMap('c'));
  });

  it('is not charged by a dry run, which is told what would happen', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { pods: '1' }));
    await fixture.create('pods', pod('a'), { dryRun: true });
    await fixture.create('pods', pod('a'));
    await assert.rejects(
      fixture.create('pods', pod('b'), { dryRun: true }),
      apiError(403, 'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'),
    );
    assert.deepEqual(await usedOf(fixture, 'q'), { pods: '1' });
  });

  it('counts an object until it is removed, not when its deletion begins', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { secrets: '1' }));
    const secret = object('Secret', 'a', { metadata: { name: 'a', namespace: 'default', finalizers: ['x.y/z'] } });
    await fixture.create('secrets', secret);
    await fixture.delete('secrets', 'a');
    assert.deepEqual(await usedOf(fixture, 'q'), { secrets: '1' });
    await fixture.patch('secrets', 'a', 'merge', { metadata: { finalizers: null } });
    assert.deepEqual(await usedOf(fixture, 'q'), { secrets: '0' });
  });

  it('wants every container to say what it limits', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { 'limits.cpu': '2', 'requests.memory': '1Gi' }));
    await assert.rejects(
      fixture.create('pods', pod('a', { requests: { cpu: '1' } })),
      apiError(403, 'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c; requests.memory for: c'),
    );
    await fixture.create('pods', pod('a', { limits: { cpu: '1500m', memory: '512Mi' } }));
    assert.deepEqual(await usedOf(fixture, 'q'), { 'limits.cpu': '1500m', 'requests.memory': '512Mi' });
    await assert.rejects(
      fixture.create('pods', pod('b', { limits: { cpu: '1', memory: '1Gi' } })),
      apiError(
        403,
        'pods "b" is forbidden: exceeded quota: q, requested: limits.cpu=1,requests.memory=1Gi, used: limits.cpu=1500m,requests.memory=512Mi, limited: limits.cpu=2,requests.memory=1Gi',
      ),
    );
  });

  it('releases what a pod asks for when it has ended, and its count when it is gone', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { pods: '1', 'count/pods': '5', 'requests.cpu': '1' }));
    const created = await fixture.create('pods', pod('a', { requests: { cpu: '1' } }));
    const ended = { ...created, status: { ...(created['status'] as JsonObject), phase: 'Succeeded' } } as KubeObject;
    await fixture.update('pods', ended, { subresource: 'status' });
    assert.deepEqual(await usedOf(fixture, 'q'), { 'count/pods': '1', pods: '0', 'requests.cpu': '0' });
    await fixture.delete('pods', 'a');
    assert.deepEqual(await usedOf(fixture, 'q'), { 'count/pods': '0', pods: '0', 'requests.cpu': '0' });
  });

  it('asks several quotas in the order of their names, and all of them must agree', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('b', { services: '1' }));
    await fixture.create('resourcequotas', quota('a', { 'services.nodeports': '2', 'services.loadbalancers': '1' }));
    const service = (name: string, type: string, more: JsonObject = {}): JsonObject =>
      object('Service', name, {
        spec: {
          type,
          ports: [
            { name: 'x', port: 80 },
            { name: 'y', port: 81 },
          ],
          ...more,
        },
      });
    await fixture.create('services', service('one', 'ClusterIP'));
    await assert.rejects(
      fixture.create('services', service('two', 'ClusterIP')),
      apiError(403, /: exceeded quota: b, requested: services=1, used: services=1, limited: services=1$/),
    );
    const one = await fixture.get('services', 'one');
    const spec = one['spec'] as JsonObject;
    await fixture.update('services', { ...one, spec: { ...spec, type: 'LoadBalancer' } });
    assert.deepEqual(await usedOf(fixture, 'a'), { 'services.loadbalancers': '1', 'services.nodeports': '2' });
    await assert.rejects(
      fixture.create('services', service('two', 'NodePort')),
      apiError(
        403,
        /: exceeded quota: a, requested: services.nodeports=2, used: services.nodeports=2, limited: services.nodeports=2$/,
      ),
    );
  });

  it('counts only pods within its scopes', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('best', { pods: '1' }, { scopes: ['BestEffort'] }));
    await fixture.create(
      'resourcequotas',
      quota('rest', { pods: '2' }, { scopes: ['NotBestEffort', 'NotTerminating'] }),
    );
    await fixture.create('pods', pod('a'));
    await fixture.create('pods', pod('b', { requests: { cpu: '1' } }));
    await fixture.create('pods', pod('c', { requests: { cpu: '1' } }, { activeDeadlineSeconds: 5 }));
    assert.deepEqual(await usedOf(fixture, 'best'), { pods: '1' });
    assert.deepEqual(await usedOf(fixture, 'rest'), { pods: '1' });
    await fixture.patch('pods', 'b', 'merge', { spec: { activeDeadlineSeconds: 10 } });
    assert.deepEqual(await usedOf(fixture, 'rest'), { pods: '0' });
  });

  it('counts itself, and lets itself be deleted', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { resourcequotas: '1' }));
    await assert.rejects(
      fixture.create('resourcequotas', quota('r', {})),
      apiError(
        403,
        /exceeded quota: q, requested: resourcequotas=1, used: resourcequotas=1, limited: resourcequotas=1/,
      ),
    );
    await fixture.delete('resourcequotas', 'q');
    await fixture.create('resourcequotas', quota('r', {}));
  });

  it('admits exactly what is left to many writes at once', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { configmaps: '6' }));
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => fixture.create('configmaps', configMap(`c${i}`))),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5);
    assert.deepEqual(await usedOf(fixture, 'q'), { configmaps: '6' });
  });

  it('follows a change of what it limits', async () => {
    const fixture = await createFixture();
    await fixture.create('resourcequotas', quota('q', { configmaps: '2' }));
    await fixture.create('configmaps', configMap('a'));
    await fixture.patch('resourcequotas', 'q', 'merge', { spec: { hard: { configmaps: '3', secrets: '0' } } });
    await assert.rejects(fixture.create('secrets', object('Secret', 's')), apiError(403, /exceeded quota: q/));
    await fixture.create('configmaps', configMap('b'));
    const { status } = (await fixture.get('resourcequotas', 'q')) as KubeObject & { status: JsonObject };
    assert.deepEqual(status, { hard: { configmaps: '3', secrets: '0' }, used: { configmaps: '3', secrets: '0' } });
  });
});
