import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../apimachinery/json.ts';
import { apiError, createFixture, type Fixture } from '../registry/testing.ts';
import type { Claim } from './claims.ts';

const claims = 'persistentvolumeclaims';
const claim = (name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, ...metadata },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const storageClass = (name: string, annotation: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name, annotations: { [annotation]: 'true' } },
  provisioner: 'example.com/p',
  ...more,
});
const mark = 'storageclass.kubernetes.io/is-default-class';

describe('claims without a class', () => {
  it('get the newest default, of two as old the first by name', async () => {
    let seconds = 0;
    const fixture = await createFixture({ now: () => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds)) });
    const nameOf = async (body: JsonObject): Promise<unknown> =>
      ((await fixture.create(claims, body, { dryRun: true })) as Claim).spec?.storageClassName;
    assert.equal(await nameOf(claim('x')), undefined);
    await fixture.create('storageclasses.storage.k8s.io', storageClass('b', mark));
    await fixture.create('storageclasses.storage.k8s.io', storageClass('a', mark));
    assert.equal(await nameOf(claim('x')), 'a');
    seconds = 1;
    await fixture.create(
      'storageclasses.storage.k8s.io',
      storageClass('c', 'storageclass.beta.kubernetes.io/is-default-class'),
    );
    assert.equal(await nameOf(claim('x')), 'c');
    assert.equal(await nameOf(claim('x', { storageClassName: '' })), '');
    const annotations = { 'volume.beta.kubernetes.io/storage-class': 'old' };
    assert.equal(await nameOf(claim('x', {}, { annotations })), undefined);
    assert.match(fixture.warnings.at(-1) ?? '', /storage-class\]: deprecated since v1\.8; use "storageClassName"/);
  });
});

describe('claims and volumes', () => {
  it('are held while they are used', async () => {
    const fixture = await createFixture();
    assert.deepEqual((await fixture.create(claims, claim('x'))).metadata.finalizers, ['kubernetes.io/pvc-protection']);
    const own = ['example.com/x', 'kubernetes.io/pvc-protection'];
    assert.deepEqual((await fixture.create(claims, claim('y', {}, { finalizers: own }))).metadata.finalizers, own);
    const volume = await fixture.create('persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'v' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } },
    });
    assert.deepEqual(volume.metadata.finalizers, ['kubernetes.io/pv-protection']);
  });

  it('grow only where their class allows it', async () => {
    const fixture = await createFixture();
    await fixture.create('storageclasses.storage.k8s.io', storageClass('grows', mark, { allowVolumeExpansion: true }));
    await fixture.create('storageclasses.storage.k8s.io', storageClass('stays', 'example.com/none'));
    const bound = async (name: string): Promise<void> => {
      await fixture.create(claims, claim(name, { storageClassName: name, volumeName: 'v' }));
      await fixture.patch(claims, name, 'merge', { status: { phase: 'Bound' } }, { subresource: 'status' });
    };
    const resize = (name: string, storage: string): Promise<unknown> =>
      fixture.patch(claims, name, 'merge', { spec: { resources: { requests: { storage } } } });
    await bound('grows');
    await bound('stays');
    await resize('grows', '2Gi');
    await assert.rejects(
      resize('stays', '2Gi'),
      apiError(
        403,
        'persistentvolumeclaims "stays" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      ),
    );
  });
});

describe('ingresses without a class', () => {
  it('get the default one', async () => {
    const fixture = await createFixture();
    const classOf = async (fix: Fixture, spec: JsonObject = {}, annotations: JsonObject = {}): Promise<unknown> => {
      const ingress = await fix.create(
        'ingresses.networking.k8s.io',
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata: { name: 'i', annotations },
          spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec },
        },
        { dryRun: true },
      );
      return (ingress['spec'] as JsonObject)['ingressClassName'];
    };
    assert.equal(await classOf(fixture), undefined);
    await fixture.create('ingressclasses.networking.k8s.io', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'main', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'example.com/c' },
    });
    assert.equal(await classOf(fixture), 'main');
    assert.equal(await classOf(fixture, { ingressClassName: 'own' }), 'own');
    assert.equal(await classOf(fixture, {}, { 'kubernetes.io/ingress.class': 'nginx' }), undefined);
  });
});
