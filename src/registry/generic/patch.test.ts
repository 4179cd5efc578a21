import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../apimachinery/errors.ts';
import type { Json, JsonObject } from '../../apimachinery/json.ts';
import type { ManagedFieldsEntry } from '../../apimachinery/object.ts';
import type { PatchType } from '../registry.ts';
import { apiError, createFixture, type Fixture } from '../testing.ts';

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'b' } };
const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } };

async function withConfigMap(): Promise<Fixture> {
  const fixture = await createFixture();
  await fixture.create('configmaps', configMap);
  return fixture;
}

const patchedData = async (fixture: Fixture, type: PatchType, patch: Json): Promise<unknown> =>
  (await fixture.patch('configmaps', 'a', type, patch)).object.object()['data'];

describe('patch', () => {
  it('is one of three kinds of document over the stored object', async () => {
    const fixture = await withConfigMap();
    assert.deepEqual(await patchedData(fixture, 'merge', { data: { c: 'd' } }), { a: 'b', c: 'd' });
    assert.deepEqual(await patchedData(fixture, 'json', [{ op: 'remove', path: '/data/a' }]), { c: 'd' });
    assert.deepEqual(await patchedData(fixture, 'strategic', { data: { $patch: 'replace', e: 'f' } }), { e: 'f' });
  });

  it('of what is not there is 404', async () => {
    const fixture = await createFixture();
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'merge', { data: {} }),
      apiError(404, 'configmaps "a" not found'),
    );
  });

  it('that names a resourceVersion is a compare-and-set', async () => {
    const fixture = await withConfigMap();
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'merge', { metadata: { resourceVersion: '1' } }),
      apiError(409, /the object has been modified; please apply your changes to the latest version and try again$/),
    );
    const { metadata } = await fixture.get('configmaps', 'a');
    const resourceVersion = metadata.resourceVersion ?? '';
    const patch = { metadata: { resourceVersion }, data: { x: 'y' } };
    assert.deepEqual(await patchedData(fixture, 'merge', patch), { a: 'b', x: 'y' });
  });

  it('is applied again when another write comes between', async () => {
    const fixture = await withConfigMap();
    await Promise.all(['1', '2', '3', '4', '5'].map((key) => patchedData(fixture, 'merge', { data: { [key]: key } })));
    assert.deepEqual((await fixture.get('configmaps', 'a'))['data'], {
      a: 'b',
      1: '1',
      2: '2',
      3: '3',
      4: '4',
      5: '5',
    });
  });

  it('cannot rename, move or turn an object into another', async () => {
    const fixture = await withConfigMap();
    const refused = (patch: JsonObject, code: number, message: string | RegExp): Promise<void> =>
      assert.rejects(fixture.patch('configmaps', 'a', 'merge', patch), apiError(code, message));
    await refused(
      { metadata: { name: 'b' } },
      400,
      'the name of the object (b) does not match the name on the URL (a)',
    );
    await refused(
      { metadata: { namespace: 'b' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    );
    await refused({ metadata: { uid: 'b' } }, 422, /metadata.uid: Invalid value: "b": field is immutable/);
    await refused({ kind: 'Secret' }, 422, /^ "" is invalid: patch: Invalid value: /);
    await refused({ apiVersion: 'v2' }, 422, /^ "" is invalid: patch: Invalid value: /);
  });

  it('must leave an object of its kind', async () => {
    const fixture = await withConfigMap();
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'merge', { data: { a: 1 } }),
      apiError(422, /: json: cannot unmarshal number into Go struct field ConfigMap.data of type string$/),
    );
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'json', [{ op: 'replace', path: '', value: [] }]),
      (error) => error instanceof ApiError && error.code === 422,
    );
  });

  it('with unknown or repeated fields is refused, warned about or accepted, as asked', async () => {
    const fixture = await withConfigMap();
    const strictErrors = ['duplicate field "data.x"'];
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'strategic', { foo: 1 }, { strictErrors }),
      apiError(
        422,
        ' "" is invalid: patch: Invalid value: "map[foo:1]": strict decoding error: duplicate field "data.x", unknown field "foo"',
      ),
    );
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'json', [{ op: 'test', path: '/data/a', value: 'b', foo: 1 }]),
      apiError(422, /: strict decoding error: json patch unknown field "\[0\].foo"$/),
    );
    await fixture.patch('configmaps', 'a', 'merge', { foo: 1 }, { strictErrors, fieldValidation: 'Warn' });
    assert.deepEqual(fixture.warnings, ['duplicate field "data.x"', 'unknown field "foo"']);
    await fixture.patch('configmaps', 'a', 'merge', { foo: 1 }, { fieldValidation: 'Ignore' });
    assert.equal((await fixture.get('configmaps', 'a'))['foo'], undefined);
  });

  it('of /status changes status only', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    const patch = { status: { phase: 'Good' }, spec: { size: 7 } };
    const { object } = await fixture.patch('widgets.example.com', 'w', 'merge', patch, { subresource: 'status' });
    assert.deepEqual([object.object()['status'], object.object()['spec']], [{ phase: 'Good' }, { size: 1 }]);
  });

  it('that changes nothing writes nothing', async () => {
    const fixture = await withConfigMap();
    const noop = fc.constantFrom<[PatchType, Json]>(
      ['merge', {}],
      ['merge', { data: { a: 'b', gone: null } }],
      ['strategic', { data: { a: 'b' } }],
      ['json', []],
      ['json', [{ op: 'test', path: '/data/a', value: 'b' }]],
      ['json', [{ op: 'replace', path: '/data/a', value: 'b' }]],
    );
    await fc.assert(
      fc.asyncProperty(noop, async ([type, patch]) => {
        const before = fixture.store.revision();
        const { object } = await fixture.patch('configmaps', 'a', type, patch);
        assert.equal(fixture.store.revision(), before);
        assert.deepEqual(object.object(), await fixture.get('configmaps', 'a'));
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the patch as it was, so that it can be applied again', async () => {
    const fixture = await createFixture();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: {} };
    await fixture.create('secrets', secret);
    const patch = Object.freeze({ stringData: Object.freeze({ password: 'x' }) });
    const { object } = await fixture.patch('secrets', 's', 'merge', patch);
    assert.deepEqual(object.object()['data'], { password: 'eA==' });
  });
});

