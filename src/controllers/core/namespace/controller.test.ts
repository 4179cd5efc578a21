import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isObject, type Json } from '../../../apimachinery/json.ts';
import { type ClusterName, rootCluster } from '../../../logicalcluster/name.ts';
import { TestPlane, until } from '../../testing.ts';
import { deletionConditions } from './conditions.ts';

const ref = (name: string) => ({ cluster: rootCluster, resource: 'namespaces', name });

describe('the namespace controller', () => {
  let plane: TestPlane;
  beforeEach(() => {
    plane = new TestPlane();
  });
  afterEach(() => plane.close());

  async function conditionsOf(name: string): Promise<string[]> {
    const status = (await plane.find('namespaces', '', name))?.status as Json | undefined;
    const conditions = isObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
    return conditions
      .filter(isObject)
      .map((condition) => ['type', 'status', 'reason', 'message'].map((field) => condition[field]))
      .map(([type, status, reason, message]) =>
        `${JSON.stringify(type)}=${JSON.stringify(status)} ${JSON.stringify(reason)}: ${JSON.stringify(message)}`.replaceAll(
          '"',
          '',
        ),
      );
  }

  it('deletes what is in a deleted namespace, then the namespace', async () => {
    plane.startControllers();
    await plane.create('namespaces', '', 'team');
    await plane.create('namespaces', '', 'other');
    for (let i = 0; i < 50; i++) await plane.create('configmaps', 'team', `c${i}`);
    await plane.create('configmaps', 'other', 'stays');
    await plane.create('roles.rbac.authorization.k8s.io', 'team', 'r', { rules: [] });
    await plane.client.delete(ref('team'));
    await until(async () => !(await plane.exists('namespaces', '', 'team')));
    assert.deepEqual([...(await plane.store.countByResource(rootCluster, 'team')).keys()], []);
    assert.equal(await plane.exists('configmaps', 'other', 'stays'), true);
    await plane.create('namespaces', '', 'team');
    await plane.create('configmaps', 'team', 'again');
  });

  it('waits for finalizers of content and tells so', async () => {
    plane.startControllers();
    await plane.create('namespaces', '', 'team');
    await plane.create('configmaps', 'team', 'held', { metadata: { finalizers: ['example.com/keep'] } });
    await plane.client.delete(ref('team'));
    await until(async () => (await conditionsOf('team')).length === 5);
    assert.deepEqual(await conditionsOf('team'), [
      'NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered',
      'NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed',
      'NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      'NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances',
      'NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
    ]);
    await assert.rejects(plane.create('configmaps', 'team', 'new'), /because it is being terminated/);
    await plane.client.patch(
      { cluster: rootCluster, resource: 'configmaps', namespace: 'team', name: 'held' },
      { metadata: { finalizers: null } },
    );
    await until(async () => !(await plane.exists('namespaces', '', 'team')));
  });

  it('goes on where another left off', async () => {
    const first = plane.startControllers();
    await plane.create('namespaces', '', 'team');
    await plane.create('configmaps', 'team', 'held', { metadata: { finalizers: ['example.com/keep'] } });
    await plane.client.delete(ref('team'));
    await until(async () => (await conditionsOf('team')).length === 5);
    await first.stop();
    await plane.client.patch(
      { cluster: rootCluster, resource: 'configmaps', namespace: 'team', name: 'held' },
      { metadata: { finalizers: null } },
    );
    plane.startControllers();
    await until(async () => !(await plane.exists('namespaces', '', 'team')));
  });

  it('leaves a namespace with finalizers of others to them', async () => {
    plane.startControllers();
    await plane.create('namespaces', '', 'team', { metadata: { finalizers: ['example.com/mine'] } });
    await plane.client.delete(ref('team'));
    await until(async () => {
      const spec = (await plane.find('namespaces', '', 'team'))?.spec as Json | undefined;
      return isObject(spec) && spec.finalizers === undefined;
    });
    assert.equal(await plane.exists('namespaces', '', 'team'), true);
    await plane.client.patch(ref('team'), { metadata: { finalizers: null } });
    await until(async () => !(await plane.exists('namespaces', '', 'team')));
  });

  it('deletes content that slipped in behind the end of its namespace', async () => {
    await plane.store.writeCheckpoint('controllers', plane.store.revision());
    const gone = await plane.create('namespaces', '', 'gone');
    await plane.client.delete(ref('gone'));
    const { resourceVersion: _any, ...metadata } = gone.metadata;
    await plane.client.update(ref('gone'), { ...gone, metadata, spec: { finalizers: [] } }, 'finalize');
    assert.equal(await plane.exists('namespaces', '', 'gone'), false);
    const text = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"late","namespace":"gone","uid":"1"}}';
    const key = { cluster: rootCluster, resource: 'configmaps', namespace: 'gone', name: 'late' };
    await plane.store.commit([{ op: 'create', key, text }]);
    plane.startControllers();
    await until(async () => !(await plane.exists('configmaps', 'gone', 'late')));
  });

  it('keeps logical clusters apart', async () => {
    plane.startControllers();
    const team = 'aaaaaaaaaaaaaaaa' as ClusterName;
    await plane.store.commit([
      {
        op: 'createCluster',
        cluster: { name: team, parent: rootCluster, workspace: 'team', uid: 'u', createdAt: '2026-01-01T00:00:00Z' },
      },
    ]);
    for (const cluster of [rootCluster, team]) {
      await plane.create('namespaces', '', 'same', {}, cluster);
      await plane.create('configmaps', 'same', 'c', {}, cluster);
    }
    await plane.client.delete({ ...ref('same'), cluster: team });
    await until(async () => !(await plane.exists('namespaces', '', 'same', team)));
    assert.equal(await plane.exists('configmaps', 'same', 'c', team), false);
    assert.equal(await plane.exists('configmaps', 'same', 'c'), true);
    assert.equal(await plane.exists('namespaces', '', 'same'), true);
  });
});

describe('the conditions of a namespace that is being deleted', () => {
  const now = new Date('2026-01-02T00:00:00Z');
  const none = { objects: new Map(), finalizers: new Map(), errors: [] };

  it('stay as they are when nothing changed, and keep others', () => {
    const first = deletionConditions([{ type: 'Mine', status: 'True' }], none, now);
    assert.equal(first?.length, 6);
    assert.equal(deletionConditions(first, none, new Date()), undefined);
  });

  it('change their time with their status only', () => {
    const held = {
      ...none,
      objects: new Map([
        ['deployments.apps', 2],
        ['configmaps', 1],
      ]),
    };
    const first = deletionConditions(undefined, held, now);
    const more = deletionConditions(
      first,
      { ...held, objects: new Map([['configmaps', 1]]) },
      new Date('2026-01-03T00:00:00Z'),
    );
    const remaining = (list: Json[] | undefined) =>
      list?.filter(isObject).find(({ type }) => type === 'NamespaceContentRemaining');
    assert.equal(
      remaining(first)?.message,
      'Some resources are remaining: configmaps. has 1 resource instances, deployments.apps has 2 resource instances',
    );
    assert.equal(remaining(more)?.lastTransitionTime, '2026-01-02T00:00:00Z');
    const done = deletionConditions(more, none, new Date('2026-01-04T00:00:00Z'));
    assert.equal(remaining(done)?.lastTransitionTime, '2026-01-04T00:00:00Z');
  });

  it('tell errors', () => {
    const conditions = deletionConditions(undefined, { ...none, errors: ['b', 'a'] }, now)?.filter(isObject);
    assert.deepEqual(
      conditions?.map(({ message }) => message)[2],
      'Failed to delete all resource types, 2 remaining: a, b',
    );
  });
});
