import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { KubeObject, OwnerReference } from '../../apimachinery/object.ts';
import { type ClusterName, rootCluster } from '../../logicalcluster/name.ts';
import { ownerReference, TestPlane, until } from '../testing.ts';

const ns = 'default';
const configMap = (name: string, namespace = ns) => ({ cluster: rootCluster, resource: 'configmaps', namespace, name });

describe('the garbage collector', () => {
  let plane: TestPlane;
  beforeEach(() => {
    plane = new TestPlane();
    plane.startControllers();
  });
  afterEach(() => plane.close());

  const create = (
    name: string,
    ownerReferences: OwnerReference[] = [],
    finalizers: string[] = [],
  ): Promise<KubeObject> =>
    plane.create('configmaps', ns, name, {
      metadata: {
        ...(ownerReferences.length === 0 ? {} : { ownerReferences }),
        ...(finalizers.length === 0 ? {} : { finalizers }),
      },
    });
  const exists = (name: string) => plane.exists('configmaps', ns, name);
  const gone = (name: string) => until(async () => !(await exists(name)), `end of ${name}`);
  const remove = (name: string, propagationPolicy?: string) =>
    plane.client.delete(configMap(name), propagationPolicy === undefined ? {} : { propagationPolicy });
  /** Resolves when the collector has dealt with everything up to now: it collects an object made now. */
  async function settled(): Promise<void> {
    const owner = await create('settle-owner');
    await create('settle', [ownerReference(owner)]);
    await remove('settle-owner');
    await gone('settle');
  }
  const owners = async (name: string) =>
    (await plane.find('configmaps', ns, name))?.metadata.ownerReferences?.map((each) => each.name);

  it('deletes dependents behind their owner, and theirs', async () => {
    const a = await create('a');
    const b = await create('b', [ownerReference(a)]);
    await create('c', [ownerReference(b)]);
    await create('unrelated');
    await remove('a');
    await gone('b');
    await gone('c');
    assert.equal(await exists('unrelated'), true);
  });

  it('deletes many dependents', async () => {
    const a = await create('a');
    for (let i = 0; i < 1100; i++) await create(`d${i}`, [ownerReference(a)]);
    await remove('a');
    await until(
      async () => ((await plane.store.countByResource(rootCluster, ns)).get('configmaps') ?? 0) === 0,
      'end of all',
    );
  });

  it('collects an object whose owner is not there, or is another of the same name', async () => {
    const other = await create('other');
    await create('absent', [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: '11111111-1111-4111-8111-111111111111' },
    ]);
    await create('mistaken', [ownerReference(other, { uid: '22222222-2222-4222-8222-222222222222' })]);
    await gone('absent');
    await gone('mistaken');
    assert.equal(await exists('other'), true);
  });

  it('collects an object that loses its owner by an update', async () => {
    await create('free');
    await plane.client.patch(configMap('free'), {
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'x' }] },
    });
    await gone('free');
  });

  it('keeps what has another owner, without the reference to the one that is gone', async () => {
    const a = await create('a');
    const b = await create('b');
    await create('child', [ownerReference(a), ownerReference(b)]);
    await remove('a');
    await until(async () => (await owners('child'))?.join() === 'b');
    await settled();
    assert.equal(await exists('child'), true);
  });

  it('lets dependents go when they are orphaned', async () => {
    const a = await create('a');
    await create('b', [ownerReference(a)]);
    await remove('a', 'Orphan');
    await gone('a');
    await settled();
    assert.equal(await exists('b'), true);
    assert.equal(await owners('b'), undefined);
  });

  it('deletes blocking dependents before the owner in the foreground', async () => {
    const a = await create('a');
    await create('blocking', [ownerReference(a, { blockOwnerDeletion: true })], ['example.com/keep']);
    await create('loose', [ownerReference(a)], ['example.com/keep']);
    await remove('a', 'Foreground');
    const isDeleting = async (name: string) =>
      (await plane.find('configmaps', ns, name))?.metadata.deletionTimestamp !== undefined;
    await until(() => isDeleting('blocking'));
    await until(() => isDeleting('loose'));
    await settled();
    assert.deepEqual((await plane.find('configmaps', ns, 'a'))?.metadata.finalizers, ['foregroundDeletion']);
    await plane.client.patch(configMap('blocking'), { metadata: { finalizers: null } });
    await gone('a');
    assert.equal(await exists('loose'), true, 'one that does not block is not waited for');
    await plane.client.patch(configMap('loose'), { metadata: { finalizers: null } });
    await gone('loose');
  });

  it('goes down a chain in the foreground, the last first', async () => {
    const a = await create('a');
    const b = await create('b', [ownerReference(a, { blockOwnerDeletion: true })]);
    await create('c', [ownerReference(b, { blockOwnerDeletion: true })], ['example.com/keep']);
    await remove('a', 'Foreground');
    await until(async () => (await plane.find('configmaps', ns, 'c'))?.metadata.deletionTimestamp !== undefined);
    await settled();
    assert.equal((await exists('a')) && (await exists('b')), true);
    await plane.client.patch(configMap('c'), { metadata: { finalizers: null } });
    for (const name of ['c', 'b', 'a']) await gone(name);
  });

  it('keeps a dependent of two owners when one of them waits for its dependents', async () => {
    const a = await create('a');
    const b = await create('b');
    await create('child', [ownerReference(a, { blockOwnerDeletion: true }), ownerReference(b)]);
    await remove('a', 'Foreground');
    await gone('a');
    assert.deepEqual(await owners('child'), ['b']);
  });

  it('does not hang in circles', async () => {
    for (const policy of ['Background', 'Foreground']) {
      const a = await create('a');
      const b = await create('b', [ownerReference(a, { blockOwnerDeletion: true })]);
      const c = await create('c', [ownerReference(b, { blockOwnerDeletion: true })]);
      await plane.client.patch(configMap('a'), {
        metadata: { ownerReferences: [ownerReference(c, { blockOwnerDeletion: true })] },
      });
      await remove('a', policy);
      for (const name of ['a', 'b', 'c']) await gone(name);
    }
  });

  it('does not hang when all of a circle is deleted in the foreground, and keeps the order where there is none', async () => {
    const a = await create('a');
    const b = await create('b', [ownerReference(a, { blockOwnerDeletion: true })]);
    const c = await create('c', [ownerReference(b, { blockOwnerDeletion: true })], ['example.com/keep']);
    await plane.client.patch(configMap('a'), {
      metadata: { ownerReferences: [ownerReference(b, { blockOwnerDeletion: true })] },
    });
    await Promise.all([remove('a', 'Foreground'), remove('b', 'Foreground'), remove('c', 'Foreground')]);
    await gone('a');
    await settled();
    assert.equal(await exists('b'), true, 'waits for c');
    await plane.client.patch(configMap(c.metadata.name ?? ''), { metadata: { finalizers: null } });
    await gone('b');
  });

  it('finds cluster-scoped owners of namespaced objects, and no owners in other namespaces', async () => {
    const role = await plane.create('clusterroles.rbac.authorization.k8s.io', '', 'owner', { rules: [] });
    await create('of-cluster', [ownerReference(role)]);
    const elsewhere = await plane.create('configmaps', 'kube-system', 'elsewhere');
    await create('of-elsewhere', [ownerReference(elsewhere)]);
    await gone('of-elsewhere');
    assert.equal(await exists('of-cluster'), true);
    await plane.client.delete({
      cluster: rootCluster,
      resource: 'clusterroles.rbac.authorization.k8s.io',
      name: 'owner',
    });
    await gone('of-cluster');
  });

  it('never collects a cluster-scoped object for a namespaced owner, nor one whose owner is of an unknown kind', async () => {
    const owner = await create('owner');
    const roles = 'clusterroles.rbac.authorization.k8s.io';
    await plane.create(roles, '', 'wrong', { rules: [], metadata: { ownerReferences: [ownerReference(owner)] } });
    await create('unknown', [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'x' }]);
    await remove('owner');
    await settled();
    assert.equal(await plane.exists(roles, '', 'wrong'), true);
    assert.equal(await exists('unknown'), true);
  });

  it('knows the owner also by another version of its kind', async () => {
    const owner = await create('owner');
    await create('child', [ownerReference(owner, { apiVersion: 'v9' })]);
    await settled();
    assert.equal(await exists('child'), true);
    await remove('owner');
    await gone('child');
  });

  it('does not cross logical clusters', async () => {
    const team = 'aaaaaaaaaaaaaaaa' as ClusterName;
    await plane.store.commit([
      {
        op: 'createCluster',
        cluster: { name: team, parent: rootCluster, workspace: 'team', uid: 'u', createdAt: '2026-01-01T00:00:00Z' },
      },
    ]);
    const owner = await create('owner');
    const reference = ownerReference(owner);
    await plane.create('configmaps', ns, 'owner', {}, team);
    await plane.create('configmaps', ns, 'child', { metadata: { ownerReferences: [reference] } }, team);
    await until(
      async () => !(await plane.exists('configmaps', ns, 'child', team)),
      'end of a child whose owner lives elsewhere',
    );
    assert.equal(await exists('owner'), true);
  });

  it('takes up what others left', async () => {
    await plane.close();
    plane = new TestPlane();
    const first = plane.startControllers();
    await settled();
    await first.stop();
    const a = await create('a');
    await create('b', [ownerReference(a)]);
    const c = await create('c');
    await create('d', [ownerReference(c, { blockOwnerDeletion: true })]);
    await remove('a');
    await remove('c', 'Foreground');
    plane.startControllers();
    for (const name of ['b', 'd', 'c']) await gone(name);
  });

  it('finds by a sweep what no change tells of', async () => {
    await plane.close();
    plane = new TestPlane();
    const a = await create('a');
    await create('b', [ownerReference(a)]);
    await remove('a');
    plane.startControllers();
    await gone('b');
  });
});