describe('server-side apply', () => {
  const apply = (
    fixture: Fixture,
    fieldManager: string,
    data: JsonObject,
    more: { force?: boolean; metadata?: JsonObject } = {},
  ): ReturnType<Fixture['patch']> =>
    fixture.patch(
      'configmaps',
      'a',
      'apply',
      { ...configMap, metadata: { name: 'a', ...more.metadata }, data },
      { fieldManager, ...(more.force === undefined ? {} : { force: more.force }) },
    );

  it('creates what is absent and records who applied', async () => {
    const fixture = await createFixture({ now: () => new Date('2026-01-01T00:00:00Z') });
    const answer = await apply(fixture, 'me', { a: '1' });
    assert.equal(answer.created, true);
    assert.deepEqual(answer.object.object().metadata.managedFields, [
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      },
    ] satisfies ManagedFieldsEntry[]);
  });

  it('applied again changes nothing and writes nothing', async () => {
    const fixture = await createFixture();
    await apply(fixture, 'me', { a: '1' });
    const before = fixture.store.revision();
    const again = await apply(fixture, 'me', { a: '1' });
    assert.equal(again.created, false);
    assert.equal(fixture.store.revision(), before);
  });

  it('removes what its manager no longer applies, and conflicts over what others own', async () => {
    const fixture = await createFixture();
    await apply(fixture, 'one', { a: '1', b: '2' });
    const { object } = await apply(fixture, 'one', { a: '1' });
    assert.deepEqual(object.object()['data'], { a: '1' });
    await assert.rejects(
      apply(fixture, 'two', { a: 'other' }),
      apiError(409, 'Apply failed with 1 conflict: conflict with "one": .data.a'),
    );
    const forced = await apply(fixture, 'two', { a: 'other' }, { force: true });
    assert.deepEqual(forced.object.object()['data'], { a: 'other' });
  });

  it('refuses configurations of another kind, without a manager, or with managedFields', async () => {
    const fixture = await createFixture();
    const send = (patch: JsonObject, fieldManager = 'me'): Promise<unknown> =>
      fixture.patch('configmaps', 'a', 'apply', patch, { fieldManager });
    await assert.rejects(send({ data: {} }), apiError(400, 'invalid object type: /, Kind='));
    await assert.rejects(
      send({ ...configMap, kind: 'Secret' }),
      apiError(400, 'invalid object type: /v1, Kind=Secret'),
    );
    await assert.rejects(
      send(configMap, ''),
      apiError(
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ),
    );
    await assert.rejects(
      apply(fixture, 'me', {}, { metadata: { managedFields: [{}] } }),
      apiError(400, 'metadata.managedFields must be nil'),
    );
    await assert.rejects(
      send({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'x' } }),
      apiError(400, 'the name of the object (a based on URL) was undeterminable: name must be provided'),
    );
    await assert.rejects(
      apply(fixture, 'me', {}, { metadata: { uid: 'abc' } }),
      apiError(
        409,
        'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid abc, and no existing object was found',
      ),
    );
    await fixture.create('configmaps', configMap);
    await assert.rejects(
      apply(fixture, 'me', {}, { metadata: { resourceVersion: '1' } }),
      apiError(409, /the object has been modified/),
    );
  });

  it('to /status owns status under its own entry', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    const config = { ...widget, spec: { size: 5 }, status: { phase: 'Good' } };
    const { object } = await fixture.patch('widgets.example.com', 'w', 'apply', config, {
      fieldManager: 'controller',
      subresource: 'status',
    });
    assert.deepEqual([object.object()['spec'], object.object()['status']], [{ size: 1 }, { phase: 'Good' }]);
    const entry = object.object().metadata.managedFields?.find((each) => each.manager === 'controller');
    assert.equal(entry?.subresource, 'status');
    assert.deepEqual(entry?.fieldsV1, { 'f:status': { 'f:phase': {} } });
  });
});

