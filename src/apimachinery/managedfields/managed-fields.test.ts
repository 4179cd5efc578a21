import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { builtinSchema } from '../../api/builtin-types.ts';
import { structSchema, type } from '../../api/own-types.ts';
import { ApiError } from '../errors.ts';
import { deepCopy, type Json, type JsonObject } from '../json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import type { StructSchema } from '../schema/schema.ts';
import { applyManaged, keepTimesOfNoop, parentManagedFields, scaleManagedFields, trackUpdate } from './index.ts';

const schema = builtinSchema('io.k8s.api.core.v1.ConfigMap');
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

function configMap(data: Record<string, string>, metadata: JsonObject = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n', ...metadata }, data };
}

function apply(live: KubeObject | undefined, config: KubeObject, manager: string, force = false, now = at(0)) {
  return applyManaged({ live, config, schema, apiVersion: 'v1', manager, force, subresource: '', now });
}

function update(live: KubeObject | undefined, updated: KubeObject, manager: string, now = at(0)): KubeObject {
  const entries = trackUpdate({ live, updated, schema, apiVersion: 'v1', manager, subresource: '', now });
  const { managedFields: _, ...metadata } = updated.metadata;
  return {
    ...updated,
    metadata: { ...metadata, uid: 'u', ...(entries === undefined ? {} : { managedFields: entries }) },
  };
}

function owners(object: KubeObject): Record<string, Json> {
  return Object.fromEntries(
    (object.metadata.managedFields ?? []).map((entry) => [
      `${entry.manager} ${entry.operation}`,
      (entry.fieldsV1?.['f:data'] as Json | undefined) ?? null,
    ]),
  );
}

