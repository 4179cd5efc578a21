import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import type { ClusterName } from '../../src/logicalcluster/name.ts';
import type { Seam } from '../../src/sync/worker/reconcile.ts';
import { isPending } from '../../src/sync/work/work-store.ts';
import { eventually } from '../support/wait.ts';
import {
  applyApp,
  type ControlPlane,
  deleteApp,
  findApp,
  isReady,
  leaveNothing,
  makeWorkspace,
  register,
  rolledOut,
  startControlPlane,
  works,
} from './control-plane.ts';
import { type PhysicalServer, startPhysicalServer } from './servers.ts';

describe('given a workload in a physical cluster', () => {
  let physical: PhysicalServer;
  let plane: ControlPlane;
  let cluster: ClusterName;

  before(async () => {
    physical = await startPhysicalServer();
  });
  after(() => physical.stop());

  beforeEach(async () => {
    plane = startControlPlane();
    await plane.restartSync();
    await register(plane, 'harbor', physical.kubeconfig);
    await eventually('the cluster to be Ready', () => isReady(plane, 'harbor'));
    cluster = await makeWorkspace(plane, 'team');
  });
  afterEach(async () => {
    await plane.restartSync();
    await leaveNothing(plane, physical.api, 'team');
    await plane.stop();
  });

  /** The copy in the physical cluster. */
  async function copyOf(resource: 'deployments.apps' | 'configmaps' | 'secrets'): Promise<KubeObject | undefined> {
    const found = (await works(plane)).find(({ work }) => work.spec.source.resource === resource);
    if (found === undefined) return undefined;
    const { targetNamespace, source } = found.work.spec;
    const root = resource === 'deployments.apps' ? '/apis/apps/v1' : '/api/v1';
    return physical.api.get(`${root}/namespaces/${targetNamespace}/${resource.split('.')[0]}/${source.name}`);
  }

  async function path(resource: 'deployments.apps' | 'configmaps'): Promise<string> {
    const found = (await works(plane)).find(({ work }) => work.spec.source.resource === resource);
    assert.ok(found);
    const root = resource === 'deployments.apps' ? '/apis/apps/v1' : '/api/v1';
    return `${root}/namespaces/${found.work.spec.targetNamespace}/${resource.split('.')[0]}/app`;
  }

  const settled = (): Promise<true> =>
    eventually('no work to be pending', async () => (await works(plane)).every(({ work }) => !isPending(work)) && true);

  /** Runs sync until it comes to the seam for the nth time, and lets nothing of it happen after that, as kill -9 would. */
  async function killedAt(seam: Seam, nth: number): Promise<void> {
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    await plane.restartSync({
      at(reached) {
        if (reached === seam) count++;
        if (count < nth) return;
        resolve();
        throw new Error('killed');
      },
    });
    // An earlier death may have left too little for a second or third.
    await Promise.race([promise, settled()]);
    await plane.stopSync();
  }

  for (const seam of ['beforeApply', 'afterApply', 'afterAck'] as const) {
    it(`a worker that dies ${seam} leaves work that the next one ends, once`, async () => {
      await plane.stopSync();
      await applyApp(plane, cluster);
      for (const nth of [1, 2, 1]) await killedAt(seam, nth);
      await plane.restartSync();
      await rolledOut(plane, cluster, 2);
      await settled();
      const copy = await copyOf('deployments.apps');
      assert.equal(copy?.metadata.generation, 1);
      // Once more from the beginning: what is there already is not touched.
      const before = copy.metadata.resourceVersion;
      const configBefore = (await copyOf('configmaps'))?.metadata.resourceVersion;
      for (const { key, work } of await works(plane)) {
        const { appliedHash: _forgotten, ...status } = work.status ?? {};
        const { updateWorkStatus } = await import('../../src/sync/work/work-store.ts');
        await updateWorkStatus(plane.store, key, () => status);
      }
      await settled();
      assert.equal((await copyOf('deployments.apps'))?.metadata.resourceVersion, before);
      assert.equal((await copyOf('configmaps'))?.metadata.resourceVersion, configBefore);
    });
  }

  for (const seam of ['beforeRemove', 'afterRemove'] as const) {
    it(`a worker that dies ${seam} leaves a deletion that the next one ends`, async () => {
      await applyApp(plane, cluster);
      await rolledOut(plane, cluster, 2);
      await plane.stopSync();
      await deleteApp(plane, cluster);
      await killedAt(seam, 1);
      assert.notEqual(await findApp(plane, cluster), undefined);
      await plane.restartSync();
      await eventually('the Deployment to be gone', async () => (await findApp(plane, cluster)) === undefined);
      assert.equal(await copyOf('deployments.apps'), undefined);
      await eventually('the configuration to follow', async () =>
        (await works(plane)).every(({ work }) => work.spec.tier === 0),
      );
    });
  }

  it('what was wished again while it was being removed comes back', async () => {
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    await plane.stopSync();
    await plane.client.delete({ cluster, resource: 'configmaps', namespace: 'default', name: 'app' });
    await killedAt('afterRemove', 1);
    await plane.stopSync();
    await applyApp(plane, cluster, { greeting: 'again' });
    await plane.restartSync();
    await eventually('the new ConfigMap', async () => {
      const copy = (await copyOf('configmaps')) as { data?: { greeting?: string } } | undefined;
      return copy?.data?.greeting === 'again';
    });
  });

  it('everything that changed while nobody synced is caught up with', async () => {
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    await plane.stopSync();
    await applyApp(plane, cluster, { replicas: 3, image: 'nginx:2', greeting: 'later' });
    await plane.restartSync();
    await rolledOut(plane, cluster, 3);
    const config = (await copyOf('configmaps')) as { data?: { greeting?: string } } | undefined;
    assert.equal(config?.data?.greeting, 'later');
  });

  it('a hand edit of our fields is undone, of other fields kept', async () => {
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    await physical.api.merge(await path('configmaps'), { data: { greeting: 'edited', extra: 'kept' } });
    await eventually('the edit to be undone', async () => {
      const copy = (await copyOf('configmaps')) as { data?: Record<string, string> } | undefined;
      return copy?.data?.greeting === 'hello' && copy.data.extra === 'kept';
    });
    const drift = (await works(plane)).find(({ work }) => work.spec.source.resource === 'configmaps')?.work.status
      ?.drift;
    assert.equal(drift?.count, 1);
    await physical.api.merge(await path('deployments.apps'), { spec: { replicas: 5 } });
    await rolledOut(plane, cluster, 2);
  });

  it('a copy that is deleted by hand, or robbed of its labels, is made whole again', async () => {
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    const configMap = await path('configmaps');
    await physical.api.remove(configMap, (await copyOf('configmaps'))?.metadata.uid ?? '');
    await eventually('the ConfigMap to be back', async () => (await copyOf('configmaps')) !== undefined);
    const labelled = async (): Promise<string | undefined> =>
      (await copyOf('deployments.apps'))?.metadata.labels?.['atoll.dev/work-id'];
    await physical.api.merge(await path('deployments.apps'), { metadata: { labels: { 'atoll.dev/work-id': null } } });
    assert.equal(await eventually('the label to be back', labelled), await labelled());
  });

  it('what is there already and not ours is left alone, and said', async () => {
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    const foreign = (await path('configmaps')).replace(/app$/, 'foreign');
    await physical.api.create(foreign.replace(/\/foreign$/, ''), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'foreign' },
      data: { whose: 'theirs' },
    });
    const ref = { cluster, resource: 'configmaps', namespace: 'default', name: 'foreign' };
    const mine = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'foreign' }, data: { whose: 'mine' } };
    await plane.client.apply(ref, mine, { fieldManager: 'tenant' });
    const deployment = { cluster, resource: 'deployments.apps', namespace: 'default', name: 'app' };
    await plane.client.patch(deployment, {
      spec: { template: { spec: { volumes: [{ name: 'v', configMap: { name: 'foreign' } }] } } },
    });
    const conflict = await eventually('the conflict to be noted', async () =>
      (await works(plane)).find(({ work }) => work.status?.lastError?.class === 'Conflict'),
    );
    assert.match(conflict.work.status?.lastError?.message ?? '', /exists and is not ours/);
    const copy = (await physical.api.get(foreign)) as { data?: { whose?: string } } | undefined;
    assert.equal(copy?.data?.whose, 'theirs');
    await physical.api.remove(foreign, (await physical.api.get(foreign))?.metadata.uid ?? '');
  });

  it('an event that is seen twice, or a ring that comes for nothing, changes nothing', async () => {
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    await settled();
    const before = plane.store.revision();
    const copy = (await copyOf('deployments.apps'))?.metadata.resourceVersion;
    await plane.restartSync();
    await plane.restartSync();
    await plane.client.patch(
      { cluster, resource: 'deployments.apps', namespace: 'default', name: 'app' },
      { metadata: { annotations: { 'atoll.dev/note': 'not carried' } } },
    );
    await eventually('the change to be seen', () => plane.store.revision() > before);
    await settled();
    assert.equal((await copyOf('deployments.apps'))?.metadata.resourceVersion, copy);
  });
});
