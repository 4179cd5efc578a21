import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { builtinSchemaForKind } from '../../api/builtin-types.ts';
import { structSchema, type } from '../../api/own-types.ts';
import { ApiError } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { decodeObject } from '../schema/decode.ts';
import type { StructSchema } from '../schema/schema.ts';
import { applyManaged, trackUpdate } from './index.ts';

/*
 * Sequences of writes with what k8s.io/apimachinery v0.33 and structured-merge-diff v4.6 make of them, recorded from random ones. An `update` is a merge
 * patch on the object before. Of times only their presence is recorded, zero values of Go that JSON needs not say are left out.
 */
type Step = {
  op: 'apply' | 'update';
  manager: string;
  subresource?: string;
  force?: boolean;
  object: JsonObject;
  error?: string;
  causes?: string[];
  result?: JsonObject;
  managedFields?: (Omit<ManagedFieldsEntry, 'time'> & { time: boolean })[];
};
type Scenario = { steps: Step[] };
type BuiltinScenario = Scenario & {
  group: string;
  version: string;
  kind: string;
  resetFields: Record<string, string[]>;
};

const recorded = JSON.parse(readFileSync(new URL('../testdata/managed-fields.json', import.meta.url), 'utf8')) as {
  builtin: BuiltinScenario[];
  custom: Scenario[];
};

/** The schema of the recorded custom kind. */
const widget = structSchema({
  gvk: { group: 'x.io', version: 'v1', kind: 'Widget' },
  fields: {
    spec: type.struct({
      str: type.string,
      num: type.int64,
      flag: type.boolean,
      ios: type.intOrString,
      atomicList: type.list(type.string),
      set: type.set(type.string),
      numset: type.set(type.int64),
      map: type.listMap(
        type.struct({
          name: type.string,
          port: { schema: type.int64, default: 80 },
          value: type.string,
          deep: type.struct({ a: type.string, b: type.string }),
          tags: type.set(type.string),
        }),
        'name',
        'port',
      ),
      obj: type.struct({ a: type.string, b: type.struct({ c: type.string, d: type.string }) }),
      atomicObj: type.struct({ a: type.string, b: type.string }, { atomic: true }),
      free: type.map(type.string),
      freeAtomic: type.atomicMap(type.string),
      freeObj: type.map(type.struct({ x: type.string, y: type.string })),
      any: type.any,
    }),
    status: type.struct({ phase: type.string }),
  },
});

function described(entries: readonly ManagedFieldsEntry[] | undefined): string[] {
  return (entries ?? []).map((entry) => describeEntry({ ...entry, time: entry.time !== undefined })).sort();
}

function describeEntry(entry: Omit<ManagedFieldsEntry, 'time'> & { time: boolean }): string {
  const { manager, operation, apiVersion, time, subresource, fieldsV1 } = entry;
  return JSON.stringify([operation, manager, apiVersion, subresource ?? '', time, fieldsV1]);
}

/** Go's encoder sorts what a custom object holds as a plain map. */
function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) as Json);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function withoutNulls(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item) as Json);
  if (!isObject(value)) return value;
  const members = Object.keys(value).filter((key) => {
    const zeroPort = (key === 'targetPort' || key === 'port') && value[key] === 0;
    return value[key] !== null && !zeroPort;
  });
  return Object.fromEntries(members.map((key) => [key, withoutNulls(value[key])]));
}

type Rules = {
  schema: StructSchema;
  apiVersion: string;
  kind: string;
  resetFields: Record<string, string[]>;
  decode: (object: JsonObject) => KubeObject;
  compare: (actual: KubeObject, expected: JsonObject) => void;
  /** The entries in the order in which upstream writes them for the kind. */
  entries: (entries: ManagedFieldsEntry[] | undefined) => ManagedFieldsEntry[] | undefined;
};

function replay({ steps }: Scenario, rules: Rules): void {
  let live: KubeObject | undefined;
  for (const step of steps) {
    const subresource = step.subresource ?? '';
    const context = {
      schema: rules.schema,
      apiVersion: rules.apiVersion,
      manager: step.manager,
      subresource,
      now: new Date(0),
      resetFields: rules.resetFields[subresource] ?? [],
    };
    const write = (): KubeObject => {
      if (step.op === 'apply') {
        const config = step.object as KubeObject;
        return rules.decode(
          applyManaged({ ...context, live, config, force: step.force ?? false }).object as JsonObject,
        );
      }
      const merged = applyMergePatch((live ?? {}) as JsonObject, step.object) as JsonObject;
      const sent = rules.decode({ ...merged, apiVersion: rules.apiVersion, kind: rules.kind });
      const { managedFields } = merged.metadata as JsonObject;
      if (managedFields !== undefined) sent.metadata.managedFields = managedFields as ManagedFieldsEntry[];
      const { managedFields: _, ...metadata } = sent.metadata;
      const entries = trackUpdate({ ...context, live, updated: sent });
      return { ...sent, metadata: entries === undefined ? metadata : { ...metadata, managedFields: entries } };
    };
    if (step.error !== undefined) {
      assert.throws(write, (error) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.message, step.error);
        const causes = error.details?.causes?.map((cause) => `${cause.field}|${cause.message}`).sort();
        assert.deepEqual(causes, step.causes);
        return true;
      });
      continue;
    }
    live = write();
    live.metadata.uid = 'u';
    assert.deepEqual(
      described(rules.entries(live.metadata.managedFields)),
      step.managedFields?.map(describeEntry).sort(),
    );
    const { managedFields: _, ...metadata } = live.metadata;
    rules.compare({ ...live, metadata }, step.result as JsonObject);
  }
}

describe('field ownership, as upstream records it', () => {
  for (const [index, scenario] of recorded.builtin.entries()) {
    it(`of a ${scenario.kind} (${index})`, () => {
      const { group, version, kind } = scenario;
      const schema = builtinSchemaForKind({ group, version, kind });
      assert.ok(schema !== undefined);
      replay(scenario, {
        schema,
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind,
        resetFields: scenario.resetFields,
        entries: (entries) => entries,
        decode: (object) => decodeObject(object, schema).object,
        compare: (actual, expected) => {
          assert.deepEqual(withoutNulls(actual as JsonObject), withoutNulls(expected));
        },
      });
    });
  }
  for (const [index, scenario] of recorded.custom.entries()) {
    it(`of a custom kind (${index})`, () => {
      replay(scenario, {
        schema: widget,
        apiVersion: 'x.io/v1',
        kind: 'Widget',
        resetFields: {},
        entries: (entries) => entries?.map((entry) => ({ ...entry, fieldsV1: sorted(entry.fieldsV1) as JsonObject })),
        decode: (object) => JSON.parse(JSON.stringify(object)) as KubeObject,
        compare: (actual, expected) => assert.deepEqual(sorted(actual as JsonObject), sorted(expected)),
      });
    });
  }
});
