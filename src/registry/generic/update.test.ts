import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deepCopy, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { apiError, createFixture } from '../testing.ts';

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'b' } };
const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } };

function edited(object: KubeObject, edit: (copy: KubeObject) => void): KubeObject {
  const copy = deepCopy(object as Json) as KubeObject;
  edit(copy);
  return copy;
}

function withoutRevision(object: KubeObject, edit: (copy: KubeObject) => void = () => undefined): KubeObject {
  return edited(object, (copy) => {
    delete copy.metadata.resourceVersion;
    edit(copy);
  });
}

describe('update', () => {
  it('replaces the object and keeps the metadata that clients cannot set', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', configMap);
    const updated = await fixture.update('configmaps', {
      ...configMap,
      metadata: { name: 'a', creationTimestamp: '2001-01-01T00:00:00Z', generation: 9 },
      data: { c: 'd' },
    });
    assert.deepEqual(updated['data'], { c: 'd' });
    assert.equal(updated.metadata.uid, created.metadata.uid);
    assert.equal(updated.metadata.creationTimestamp, created.metadata.creationTimestamp);
    assert.equal(updated.metadata.generation, undefined);
    assert.ok(Number(updated.metadata.resourceVersion) > Number(created.metadata.resourceVersion));
  });

  it('with a resourceVersion is a compare-and-set', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', configMap);
    await fixture.update(
      'configmaps',
      edited(created, (copy) => {
        copy['data'] = { one: '1' };
      }),
    );
    await assert.rejects(
      fixture.update('configmaps', created),
      apiError(
        409,
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      ),
    );
  });

  it('without one is refused for kinds that want it', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('widgets.example.com', widget);
    await assert.rejects(
      fixture.update('widgets.example.com', withoutRevision(created)),
      apiError(
        422,
        'widgets.example.com "w" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
      ),
    );
  });

  it('without one wins over writers that come between, up to a limit', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', configMap);
    const all = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        fixture.update(
          'configmaps',
          withoutRevision(created, (copy) => {
            copy['data'] = { i: String(i) };
          }),
        ),
      ),
    );
    assert.equal(new Set(all.map((each) => each.metadata.resourceVersion)).size, 5);
  });

  it('of what is not there is 404, and creates where the kind allows it', async () => {
    const fixture = await createFixture();
    await assert.rejects(fixture.update('configmaps', configMap), apiError(404, 'configmaps "a" not found'));
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { holderIdentity: 'me' },
    };
    const target = fixture.target('leases.coordination.k8s.io', { name: 'l' });
    const answer = await fixture.registry.update(fixture.ctx(), target, lease, {
      dryRun: false,
      fieldValidation: 'Strict',
    });
    assert.equal(answer.created, true);
    assert.ok(answer.object.object().metadata.uid);
  });

  it('refuses another object’s uid in stock’s words', async () => {
    const fixture = await createFixture();
    const { metadata } = await fixture.create('configmaps', configMap);
    await assert.rejects(
      fixture.update('configmaps', { ...configMap, metadata: { name: 'a', uid: 'x' } }),
      apiError(
        409,
        `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: ${metadata.uid}`,
      ),
    );
  });

  it('refuses a name that is not the URL’s', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap);
    const target = fixture.target('configmaps', { name: 'a' });
    const options = { dryRun: false, fieldValidation: 'Strict' } as const;
    const put = (name: string): Promise<unknown> =>
      fixture.registry.update(fixture.ctx(), target, { ...configMap, metadata: { name } }, options);
    await assert.rejects(put('b'), apiError(400, 'the name of the object (b) does not match the name on the URL (a)'));
    await assert.rejects(
      put(''),
      apiError(400, 'the name of the object (a based on URL) was undeterminable: name must be provided'),
    );
  });

  it('that says nothing new writes nothing, whatever the order of members', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', { ...configMap, data: { a: '1', b: '2' } });
    const before = fixture.store.revision();
    const same = await fixture.update(
      'configmaps',
      edited(created, (copy) => {
        copy['data'] = { b: '2', a: '1' };
      }),
    );
    assert.equal(same.metadata.resourceVersion, created.metadata.resourceVersion);
    assert.equal(fixture.store.revision(), before);
  });

  it('counts generation for changes of the spec only', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('widgets.example.com', widget);
    const labelled = await fixture.update(
      'widgets.example.com',
      edited(created, (copy) => {
        copy.metadata.labels = { a: 'b' };
      }),
    );
    assert.equal(labelled.metadata.generation, 1);
    const resized = await fixture.update(
      'widgets.example.com',
      edited(labelled, (copy) => {
        copy['spec'] = { size: 2 };
      }),
    );
    assert.equal(resized.metadata.generation, 2);
  });

  it('leaves status to /status, and everything else to the main resource', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('widgets.example.com', widget);
    const attempt = edited(created, (copy) => {
      copy['status'] = { phase: 'Mine' };
      copy['spec'] = { size: 9 };
      copy.metadata.labels = { x: 'y' };
    });
    const viaMain = await fixture.update('widgets.example.com', attempt);
    assert.deepEqual([viaMain['status'], viaMain['spec']], [undefined, { size: 9 }]);
    const viaStatus = await fixture.update(
      'widgets.example.com',
      edited(viaMain, (copy) => {
        copy['status'] = { phase: 'Good' };
        copy['spec'] = { size: 100 };
        copy.metadata.labels = { other: 'label' };
      }),
      { subresource: 'status' },
    );
    assert.deepEqual(viaStatus['status'], { phase: 'Good' });
    assert.deepEqual(viaStatus['spec'], { size: 9 });
    assert.deepEqual(viaStatus.metadata.labels, { x: 'y' });
    assert.equal(viaStatus.metadata.generation, 2);
  });

  it('never changes what is immutable in metadata', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', configMap);
    await assert.rejects(
      fixture.update(
        'configmaps',
        edited(created, (copy) => {
          copy.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
        }),
      ),
      apiError(422, /metadata.deletionTimestamp: Invalid value: .*field is immutable/),
    );
  });

  it('stores nothing in a dry run', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', configMap);
    const tried = await fixture.update('configmaps', { ...configMap, data: { x: 'y' } }, { dryRun: true });
    assert.deepEqual(tried['data'], { x: 'y' });
    assert.equal(tried.metadata.resourceVersion, created.metadata.resourceVersion);
    assert.deepEqual((await fixture.get('configmaps', 'a'))['data'], { a: 'b' });
  });

  it('does not let the stored object be changed through what it gives', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    const read = await fixture.get('widgets.example.com', 'w');
    const before = JSON.stringify(read);
    await fixture.update(
      'widgets.example.com',
      edited(read, (copy) => {
        copy['status'] = { phase: 'New' };
      }),
      { subresource: 'status' },
    );
    assert.equal(JSON.stringify(read), before);
  });
});

