import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ApiError, type FieldError, invalid } from '../apimachinery/errors.ts';
import { deepCopy, type Json, type JsonObject } from '../apimachinery/json.ts';
import { formatGroupResource, type KubeObject } from '../apimachinery/object.ts';
import { decodeObject } from '../apimachinery/schema/decode.ts';
import { validateObjectMeta } from '../apimachinery/validation/metadata.ts';
import { nameIsDns1123Subdomain } from '../apimachinery/validation/names.ts';
import { kubernetesDefinitions } from './builtin.ts';
import type { ResourceDefinition, StrategyContext, VersionDefinition } from './resource-definition.ts';

/*
 * What a stock kube-apiserver 1.33 answered to writes and table requests, one file a resource: objects without the metadata that differs between any
 * two servers, refusals with their causes in order. Each must come out of the declaration the same way.
 */
type Vector = {
  readonly name: string;
  /** A write: `old` present means an update, of a part when `subresource` says so. */
  readonly sent?: JsonObject;
  readonly old?: JsonObject;
  readonly subresource?: string;
  /** The served version; the preferred one when absent. */
  readonly version?: string;
  readonly object?: JsonObject;
  readonly message?: string;
  readonly causes?: Json[];
  readonly warnings?: string[];
  /** The moment of the request, where the answer depends on it. */
  readonly now?: string;
  /** A table: the object and its row. */
  readonly row?: KubeObject;
  readonly cells?: Json[];
};

const directory = new URL('./testdata/', import.meta.url);

type Outcome = { object: KubeObject; warnings: string[] };

function contextOf(warnings: string[], now = '2026-01-02T03:04:05Z'): StrategyContext {
  return {
    user: { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'], extra: {} },
    cluster: 'root',
    now: new Date(now),
    warn: (text) => void warnings.push(text),
  };
}

function refuse(definition: ResourceDefinition, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const group = definition.storageGroup ?? definition.group;
  throw invalid({ group, kind: definition.kind }, object.metadata.name ?? '', errors);
}

function read(version: VersionDefinition, value: JsonObject): KubeObject {
  return decodeObject(deepCopy(value), version.schema).object;
}

function create(definition: ResourceDefinition, version: VersionDefinition, sent: JsonObject, now?: string): Outcome {
  const { strategy } = definition;
  const namespaced = definition.scope === 'Namespaced';
  const warnings: string[] = [];
  const ctx = contextOf(warnings, now);
  let object = read(version, sent);
  if (namespaced) object.metadata.namespace ??= 'default';
  strategy.applyDefaults?.(object, version.version);
  object = version.toStorage?.(object) ?? object;
  strategy.prepareForCreate?.(object, ctx);
  const validateName = strategy.validateName?.bind(strategy) ?? nameIsDns1123Subdomain;
  refuse(definition, object, [
    ...validateObjectMeta(object.metadata, { namespaced, validateName, field: 'metadata' }),
    ...(strategy.validate?.(object, ctx) ?? []),
    ...(strategy.validateCreate?.(object, ctx) ?? []),
  ]);
  strategy.warn?.(object, undefined, ctx);
  delete object.metadata.generation;
  return { object: version.fromStorage?.(object) ?? object, warnings };
}

function update(definition: ResourceDefinition, version: VersionDefinition, vector: Vector): Outcome {
  const { strategy, status } = definition;
  const warnings: string[] = [];
  const ctx = contextOf(warnings);
  let object = read(version, vector.sent ?? {});
  let old = read(version, vector.old ?? {});
  strategy.applyDefaults?.(object, version.version);
  object = version.toStorage?.(object) ?? object;
  old = version.toStorage?.(old) ?? old;
  const errors: FieldError[] = [];
  if (vector.subresource === 'status') {
    object = { ...old, metadata: object.metadata, status: object.status };
    status?.prepareForUpdate?.(object, old, ctx);
    errors.push(...(status?.validateUpdate?.(object, old, ctx) ?? []));
  } else if (vector.subresource !== undefined) {
    const part = definition.subresources?.[vector.subresource]?.part;
    assert.ok(part !== undefined);
    part.prepareForUpdate(object, old, ctx);
    errors.push(...part.validateUpdate(object, old, ctx));
  } else {
    if (status !== undefined) object.status = deepCopy(old.status as Json);
    strategy.prepareForUpdate?.(object, old, ctx);
    const found = strategy.validate?.(object, ctx) ?? [];
    errors.push(...found, ...(strategy.repeatsErrors === true ? found : []));
    errors.push(...(strategy.validateUpdate?.(object, old, ctx) ?? []));
  }
  refuse(definition, object, errors);
  if (vector.subresource === undefined) {
    // The registry counts generations before it warns; a recorded update always changes something.
    object.metadata.generation = 2;
    strategy.warn?.(object, old, ctx);
    delete object.metadata.generation;
  }
  return { object: version.fromStorage?.(object) ?? object, warnings };
}

function plain(object: JsonObject): Json {
  return JSON.parse(JSON.stringify(object)) as Json;
}

function check(definition: ResourceDefinition, version: VersionDefinition, vector: Vector): void {
  if (vector.row !== undefined) {
    assert.deepEqual(version.table.cells(vector.row, new Date(vector.now ?? '')), vector.cells);
    return;
  }
  let outcome: Outcome;
  try {
    outcome =
      vector.old === undefined
        ? create(definition, version, vector.sent ?? {}, vector.now)
        : update(definition, version, vector);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    assert.equal(error.message, vector.message);
    assert.deepEqual(error.details?.causes, vector.causes);
    return;
  }
  assert.deepEqual(plain(outcome.object as JsonObject), vector.object, vector.message);
  const { deprecationWarning } = version;
  const told = [...(deprecationWarning === undefined ? [] : [deprecationWarning]), ...outcome.warnings];
  assert.deepEqual(told, vector.warnings ?? []);
}

for (const file of readdirSync(directory)) {
  const resource = file.replace(/\.json$/, '');
  describe(`${resource} answers as a stock server does`, () => {
    const definition = kubernetesDefinitions.find((candidate) => formatGroupResource(candidate) === resource);
    const vectors = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Vector[];
    for (const vector of vectors) {
      test(vector.name, () => {
        const { version: wanted } = vector;
        const version = definition?.versions.find((each) => wanted === undefined || each.version === wanted);
        assert.ok(definition !== undefined && version !== undefined);
        check(definition, version, vector);
      });
    }
  });
}
