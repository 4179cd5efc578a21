import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  ApiException,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { eventually } from '../support/wait.ts';

describe('@kubernetes/client-node, unmodified', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-client-node-'));
  let server: ServerProcess;
  const config = new KubeConfig();
  let core: CoreV1Api;
  const namespace = 'default';

  before(async () => {
    server = await startServerProcess({ dataDir, flags: ['--processes', '2'] });
    config.loadFromFile(server.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });
  after(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('reads and writes typed objects', async () => {
    const created = await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'typed' }, data: { a: '1' } },
    });
    assert.ok(created.metadata?.uid);
    created.data = { a: '2' };
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'typed', body: created });
    assert.equal(replaced.data?.['a'], '2');
    await assert.rejects(
      core.replaceNamespacedConfigMap({ namespace, name: 'typed', body: created }),
      (error) => error instanceof ApiException && error.code === 409,
    );
    const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'nothing=here' });
    assert.deepEqual(list.items, []);
    await core.deleteNamespacedConfigMap({ namespace, name: 'typed' });
    await assert.rejects(
      core.readNamespacedConfigMap({ namespace, name: 'typed' }),
      (error) => error instanceof ApiException && error.code === 404,
    );
  });

  it('patches in every way', async () => {
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'patched' }, data: { a: '1' } } });
    const patch = (body: unknown, strategy: string): Promise<V1ConfigMap> =>
      core.patchNamespacedConfigMap(
        {
          namespace,
          name: 'patched',
          body,
          fieldManager: 'test',
          force: strategy === PatchStrategy.ServerSideApply ? true : undefined,
        },
        setHeaderOptions('Content-Type', strategy),
      );
    assert.equal(
      (await patch([{ op: 'replace', path: '/data/a', value: '2' }], PatchStrategy.JsonPatch)).data?.['a'],
      '2',
    );
    assert.equal((await patch({ data: { b: '3' } }, PatchStrategy.MergePatch)).data?.['b'], '3');
    assert.equal((await patch({ data: { b: null } }, PatchStrategy.StrategicMergePatch)).data?.['b'], undefined);
    const applied = await patch(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched' }, data: { c: '4' } },
      PatchStrategy.ServerSideApply,
    );
    assert.deepEqual(applied.data, { a: '2', c: '4' });
  });

  it('keeps an informer in step', async () => {
    const list = (): Promise<{ items: V1ConfigMap[] }> =>
      core.listNamespacedConfigMap({ namespace, labelSelector: 'informed' });
    const events: string[] = [];
    const informer = makeInformer<V1ConfigMap>(
      config,
      `/api/v1/namespaces/${namespace}/configmaps`,
      list as never,
      'informed',
    );
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, (object) => events.push(`${verb} ${object.metadata?.name}`));
    let stopping = false;
    informer.on('error', (error) => assert.ok(stopping, String(error)));
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'before', labels: { informed: 'yes' } } },
    });
    await informer.start();
    await eventually('the informer lists what was there', () => events.includes('add before'));
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'later', labels: { informed: 'yes' } } },
    });
    await core.patchNamespacedConfigMap(
      { namespace, name: 'later', body: { data: { a: '1' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await core.deleteNamespacedConfigMap({ namespace, name: 'later' });
    await eventually('the informer sees each change', () => events.includes('delete later'));
    stopping = true;
    await informer.stop();
    assert.deepEqual(events.slice(-3), ['add later', 'update later', 'delete later']);
  });

  it('watches with bookmarks', async () => {
    const types: string[] = [];
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { sendInitialEvents: true, allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' },
      (type) => types.push(type),
      () => {},
    );
    await eventually('the bookmark that ends the initial events', () => types.includes('BOOKMARK'));
    controller.abort();
    assert.ok(types.includes('ADDED'));
  });
});
