import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../apimachinery/errors.ts';
import { apiError, createFixture } from '../testing.ts';

const configMap = (name: string, more: object = {}): { [key: string]: never } =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more }, data: { a: 'b' } }) as never;

describe('create', () => {
  it('fills what only the server knows and drops what clients must not set', async () => {
    const fixture = await createFixture({ now: () => new Date('2026-05-06T07:08:09.9Z') });
    const created = await fixture.create(
      'configmaps',
      configMap('a', {
        uid: 'mine',

        deletionTimestamp: '2020-01-01T00:00:00Z',
        deletionGracePeriodSeconds: 3,
        creationTimestamp: '2020-01-01T00:00:00Z',
      }),
    );
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, namespace } = created.metadata;
    assert.match(uid ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(creationTimestamp, '2026-05-06T07:08:09Z');
    assert.deepEqual([deletionTimestamp, deletionGracePeriodSeconds], [undefined, undefined]);
    assert.equal(namespace, 'default');
    assert.equal(Number(created.metadata.resourceVersion), fixture.store.revision());
  });

  it('answers with the bytes that a get gives afterwards', async () => {
    const fixture = await createFixture();
    const target = fixture.target('configmaps');
    const sent = configMap('a') as never;
    const written = await fixture.registry.create(fixture.ctx(), target, sent, {
      dryRun: false,
      fieldValidation: 'Strict',
    });
    const read = await fixture.registry.get(fixture.ctx(), { ...target, name: 'a' }, {});
    assert.equal(Buffer.from(written.bytes()).toString(), Buffer.from(read.bytes()).toString());
    assert.deepEqual(JSON.parse(Buffer.from(read.bytes()).toString()), read.object());
  });

  it('refuses a second object of the same name', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a'));
    await assert.rejects(fixture.create('configmaps', configMap('a')), apiError(409, 'configmaps "a" already exists'));
  });

  it('refuses a resourceVersion, as stock, without a reason', async () => {
    const fixture = await createFixture();
    await assert.rejects(fixture.create('configmaps', configMap('a', { resourceVersion: '4' })), (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual(error.toStatus(), {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'resourceVersion should not be set on objects to be created',
        code: 500,
      });
      return true;
    });
  });

  it('refuses a namespace other than the request’s, a missing name and an invalid one', async () => {
    const fixture = await createFixture();
    const target = fixture.target('configmaps');
    const options = { dryRun: false, fieldValidation: 'Strict' } as const;
    await assert.rejects(
      fixture.registry.create(fixture.ctx(), target, configMap('a', { namespace: 'other' }) as never, options),
      apiError(400, 'the namespace of the provided object does not match the namespace sent on the request'),
    );
    await assert.rejects(
      fixture.create('configmaps', configMap('')),
      apiError(422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'),
    );
    await assert.rejects(
      fixture.create('configmaps', configMap('Not_A_Name')),
      apiError(422, /^ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC/),
    );
  });

  it('completes generateName with five letters that spell nothing', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('configmaps', configMap('', { generateName: 'app-' }));
    assert.match(created.metadata.name ?? '', /^app-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.equal(created.metadata.generateName, 'app-');
    const long = await fixture.create('configmaps', configMap('', { generateName: 'x'.repeat(70) }));
    assert.equal(long.metadata.name?.length, 63);
  });

  it('drops repeated owner references and warns', async () => {
    const fixture = await createFixture();
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };
    const created = await fixture.create('configmaps', configMap('a', { ownerReferences: [owner, { ...owner }] }));
    assert.deepEqual(created.metadata.ownerReferences, [owner]);
    assert.deepEqual(fixture.warnings, [
      '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u',
    ]);
  });

  it('indexes the object under its owners', async () => {
    const fixture = await createFixture();
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'owner-uid' };
    await fixture.create('configmaps', configMap('a', { ownerReferences: [owner] }));
    const dependents = await fixture.store.listDependents(fixture.ctx().cluster.name, 'owner-uid', 10);
    assert.deepEqual(
      dependents.map((each) => each.key.name),
      ['a'],
    );
  });

  it('stores nothing in a dry run, but finds what is wrong with it', async () => {
    const fixture = await createFixture();
    const before = fixture.store.revision();
    const created = await fixture.create('configmaps', configMap('a'), { dryRun: true });
    assert.ok(created.metadata.uid !== undefined && created.metadata.resourceVersion === undefined);
    assert.equal(fixture.store.revision(), before);
    await fixture.create('configmaps', configMap('a'));
    await assert.rejects(
      fixture.create('configmaps', configMap('a'), { dryRun: true }),
      apiError(409, /already exists/),
    );
  });

  it('gives generation 1 to kinds that count it and drops status', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('widgets.example.com', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
      spec: { size: 1 },
      status: { phase: 'Claimed' },
    });
    assert.equal(created.metadata.generation, 1);
    assert.equal(created['status'], undefined);
  });

  it('keeps members named __proto__', async () => {
    const fixture = await createFixture();
    const target = fixture.target('configmaps');
    const body = JSON.parse('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"p"},"data":{"__proto__":"x"}}');
    await fixture.registry.create(fixture.ctx(), target, body, { dryRun: false, fieldValidation: 'Strict' });
    const read = await fixture.registry.get(fixture.ctx(), { ...target, name: 'p' }, {});
    assert.match(Buffer.from(read.bytes()).toString(), /"data":\{"__proto__":"x"\}/);
  });
});