describe('field managers', () => {
  it('own in their own version what is atomic in another', async () => {
    const fixture = await createFixture();
    const resource = 'horizontalpodautoscalers.autoscaling';
    const scaler = (apiVersion: string, spec: JsonObject): JsonObject => ({
      apiVersion,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec,
    });
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
    const first = fixture.target(resource);
    const [v1, v2] = ['v1', 'v2'].map((name) => {
      const version = first.definition.versions.find((each) => each.version === name);
      assert.ok(version !== undefined);
      return { ...first, version, name: 'h' };
    });
    assert.ok(v1 !== undefined && v2 !== undefined);
    const apply = async (target: typeof v1, manager: string, spec: JsonObject) => {
      const patch = scaler(`autoscaling/${target.version.version}`, spec);
      const options = { dryRun: false, fieldValidation: 'Strict', fieldManager: manager } as const;
      return fixture.registry.patch(
        fixture.ctx(),
        target,
        { type: 'apply', patch, strictErrors: [], force: true },
        options,
      );
    };
    await apply(v2, 'two', { maxReplicas: 3, scaleTargetRef });
    const { object } = await apply(v1, 'one', { maxReplicas: 4 });
    const entries = object.object().metadata.managedFields as ManagedFieldsEntry[];
    const fields = entries.find(({ manager }) => manager === 'two')?.fieldsV1 as { 'f:spec': JsonObject };
    assert.deepEqual(fields['f:spec'], {
      'f:scaleTargetRef': { 'f:apiVersion': {}, 'f:kind': {}, 'f:name': {} },
    });
  });

  it('own what they set by create, update and patch', async () => {
    const fixture = await createFixture({ now: () => new Date('2026-01-01T00:00:00Z') });
    await fixture.create('configmaps', configMap, { fieldManager: 'creator' });
    const { object } = await fixture.patch('configmaps', 'a', 'merge', { data: { c: 'd' } });
    assert.deepEqual(
      object.object().metadata.managedFields?.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1]),
      [
        ['creator', 'Update', { 'f:data': { '.': {}, 'f:a': {} } }],
        ['test', 'Update', { 'f:data': { 'f:c': {} } }],
      ],
    );
  });

  it('do not own what the server sets', async () => {
    const fixture = await createFixture();
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
    const created = await fixture.create('namespaces', namespace);
    assert.deepEqual(created.metadata.managedFields?.[0]?.fieldsV1, {
      'f:metadata': { 'f:labels': { '.': {}, 'f:kubernetes.io/metadata.name': {} } },
    });
  });
});
