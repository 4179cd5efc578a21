import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Json } from '../apimachinery/json.ts';
import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import type { WriteItem } from '../storage/object-store.ts';
import { createEventController } from './core/event/controller.ts';
import { createRootCaController } from './core/root-ca/controller.ts';
import { TestPlane, until } from './testing.ts';

const ref = (resource: string, namespace: string, name: string) => ({
  cluster: rootCluster,
  resource,
  namespace,
  name,
});

describe('what every namespace has', () => {
  let plane: TestPlane;
  beforeEach(() => {
    plane = new TestPlane();
    plane.startControllers();
  });
  afterEach(() => plane.close());
  const data = async (namespace: string) =>
    (await plane.find('configmaps', namespace, 'kube-root-ca.crt'))?.data as Json | undefined;

  it('comes with the namespace', async () => {
    await plane.create('namespaces', '', 'team');
    await until(() => plane.exists('serviceaccounts', 'team', 'default'));
    await until(() => plane.exists('configmaps', 'team', 'kube-root-ca.crt'));
    const made = await plane.find('configmaps', 'team', 'kube-root-ca.crt');
    assert.deepEqual(
      [made?.data, Object.keys(made?.metadata.annotations ?? {})],
      [{ 'ca.crt': 'CA' }, ['kubernetes.io/description']],
    );
  });

  it('comes again when it is deleted, also what has never been written', async () => {
    await plane.create('namespaces', '', 'team');
    for (const namespace of ['team', 'default']) {
      await until(() => plane.exists('serviceaccounts', namespace, 'default'));
      await until(() => plane.exists('configmaps', namespace, 'kube-root-ca.crt'));
      const before = (await plane.find('serviceaccounts', namespace, 'default'))?.metadata.uid;
      await plane.client.delete(ref('serviceaccounts', namespace, 'default'));
      await plane.client.delete(ref('configmaps', namespace, 'kube-root-ca.crt'));
      await until(() => plane.exists('serviceaccounts', namespace, 'default'));
      await until(() => plane.exists('configmaps', namespace, 'kube-root-ca.crt'));
      assert.notEqual((await plane.find('serviceaccounts', namespace, 'default'))?.metadata.uid, before);
    }
  });

  it('is put right when it is changed', async () => {
    await plane.client.patch(ref('configmaps', 'default', 'kube-root-ca.crt'), {
      data: { 'ca.crt': 'mine', more: 'x' },
      binaryData: { b: 'AA==' },
    });
    await until(async () => JSON.stringify(await data('default')) === '{"ca.crt":"CA"}');
    assert.equal((await plane.find('configmaps', 'default', 'kube-root-ca.crt'))?.binaryData, undefined);
  });

  it('goes with the namespace and stays gone', async () => {
    await plane.create('namespaces', '', 'team');
    await until(() => plane.exists('configmaps', 'team', 'kube-root-ca.crt'));
    await plane.client.delete(ref('namespaces', '', 'team'));
    await until(async () => !(await plane.exists('namespaces', '', 'team')));
    assert.equal((await plane.store.countByResource(rootCluster, 'team')).size, 0);
  });

  it('is swept for namespaces made while nobody listened, and for a new authority', async () => {
    await plane.close();
    plane = new TestPlane();
    await plane.create('namespaces', '', 'team');
    const first = plane.startControllers();
    await until(() => plane.exists('configmaps', 'team', 'kube-root-ca.crt'));
    await plane.client.patch(ref('configmaps', 'default', 'kube-root-ca.crt'), { metadata: { labels: { a: 'b' } } });
    await first.stop();
    plane.startControllers({ caCertificatePem: 'NEW' });
    for (const namespace of ['team', 'default'])
      await until(async () => JSON.stringify(await data(namespace)) === '{"ca.crt":"NEW"}');
  });

  it('is not swept for at each start', async () => {
    let listed = 0;
    const store = {
      ...plane.options.store,
      get: plane.store.get.bind(plane.store),
      cluster: plane.store.cluster.bind(plane.store),
      readCheckpoint: () => Promise.resolve(1),
      writeCheckpoint: () => Promise.resolve(),
      listEverywhere: () => {
        listed++;
        return Promise.resolve([]);
      },
    };
    const controller = createRootCaController({ store, client: plane.client, caCertificatePem: 'CA' });
    const context = { enqueue: () => undefined, signal: new AbortController().signal, ready: () => Promise.resolve() };
    await controller.sweep?.({ ...context, reason: 'start' });
    assert.equal(listed, 0);
    await controller.sweep?.({ ...context, reason: 'missed' });
    assert.equal(listed, 1);
  });
});

