import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { rootCluster } from '../../../logicalcluster/name.ts';
import { ownerReference, TestPlane, until } from '../../testing.ts';

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volumeSpec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } };
const ref = (resource: string, namespace: string, name: string) => ({
  cluster: rootCluster,
  resource,
  namespace,
  name,
});

describe('protection of claims', () => {
  let plane: TestPlane;
  beforeEach(() => {
    plane = new TestPlane();
    plane.startControllers();
  });
  afterEach(() => plane.close());
  const claim = ref('persistentvolumeclaims', 'default', 'data');
  const exists = (): Promise<boolean> => plane.exists('persistentvolumeclaims', 'default', 'data');
  const pod = (name: string, more: object): Promise<unknown> =>
    plane.create('pods', 'default', name, {
      spec: {
        containers: [{ name: 'c', image: 'i' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
        ...more,
      },
    });
  /** Resolves when the controller has looked at every claim that was deleted before. */
  const settled = async (): Promise<void> => {
    await plane.create('persistentvolumeclaims', 'default', 'marker', { spec: claimSpec });
    await plane.client.delete(ref('persistentvolumeclaims', 'default', 'marker'));
    await until(async () => !(await plane.exists('persistentvolumeclaims', 'default', 'marker')));
  };

  it('lets a claim go that no pod on a node uses', async () => {
    const made = await plane.create('persistentvolumeclaims', 'default', 'data', { spec: claimSpec });
    assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pvc-protection']);
    await pod('waiting', {});
    await plane.client.delete(claim);
    await until(async () => !(await exists()));
  });

  it('keeps a claim until the last pod that uses it is gone', async () => {
    await plane.create('persistentvolumeclaims', 'default', 'data', { spec: claimSpec });
    await pod('running', { nodeName: 'n1', terminationGracePeriodSeconds: 0 });
    await plane.client.delete(claim);
    await settled();
    assert.equal(await exists(), true);
    await plane.client.delete(ref('pods', 'default', 'running'));
    await until(async () => !(await exists()));
  });

  it('lets a claim that was made for a pod go when the pod is shut down, though something holds it', async () => {
    const owner = await plane.create('pods', 'default', 'p', {
      metadata: { finalizers: ['example.com/hold'] },
      spec: {
        nodeName: 'n1',
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'i' }],
        volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: claimSpec } } }],
      },
    });
    const ownerReferences = [ownerReference(owner, { controller: true })];
    await plane.create('persistentvolumeclaims', 'default', 'p-v', { metadata: { ownerReferences }, spec: claimSpec });
    await plane.client.delete(ref('persistentvolumeclaims', 'default', 'p-v'));
    await settled();
    assert.equal(await plane.exists('persistentvolumeclaims', 'default', 'p-v'), true);
    await plane.client.delete(ref('pods', 'default', 'p'));
    await until(async () => !(await plane.exists('persistentvolumeclaims', 'default', 'p-v')));
    assert.equal(await plane.exists('pods', 'default', 'p'), true);
  });

  it('puts the finalizer back where it is missing', async () => {
    const made = await plane.create('persistentvolumeclaims', 'default', 'data', { spec: claimSpec });
    await plane.client.update(claim, { ...made, metadata: { ...made.metadata, finalizers: [] } });
    await until(
      async () =>
        (await plane.find('persistentvolumeclaims', 'default', 'data'))?.metadata.finalizers?.[0] ===
        'kubernetes.io/pvc-protection',
    );
  });

  it('finds what was deleted while nobody looked', async () => {
    await plane.close();
    plane = new TestPlane();
    await plane.create('persistentvolumeclaims', 'default', 'data', { spec: claimSpec });
    await plane.client.delete(claim);
    assert.equal(await exists(), true);
    plane.startControllers();
    await until(async () => !(await exists()));
  });
});

describe('protection of volumes', () => {
  it('keeps a volume while it is bound', async () => {
    const plane = new TestPlane();
    plane.startControllers();
    const volume = ref('persistentvolumes', '', 'v');
    const made = await plane.create('persistentvolumes', '', 'v', { spec: volumeSpec });
    assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pv-protection']);
    await plane.client.update(volume, { ...made, status: { phase: 'Bound' } }, 'status');
    await plane.create('persistentvolumes', '', 'free', { spec: volumeSpec });
    await plane.client.delete(volume);
    await plane.client.delete(ref('persistentvolumes', '', 'free'));
    await until(async () => !(await plane.exists('persistentvolumes', '', 'free')));
    const bound = await plane.client.get(volume);
    assert.notEqual(bound.metadata.deletionTimestamp, undefined);
    await plane.client.update(volume, { ...bound, status: { phase: 'Released' } }, 'status');
    await until(async () => !(await plane.exists('persistentvolumes', '', 'v')));
    await plane.close();
  });
});
