import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { TokenIssuer } from './core/serviceaccounts/token.ts';
import { apiError, createFixture, type Fixture } from './testing.ts';

const written = { dryRun: false, fieldValidation: 'Strict' } as const;
const object = (value: JsonObject): KubeObject => value as KubeObject;

describe('namespaces/finalize', () => {
  it('takes the last finalizer away, and the namespace with it', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team' },
    });
    assert.deepEqual([created['spec'], created['status']], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
    const answer = await fixture.delete('namespaces', 'team');
    const terminating = answer.object.object();
    assert.equal(answer.done, false);
    assert.deepEqual(terminating['status'], { phase: 'Terminating' });
    assert.ok(terminating.metadata.deletionTimestamp);
    assert.equal(terminating.metadata.deletionGracePeriodSeconds, undefined);
    const again = await fixture.delete('namespaces', 'team');
    assert.equal(again.object.object().metadata.resourceVersion, terminating.metadata.resourceVersion);

    const finalized = { ...terminating, spec: { finalizers: [] } };
    await fixture.update('namespaces', finalized, { subresource: 'finalize' });
    await assert.rejects(fixture.get('namespaces', 'team'), apiError(404, 'namespaces "team" not found'));
  });

  it('sets spec.finalizers, which only the subresource does, and keeps the status', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n' },
    });
    const wanted = { ...created, spec: { finalizers: ['example.com/x'] }, status: { phase: 'Terminating' } };
    const viaMain = await fixture.update('namespaces', wanted);
    assert.deepEqual(viaMain['spec'], { finalizers: ['kubernetes'] });
    const viaFinalize = await fixture.update(
      'namespaces',
      { ...wanted, metadata: { ...viaMain.metadata, labels: { more: 'x' } } },
      { subresource: 'finalize' },
    );
    assert.deepEqual(viaFinalize['spec'], { finalizers: ['example.com/x'] });
    assert.deepEqual(viaFinalize['status'], { phase: 'Active' });
    assert.deepEqual(viaFinalize.metadata.labels, { 'kubernetes.io/metadata.name': 'n', more: 'x' });
    await assert.rejects(
      fixture.update('namespaces', { ...viaFinalize, spec: { finalizers: ['x'] } }, { subresource: 'finalize' }),
      apiError(422, /spec.finalizers\[0\]: Invalid value: "x": name is neither a standard finalizer name/),
    );
  });
});

describe('scale', () => {
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } };
  const get = async (fixture: Fixture): Promise<KubeObject> => {
    const target = fixture.target('widgets.example.com', { name: 'w', subresource: 'scale' });
    return (await fixture.registry.get(fixture.ctx(), target, {})).object();
  };

  it('is an autoscaling/v1 view of the object', async () => {
    const fixture = await createFixture();
    const { metadata } = await fixture.create('widgets.example.com', widget);
    const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
    assert.deepEqual(await get(fixture), {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=widget' },
    });
  });

  it('sets the replicas by update, patch and apply', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    const target = fixture.target('widgets.example.com', { name: 'w', subresource: 'scale' });
    const scale = { ...(await get(fixture)), spec: { replicas: 3 } };
    const updated = await fixture.registry.update(fixture.ctx(), target, object(scale), written);
    assert.deepEqual(updated.object.object()['spec'], { replicas: 3 });
    const stored = await fixture.get('widgets.example.com', 'w');
    assert.deepEqual([stored['spec'], stored.metadata.generation], [{ size: 3 }, 2]);
    await assert.rejects(
      fixture.registry.update(fixture.ctx(), target, object(scale), written),
      apiError(409, /the object has been modified/),
    );

    const subresource = 'scale';
    const patch = { spec: { replicas: 5 } };
    const patched = await fixture.patch('widgets.example.com', 'w', 'merge', patch, { subresource });
    assert.deepEqual(patched.object.object()['spec'], { replicas: 5 });
    const config = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'w' }, spec: { replicas: 7 } };
    const applying = { subresource, fieldManager: 'hpa' };
    await assert.rejects(
      fixture.patch('widgets.example.com', 'w', 'apply', config, applying),
      apiError(409, /^Apply failed with 1 conflict: conflict with "test" .*: .spec.(size|replicas)$/),
    );
    await fixture.patch('widgets.example.com', 'w', 'apply', config, { ...applying, force: true });
    assert.deepEqual((await fixture.get('widgets.example.com', 'w'))['spec'], { size: 7 });
  });

  it('refuses what is no number of replicas, and resources without one', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    await assert.rejects(
      fixture.patch('widgets.example.com', 'w', 'merge', { spec: { replicas: -1 } }, { subresource: 'scale' }),
      apiError(
        422,
        'Scale.autoscaling "w" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      ),
    );
    await fixture.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } });
    const target = fixture.target('configmaps', { name: 'c', subresource: 'scale' });
    await assert.rejects(fixture.registry.get(fixture.ctx(), target, {}), apiError(405, /not supported/));
  });
});

describe('serviceaccounts/token', () => {
  const issuer: TokenIssuer = {
    issue: ({ namespace, serviceAccount, audiences, expirationSeconds, boundTo }) =>
      Promise.resolve({
        token: `${namespace}/${serviceAccount.name}/${boundTo?.kind ?? '-'}`,
        expiration: new Date(expirationSeconds * 1000),
        audiences: audiences.length === 0 ? ['api'] : audiences,
      }),
  };
  const request = (spec: JsonObject = {}): KubeObject =>
    object({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec });
  const ask = async (fixture: Fixture, body: KubeObject, name = 'default'): Promise<KubeObject> => {
    const target = fixture.target('serviceaccounts', { name, subresource: 'token' });
    return (await fixture.registry.create(fixture.ctx(), target, body, written)).object();
  };

  it('answers with a token and what it is good for', async () => {
    const fixture = await createFixture({ standard: { tokenIssuer: issuer } });
    const answer = await ask(fixture, request());
    assert.deepEqual(answer['spec'], { audiences: ['api'], expirationSeconds: 3600, boundObjectRef: null });
    assert.deepEqual(answer['status'], { token: 'default/default/-', expirationTimestamp: '1970-01-01T01:00:00Z' });
  });

  it('binds tokens to objects that exist', async () => {
    const fixture = await createFixture({ standard: { tokenIssuer: issuer } });
    const bound = { apiVersion: 'v1', kind: 'Secret', name: 's' };
    await assert.rejects(ask(fixture, request({ boundObjectRef: bound })), apiError(404, 'secrets "s" not found'));
    await fixture.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
    const answer = await ask(fixture, request({ boundObjectRef: bound }));
    assert.equal((answer['status'] as { token: string }).token, 'default/default/Secret');
    await assert.rejects(
      ask(fixture, request({ boundObjectRef: { ...bound, uid: 'other' } })),
      apiError(409, /the UID in the bound object reference \(other\) does not match the UID in record/),
    );
    await assert.rejects(
      ask(fixture, request({ boundObjectRef: { ...bound, kind: 'ConfigMap' } })),
      apiError(400, 'cannot bind token to object of type /v1, Kind=ConfigMap'),
    );
  });

  it('refuses accounts that are missing and lifetimes out of bounds', async () => {
    const fixture = await createFixture({ standard: { tokenIssuer: issuer } });
    await assert.rejects(ask(fixture, request(), 'nobody'), apiError(404, 'serviceaccounts "nobody" not found'));
    await assert.rejects(
      ask(fixture, request({ expirationSeconds: 5 })),
      apiError(422, /spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes/),
    );
  });
});