describe('versions', () => {
  it('are views of one stored form, for every verb', async () => {
    const fixture = await createFixture();
    const v2 = (options: object): ReturnType<typeof fixture.target> =>
      fixture.target('widgets.example.com', { version: 'v2', ...options });
    const sent = { apiVersion: 'example.com/v2', kind: 'Widget', metadata: { name: 'w' }, spec: { count: 3 } };
    const options = { dryRun: false, fieldValidation: 'Strict' } as const;
    const created = await fixture.registry.create(fixture.ctx(), v2({}), sent, options);
    assert.deepEqual(created.object()['spec'], { count: 3 });
    assert.equal(created.object().apiVersion, 'example.com/v2');
    const stored = await fixture.get('widgets.example.com', 'w');
    assert.deepEqual([stored.apiVersion, stored['spec']], ['example.com/v1', { size: 3 }]);
    const read = await fixture.registry.get(fixture.ctx(), v2({ name: 'w' }), {});
    assert.deepEqual(JSON.parse(Buffer.from(read.bytes()).toString()), read.object());
    assert.deepEqual(read.object()['spec'], { count: 3 });
    const patched = await fixture.patch('widgets.example.com', 'w', 'merge', { spec: { count: 5 } }, { version: 'v2' });
    assert.deepEqual(patched.object.object()['spec'], { count: 5 });
    const listed = await fixture.registry.list(fixture.ctx(), v2({}), {});
    assert.deepEqual(
      listed.items.map((each) => each.object()['spec']),
      [{ count: 5 }],
    );
  });
});