describe('events', () => {
  it('expire an hour after they were last written', async () => {
    const plane = new TestPlane();
    try {
      const now = Date.parse('2026-05-05T12:00:00Z');
      const text = (name: string, more: object) =>
        JSON.stringify({
          kind: 'Event',
          apiVersion: 'v1',
          metadata: { name, namespace: 'default', ...more },
          lastTimestamp: '2999-01-01T00:00:00Z',
        });
      const items: [string, object][] = [
        ['old', { creationTimestamp: '2026-05-05T10:59:00Z' }],
        ['young', { creationTimestamp: '2026-05-05T11:01:00Z' }],
        ['written', { creationTimestamp: '2026-05-05T01:00:00Z', managedFields: [{ time: '2026-05-05T11:30:00Z' }] }],
      ];
      for (const [name, more] of items)
        await plane.store.commit([{ op: 'create', key: ref('events', 'default', name), text: text(name, more) }]);
      const delays: (number | undefined)[] = [];
      const controller = createEventController({ store: plane.store, now: () => now });
      await controller.reconcile('root/events', {
        signal: new AbortController().signal,
        enqueue: (_key, options) => void delays.push(options?.delayMs),
      });
      const left = await plane.store.list({ cluster: rootCluster, resource: 'events', at: { mode: 'fresh' } });
      assert.deepEqual(
        left.items.map(({ key }) => key.name),
        ['written', 'young'],
      );
      assert.deepEqual(delays, [300_000]);
    } finally {
      await plane.close();
    }
  });
});

describe('deleted workspaces', () => {
  it('are purged behind their deletion', async () => {
    const plane = new TestPlane();
    try {
      plane.startControllers();
      const workspaces = 'workspaces.tenancy.kcp.io';
      const workspace = await plane.create(workspaces, '', 'team');
      const spec = workspace.spec as { cluster?: string };
      const cluster = spec.cluster as ClusterName;
      await plane.create('configmaps', 'default', 'c', {}, cluster);
      const items: WriteItem[] = [];
      for (let i = 0; i < 20; i++)
        items.push({
          op: 'create',
          key: { ...ref('configmaps', 'default', `c${i}`), cluster },
          text: '{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}',
        });
      await plane.store.commit(items);
      await plane.client.delete(ref(workspaces, '', 'team'));
      await until(async () => (await plane.store.cluster(cluster)) === undefined);
      assert.equal((await plane.store.countByResource(cluster)).size, 0);
    } finally {
      await plane.close();
    }
  });
});

describe('an idle control plane', () => {
  it('has nothing to do', async () => {
    const plane = new TestPlane();
    try {
      plane.startControllers();
      for (let i = 0; i < 20; i++) await plane.create('workspaces.tenancy.kcp.io', '', `w${i}`);
      await until(async () => (await plane.store.readCheckpoint('controllers')) === plane.store.revision());
      const revision = plane.store.revision();
      await plane.create('configmaps', 'default', 'one');
      await until(async () => (await plane.store.readCheckpoint('controllers')) === plane.store.revision());
      assert.equal(plane.store.revision(), revision + 1, 'nothing else was written');
    } finally {
      await plane.close();
    }
  });
});