function refusal(write: () => unknown): ApiError {
  try {
    write();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

describe('an update', () => {
  it('makes its manager own what it changed, and takes that from others', () => {
    const created = update(undefined, configMap({ a: '1', b: '1' }), 'one');
    const updated = update(created, { ...created, data: { a: '2', b: '1' } }, 'two', at(5));
    assert.deepEqual(owners(updated), {
      'one Update': { '.': {}, 'f:b': {} },
      'two Update': { 'f:a': {} },
    });
    assert.deepEqual(
      updated.metadata.managedFields?.map((entry) => [entry.manager, entry.time]),
      [
        ['one', '2026-01-01T00:00:00Z'],
        ['two', '2026-01-01T00:00:05Z'],
      ],
    );
  });

  it('leaves entries as they were, times too, when it changes nothing', () => {
    const created = update(undefined, configMap({ a: '1' }), 'one');
    const again = update(created, deepCopy(created as Json) as KubeObject, 'two', at(9));
    assert.deepEqual(again.metadata.managedFields, created.metadata.managedFields);
  });

  it('forgets all owners when it sends an empty list, and tracks nothing until somebody applies', () => {
    const created = update(undefined, configMap({ a: '1' }), 'one');
    for (const reset of [[], [{}]]) {
      const sent = { ...created, metadata: { ...created.metadata, managedFields: reset } };
      const forgotten = update(created, sent, 'two');
      assert.equal(forgotten.metadata.managedFields, undefined);
      const later = update(forgotten, { ...forgotten, data: { a: '2' } }, 'two');
      assert.equal(later.metadata.managedFields, undefined);
      const applied = apply(later, configMap({ b: '1' }), 'three').object;
      assert.deepEqual(owners(applied), {
        'three Apply': { 'f:b': {} },
        'before-first-apply Update': { '.': {}, 'f:a': {} },
      });
    }
  });

  it('takes managedFields that a client wrote when they are well-formed, else those of the live object', () => {
    const created = update(undefined, configMap({ a: '1' }), 'one');
    const entry: ManagedFieldsEntry = {
      manager: 'other',
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    };
    const sent = (entries: unknown): KubeObject =>
      ({ ...created, metadata: { ...created.metadata, managedFields: entries } }) as KubeObject;
    assert.deepEqual(Object.keys(owners(update(created, sent([entry]), 'two'))), ['other Update']);
    const broken = [
      { ...entry, operation: 'Bogus' },
      { ...entry, apiVersion: '' },
      { ...entry, fieldsType: 'FieldsV2' },
      { ...entry, fieldsV1: { nonsense: {} } },
      { ...entry, fieldsV1: { 'k:{': {} } },
      { ...entry, fieldsV1: { 'f:a': 'x' } },
    ];
    for (const each of broken) {
      assert.deepEqual(Object.keys(owners(update(created, sent([each]), 'two'))), ['one Update']);
    }
  });

  it('keeps ten managers of updates: older ones become ancient-changes', () => {
    let object = update(undefined, configMap({ k0: '0' }), 'm0', at(0));
    for (let i = 1; i <= 13; i++) {
      object = update(
        object,
        { ...object, data: { ...(object['data'] as JsonObject), [`k${i}`]: '1' } },
        `m${i}`,
        at(i),
      );
    }
    const managers = object.metadata.managedFields?.map((entry) => entry.manager) ?? [];
    assert.equal(managers.length, 10);
    assert.deepEqual(managers.slice(0, 2), ['ancient-changes', 'm5']);
    assert.deepEqual(owners(object)['ancient-changes Update'], {
      '.': {},
      'f:k0': {},
      'f:k1': {},
      'f:k2': {},
      'f:k3': {},
      'f:k4': {},
    });
  });

  it('of deeply nested values ends with owners or with a 400', () => {
    const widget = structSchema({ gvk: { group: 'x.io', version: 'v1', kind: 'W' }, fields: { any: type.any } });
    const nested = (depth: number): KubeObject => {
      let any: Json = 'x';
      for (let i = 0; i < depth; i++) any = { a: any };
      return { apiVersion: 'x.io/v1', kind: 'W', metadata: { name: 'w' }, any };
    };
    const context = {
      schema: widget,
      apiVersion: 'x.io/v1',
      manager: 'm',
      subresource: '',
      now: at(0),
      live: undefined,
    };
    assert.equal(trackUpdate({ ...context, updated: nested(500) })?.length, 1);
    assert.equal(refusal(() => trackUpdate({ ...context, updated: nested(100_000) })).code, 400);
    assert.equal(refusal(() => applyManaged({ ...context, config: nested(100_000), force: false })).code, 400);
  });
});

describe('server-side apply', () => {
  it('creates, and owns exactly what the configuration says', () => {
    const { object, changed } = apply(undefined, configMap({ a: '1' }, { labels: { l: 'm' } }), 'one');
    assert.equal(changed, true);
    assert.deepEqual(object.metadata.managedFields, [
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:l': {} } } },
      },
    ]);
  });

  it('removes what its manager applied before and nobody else owns', () => {
    const first = apply(undefined, configMap({ a: '1', b: '1', c: '1' }), 'one').object;
    const shared = apply(first, configMap({ b: '1' }), 'two').object;
    const { object } = apply(shared, configMap({ a: '1' }), 'one', false, at(7));
    assert.deepEqual(object['data'], { a: '1', b: '1' });
    assert.deepEqual(owners(object), { 'two Apply': { 'f:b': {} }, 'one Apply': { 'f:a': {} } });
  });

  it('is refused where another manager owns a field with another value, unless forced', () => {
    const created = update(undefined, configMap({ a: '1', b: '1' }), 'editor');
    const applied = apply(created, configMap({ c: '1' }), 'one').object;
    const error = refusal(() => apply(applied, configMap({ a: '2', c: '2' }), 'two'));
    assert.equal(error.code, 409);
    assert.equal(
      error.message,
      'Apply failed with 2 conflicts: conflicts with "editor" using v1:\n- .data.a\nconflicts with "one":\n- .data.c',
    );
    assert.deepEqual(error.details?.causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "editor" using v1', field: '.data.a' },
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.c' },
    ]);
    assert.equal(
      refusal(() => apply(applied, configMap({ a: '2' }), 'two')).message,
      'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a',
    );
    const forced = apply(applied, configMap({ a: '2', c: '2' }), 'two', true).object;
    assert.deepEqual(owners(forced), {
      'two Apply': { 'f:a': {}, 'f:c': {} },
      'editor Update': { '.': {}, 'f:b': {} },
    });
  });

  it('shares a field that already has the value, and gives back the live object when nothing is to do', () => {
    const first = apply(undefined, configMap({ a: '1' }), 'one').object;
    const shared = apply(first, configMap({ a: '1' }), 'two', false, at(3));
    assert.equal(shared.changed, true);
    assert.deepEqual(owners(shared.object), { 'one Apply': { 'f:a': {} }, 'two Apply': { 'f:a': {} } });
    const again = apply(shared.object, configMap({ a: '1' }), 'two', false, at(9));
    assert.equal(again.changed, false);
    assert.equal(again.object, shared.object);
  });

  it('refuses configurations that do not fit the type, in upstream’s words', () => {
    const message = (config: unknown): string => {
      const error = refusal(() => apply(undefined, config as KubeObject, 'one'));
      assert.equal(error.code, 400);
      return error.message;
    };
    const prefix = 'failed to create typed patch object (n/c; /v1, Kind=ConfigMap): ';
    assert.equal(message({ ...configMap({}), foo: 1 }), `${prefix}.foo: field not declared in schema`);
    assert.equal(
      message({ ...configMap({}), data: { a: 2, b: [1] }, immutable: 'x' }),
      `${prefix}errors:\n  .data.a: expected string, got &value.valueUnstructured{Value:2}\n  .data.b: expected string, got &value.valueUnstructured{Value:[]interface {}{1}}\n  .immutable: expected boolean, got &{x}`,
    );
    assert.equal(message({ ...configMap({}), data: 'x' }), `${prefix}.data: expected map, got &{x}`);
    assert.equal(
      message({ apiVersion: 'v1', kind: 'ConfigMap', metadata: 'x' }),
      'failed to create typed patch object (/; /v1, Kind=ConfigMap): .metadata: expected map, got &{x}',
    );
    assert.equal(message(configMap({}, { managedFields: [] })), 'metadata.managedFields must be nil');
    const pod = builtinSchema('io.k8s.api.core.v1.Pod');
    const duplicate = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'x' }, { name: 'x' }] },
    };
    assert.equal(
      refusal(() =>
        applyManaged({
          live: undefined,
          config: duplicate as KubeObject,
          schema: pod,
          apiVersion: 'v1',
          manager: 'm',
          force: false,
          subresource: '',
          now: at(0),
        }),
      ).message,
      'failed to create typed patch object (/p; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name="x"]',
    );
  });

  it('lets kubectl take over what its client-side apply set, and keeps the annotation current', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const described = JSON.stringify(configMap({ a: '1', b: '1' }));
    const created = update(
      undefined,
      configMap({ a: '1', b: '1' }, { annotations: { [annotation]: described } }),
      'kubectl-client-side-apply',
    );
    const { object } = apply(created, configMap({ a: '2' }), 'kubectl');
    assert.deepEqual(object['data'], { a: '2', b: '1' });
    assert.equal(
      object.metadata.annotations?.[annotation],
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"n"}}\n',
    );
    const changedSince = update(created, { ...created, data: { a: '9', b: '1' } }, 'editor');
    assert.equal(
      refusal(() => apply(changedSince, configMap({ a: '2' }), 'kubectl')).message,
      'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a',
    );
    assert.equal(refusal(() => apply(created, configMap({ a: '2' }), 'other')).code, 409);
  });

  it('fits owners to a type that has become atomic', () => {
    const kind = (spec: StructSchema): StructSchema =>
      structSchema({ gvk: { group: 'x.io', version: 'v1', kind: 'W' }, fields: { spec } });
    const granular = kind(type.struct({ a: type.string, b: type.string }));
    const atomic = kind(type.struct({ a: type.string, b: type.string }, { atomic: true }));
    const widget = (spec: JsonObject): KubeObject => ({
      apiVersion: 'x.io/v1',
      kind: 'W',
      metadata: { name: 'w' },
      spec,
    });
    const context = { apiVersion: 'x.io/v1', force: false, subresource: '', now: at(0) };
    const before = applyManaged({
      ...context,
      manager: 'one',
      schema: granular,
      live: undefined,
      config: widget({ a: '1' }),
    });
    const live = { ...before.object, metadata: { ...before.object.metadata, uid: 'u' } };
    const error = refusal(() =>
      applyManaged({ ...context, manager: 'two', schema: atomic, live, config: widget({ b: '1' }) }),
    );
    assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "one": .spec');
  });

  it('converts what managers of other versions own, and forgets versions that are gone', () => {
    const kind = (version: string, field: string): StructSchema =>
      structSchema({ gvk: { group: 'x.io', version, kind: 'W' }, fields: { [field]: type.string, same: type.string } });
    const versions: Record<string, { schema: StructSchema; field: string }> = {
      'x.io/v1': { schema: kind('v1', 'old'), field: 'old' },
      'x.io/v2': { schema: kind('v2', 'new'), field: 'new' },
    };
    const convert = (object: JsonObject, apiVersion: string) => {
      const to = versions[apiVersion];
      if (to === undefined) return undefined;
      const { old, new: renamed, ...rest } = object;
      const value = old ?? renamed;
      return {
        object: { ...rest, apiVersion, ...(value === undefined ? {} : { [to.field]: value }) },
        schema: to.schema,
      };
    };
    const widget = (apiVersion: string, fields: JsonObject): KubeObject => ({
      apiVersion,
      kind: 'W',
      metadata: { name: 'w' },
      ...fields,
    });
    const write = (
      apiVersion: string,
      manager: string,
      live: KubeObject | undefined,
      fields: JsonObject,
      force = false,
    ) =>
      applyManaged({
        apiVersion,
        manager,
        schema: versions[apiVersion]?.schema as StructSchema,
        live: live === undefined ? undefined : (convert(live as JsonObject, apiVersion)?.object as KubeObject),
        config: widget(apiVersion, fields),
        force,
        subresource: '',
        now: at(0),
        convert,
      }).object;
    const first = write('x.io/v1', 'one', undefined, { old: '1', same: '1' });
    assert.equal(
      refusal(() => write('x.io/v2', 'two', first, { new: '2' })).message,
      'Apply failed with 1 conflict: conflict with "one": .old',
    );
    const forced = write('x.io/v2', 'two', first, { new: '2' }, true);
    assert.deepEqual(
      forced.metadata.managedFields?.map((entry) => [entry.manager, entry.apiVersion, entry.fieldsV1]),
      [
        ['one', 'x.io/v1', { 'f:same': {} }],
        ['two', 'x.io/v2', { 'f:new': {} }],
      ],
    );
    const dropped = write('x.io/v2', 'one', forced, {});
    assert.equal(dropped['same'], undefined);
    assert.equal(dropped['new'], '2');
    const ghost: ManagedFieldsEntry = {
      manager: 'ghost',
      operation: 'Apply',
      apiVersion: 'x.io/v0',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:same': {} },
    };
    const haunted = {
      ...forced,
      metadata: { ...forced.metadata, managedFields: [ghost, ...(forced.metadata.managedFields ?? [])] },
    };
    const cleaned = write('x.io/v2', 'two', haunted, { new: '3' });
    assert.deepEqual(
      cleaned.metadata.managedFields?.map((entry) => entry.manager),
      ['one', 'two'],
    );
  });

  it('changes neither the live object nor the configuration, and an apply repeated changes nothing', () => {
    const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), fc.constantFrom('1', '2'), {
      minKeys: 1,
      noNullPrototype: true,
    });
    const step = fc.record({ manager: fc.constantFrom('one', 'two'), data, force: fc.boolean(), update: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        let live: KubeObject | undefined;
        for (const each of steps) {
          const before = JSON.stringify(live);
          const config = configMap(each.data);
          const sent = JSON.stringify(config);
          try {
            if (each.update) live = update(live, { ...(live ?? config), data: each.data }, each.manager);
            else {
              const applied = apply(live, config, each.manager, each.force).object;
              const metadata = { ...applied.metadata, uid: 'u' };
              if (live !== undefined) assert.equal(JSON.stringify(live), before);
              live = { ...applied, metadata };
              assert.equal(apply(live, config, each.manager, false, at(30)).changed, false);
            }
          } catch (error) {
            assert.ok(error instanceof ApiError && error.code === 409, String(error));
          }
          assert.equal(JSON.stringify(config), sent);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('around a write', () => {
  it('times stay when nothing but times would change', () => {
    const live = apply(undefined, configMap({ a: '1' }), 'one').object;
    const [entry] = live.metadata.managedFields as [ManagedFieldsEntry];
    const retimed = {
      ...live,
      metadata: { ...live.metadata, managedFields: [{ ...entry, time: '2027-01-01T00:00:00Z' }] },
    };
    assert.equal(keepTimesOfNoop(retimed, live), live.metadata.managedFields);
    const changed = { ...retimed, data: { a: '2' } };
    assert.equal(keepTimesOfNoop(changed, live), changed.metadata.managedFields);
    const relabelled = { ...retimed, metadata: { ...retimed.metadata, labels: { a: 'b' } } };
    assert.equal(keepTimesOfNoop(relabelled, live), relabelled.metadata.managedFields);
  });

  it('a scale is owned by who owns the replicas, and takes them over', () => {
    const paths = { 'apps/v1': ['spec', 'replicas'] };
    const entry = (manager: string, fieldsV1: JsonObject): ManagedFieldsEntry => ({
      manager,
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1,
    });
    const parent = [
      entry('one', { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }),
      entry('two', { 'f:spec': { 'f:paused': {} } }),
    ];
    const scale = scaleManagedFields(parent, paths);
    assert.deepEqual(
      scale?.map((each) => [each.manager, each.apiVersion, each.fieldsV1]),
      [['one', 'autoscaling/v1', { 'f:spec': { 'f:replicas': {} } }]],
    );
    assert.deepEqual(parentManagedFields(parent, scale, 'apps/v1', paths), parent);
    const scaler: ManagedFieldsEntry = {
      ...entry('scaler', { 'f:spec': { 'f:replicas': {} } }),
      apiVersion: 'autoscaling/v1',
      subresource: 'scale',
    };
    assert.deepEqual(
      parentManagedFields(parent, [scaler], 'apps/v1', paths)?.map((each) => [
        each.manager,
        each.subresource,
        each.fieldsV1,
      ]),
      [
        ['scaler', 'scale', { 'f:spec': { 'f:replicas': {} } }],
        ['one', undefined, { 'f:spec': { 'f:paused': {} } }],
        ['two', undefined, { 'f:spec': { 'f:paused': {} } }],
      ],
    );
  });
});
