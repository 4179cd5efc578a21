import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { rootCluster } from '../../../logicalcluster/name.ts';
import { TestPlane, until } from '../../testing.ts';
import { createResourceQuotaController } from './controller.ts';

const namespace = 'default';

describe('the resource quota controller', () => {
  let plane: TestPlane;
  beforeEach(() => {
    plane = new TestPlane();
  });
  afterEach(() => plane.close());
  const status = async (name = 'q'): Promise<JsonObject> =>
    ((await plane.find('resourcequotas', namespace, name))?.['status'] ?? {}) as JsonObject;
  const settles = (wanted: JsonObject, name?: string): Promise<void> =>
    until(
      async () => JSON.stringify(await status(name)) === JSON.stringify(wanted),
      `status ${JSON.stringify(wanted)}`,
    );

  it('counts what is there for a new quota, and again when its spec changes', async () => {
    plane.startControllers();
    await plane.create('secrets', namespace, 'a');
    const quota = await plane.create('resourcequotas', namespace, 'q', { spec: { hard: { secrets: '5' } } });
    await settles({ hard: { secrets: '5' }, used: { secrets: '1' } });
    const current = (await plane.find('resourcequotas', namespace, 'q')) ?? quota;
    const spec: Json = { hard: { secrets: '4', pods: '2', 'count/jobs.batch': '1', 'count/unknown.example.com': '1' } };
    await plane.client.update({ cluster: rootCluster, resource: 'resourcequotas', namespace, name: 'q' }, {
      ...current,
      spec,
    } as KubeObject);
    const hard = { 'count/jobs.batch': '1', 'count/unknown.example.com': '1', pods: '2', secrets: '4' };
    await settles({ hard, used: { 'count/jobs.batch': '0', pods: '0', secrets: '1' } });
  });

  it('takes back what a user has written into the status', async () => {
    plane.startControllers();
    await plane.create('resourcequotas', namespace, 'q', { spec: { hard: { secrets: '5' } } });
    const right = { hard: { secrets: '5' }, used: { secrets: '0' } };
    await settles(right);
    for (const wrong of [
      { ...right, used: { secrets: '3' } },
      { ...right, hard: { secrets: '9' } },
    ]) {
      const quota = (await plane.find('resourcequotas', namespace, 'q')) as KubeObject;
      const target = { cluster: rootCluster, resource: 'resourcequotas', namespace, name: 'q', subresource: 'status' };
      await plane.client.update(target, { ...quota, status: wrong } as KubeObject);
      await settles(right);
    }
  });

  it('counts custom resources once their definition is there', async () => {
    plane.startControllers();
    await plane.create('resourcequotas', namespace, 'q', { spec: { hard: { 'count/widgets.example.com': '1' } } });
    await settles({ hard: { 'count/widgets.example.com': '1' }, used: {} });
    await plane.create('customresourcedefinitions.apiextensions.k8s.io', '', 'widgets.example.com', {
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await settles({ hard: { 'count/widgets.example.com': '1' }, used: { 'count/widgets.example.com': '0' } });
    const widget = (name: string) =>
      plane.client.create(
        { cluster: rootCluster, resource: 'widgets.example.com', namespace },
        {
          apiVersion: 'example.com/v1',
          kind: 'Widget',
          metadata: { name, namespace },
        },
      );
    await widget('a');
    await assert.rejects(widget('b'), /exceeded quota: q, requested: count\/widgets.example.com=1/);
  });

  it('releases pods that should have been gone for long', async () => {
    let time = Date.now();
    const controller = createResourceQuotaController({ ...plane.options, now: () => time });
    const count = () =>
      controller.reconcile(`${rootCluster}/resourcequotas/${namespace}/q`, {
        signal: AbortSignal.abort(),
        enqueue: () => {},
      });
    await plane.create('resourcequotas', namespace, 'q', { spec: { hard: { pods: '1' } } });
    await plane.create('pods', namespace, 'a', {
      spec: { nodeName: 'n', terminationGracePeriodSeconds: 30, containers: [{ name: 'c', image: 'i' }] },
    });
    await plane.client.delete({ cluster: rootCluster, resource: 'pods', namespace, name: 'a' });
    await count();
    assert.deepEqual((await status())['used'], { pods: '1' });
    const rings: number[] = [];
    const [pod] = (await plane.store.list({ cluster: rootCluster, resource: 'pods', at: { mode: 'fresh' } })).items;
    assert.ok(pod);
    const change = { type: 'MODIFIED' as const, revision: pod.revision, key: pod.key, object: pod, before: pod };
    controller.notice(change, (_key, { delayMs = 0 } = {}) => rings.push(delayMs));
    assert.ok((rings[0] ?? 0) > 55_000, String(rings));
    time += 62_000;
    await count();
    assert.deepEqual((await status())['used'], { pods: '0' });
  });
});
