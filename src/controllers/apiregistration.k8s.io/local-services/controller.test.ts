import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiService } from '../../../api/apiregistration.k8s.io/v1/types.ts';
import type { JsonObject } from '../../../apimachinery/json.ts';
import { rootCluster } from '../../../logicalcluster/name.ts';
import { TestPlane, until } from '../../testing.ts';

const crds = 'customresourcedefinitions.apiextensions.k8s.io';
const services = 'apiservices.apiregistration.k8s.io';
const schema = { openAPIV3Schema: { type: 'object' } };

function version(name: string, served = true, storage = false): JsonObject {
  return { name, served, storage, schema };
}

async function define(plane: TestPlane, plural: string, versions: JsonObject[]): Promise<void> {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1);
  const spec = { group: 'example.com', scope: 'Cluster', names: { plural, kind }, versions };
  await plane.create(crds, '', `${plural}.example.com`, { spec });
}

const ref = (resource: string, name: string) => ({ cluster: rootCluster, resource, name });

async function withPlane(run: (plane: TestPlane) => Promise<void>): Promise<void> {
  const plane = new TestPlane();
  try {
    plane.startControllers();
    await run(plane);
  } finally {
    await plane.close();
  }
}

describe('APIServices of custom resources', () => {
  it('are there for each served version, while a definition serves it', () =>
    withPlane(async (plane) => {
      await define(plane, 'cups', [version('v1', true, true), version('v2', false)]);
      await define(plane, 'mugs', [version('v1', true, true), version('v1beta1')]);
      await until(() => plane.exists(services, '', 'v1.example.com'));
      await until(() => plane.exists(services, '', 'v1beta1.example.com'));
      assert.equal(await plane.exists(services, '', 'v2.example.com'), false);
      const made = (await plane.find(services, '', 'v1.example.com')) as ApiService;
      assert.deepEqual(made.metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'true' });
      assert.deepEqual(
        { ...made.spec },
        { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 },
      );
      assert.equal(made.status?.conditions?.[0]?.reason, 'Local');
      await plane.client.delete(ref(crds, 'mugs.example.com'));
      await until(async () => !(await plane.exists(services, '', 'v1beta1.example.com')));
      assert.ok(await plane.exists(services, '', 'v1.example.com'));
      await plane.client.delete(ref(crds, 'cups.example.com'));
      await until(async () => !(await plane.exists(services, '', 'v1.example.com')));
    }));

  it('come back when deleted, and are set right when changed', () =>
    withPlane(async (plane) => {
      await define(plane, 'cups', [version('v1', true, true)]);
      await until(() => plane.exists(services, '', 'v1.example.com'));
      await plane.client.delete(ref(services, 'v1.example.com'));
      await until(() => plane.exists(services, '', 'v1.example.com'));
      await plane.client.patch(ref(services, 'v1.example.com'), { spec: { groupPriorityMinimum: 5 } });
      await until(async () => {
        const { spec } = ((await plane.find(services, '', 'v1.example.com')) ?? {}) as ApiService;
        return spec?.groupPriorityMinimum === 1000;
      });
    }));

  it('that somebody has made their own stay as they are', () =>
    withPlane(async (plane) => {
      await define(plane, 'cups', [version('v1', true, true)]);
      await until(() => plane.exists(services, '', 'v1.example.com'));
      const own = { metadata: { labels: null }, spec: { service: { name: 'a', namespace: 'default' } } };
      await plane.client.patch(ref(services, 'v1.example.com'), own);
      await define(plane, 'mugs', [version('v1', true, true), version('v2')]);
      await until(() => plane.exists(services, '', 'v2.example.com'));
      for (const name of ['cups', 'mugs']) await plane.client.delete(ref(crds, `${name}.example.com`));
      await until(async () => !(await plane.exists(services, '', 'v2.example.com')));
      const kept = (await plane.find(services, '', 'v1.example.com')) as ApiService;
      assert.equal(kept.spec?.service?.name, 'a');
    }));
});
