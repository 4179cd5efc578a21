import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { deepCopy, deepEqual, type Json, type JsonObject } from '../json.ts';
import { applyStructuralDefaults } from './default.ts';
import { prunedCopy, prunedValue } from './prune.ts';
import { type Structural, structuralOf } from './structural.ts';
import { validateListTypes } from './list-types.ts';
import { validateValue } from './validate-value.ts';
import { valueSchemaOf } from './value-schema.ts';

const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const leaf = fc.oneof(
  fc.record(
    { type: fc.constant('string'), default: fc.constantFrom('x', 'y'), nullable: fc.boolean() },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    { type: fc.constant('integer'), nullable: fc.boolean(), maximum: fc.constant(3) },
    { requiredKeys: ['type'] },
  ),
);

function dictionary<T>(values: fc.Arbitrary<T>): fc.Arbitrary<JsonObject> {
  return fc.array(fc.tuple(names, values), { maxLength: 4 }).map((entries) => {
    const object: JsonObject = {};
    for (const [name, value] of entries)
      Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
    return object;
  });
}

const { schemas } = fc.letrec<{ node: JsonObject; schemas: JsonObject }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf as fc.Arbitrary<JsonObject>,
    tie('schemas'),
    tie('node').map((items): JsonObject => ({ type: 'array', items })),
    tie('node').map((additionalProperties): JsonObject => ({ type: 'object', additionalProperties })),
    fc.constant<JsonObject>({ 'x-kubernetes-preserve-unknown-fields': true }),
  ),
  schemas: fc.record({ properties: dictionary(tie('node')), keep: fc.boolean() }).map(
    ({ properties, keep }): JsonObject => ({
      type: 'object',
      properties,
      ...(keep ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    }),
  ),
}));

const { object: objects } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(null, 'text', 1, 5, true),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }) as fc.Arbitrary<Json>,
  ),
  object: dictionary(tie('value')),
}));

const pair = fc.tuple(schemas.map(structuralOf), objects);

function read(object: JsonObject, schema: Structural): JsonObject {
  const copy = prunedCopy(object, schema);
  applyStructuralDefaults(copy, schema);
  return copy;
}

describe('pruning and defaulting', () => {
  it('done twice is the same as done once', () => {
    fc.assert(
      fc.property(pair, ([schema, object]) => {
        const once = read(object, schema);
        assert.deepEqual(read(once, schema), once);
      }),
    );
  });

  it('changes nothing that it was given, and shares nothing with it', () => {
    fc.assert(
      fc.property(pair, ([schema, object]) => {
        const before = deepCopy(object);
        const result = read(object, schema);
        assert.deepEqual(object, before);
        assert.equal(sharesObjects(result, object), false);
      }),
    );
  });

  it('lists as unknown exactly when something was dropped that is not null', () => {
    fc.assert(
      fc.property(pair, ([schema, object]) => {
        const unknown: string[] = [];
        const pruned = prunedCopy(object, schema, unknown);
        if (unknown.length === 0) assert.deepEqual(withoutNulls(pruned), withoutNulls(object));
        else assert.equal(deepEqual(pruned, object), false);
      }),
    );
  });

  it('of a value keeps what of an object it keeps', () => {
    fc.assert(
      fc.property(pair, ([schema, object]) =>
        assert.deepEqual(prunedValue(object, schema), prunedCopy(object, schema)),
      ),
    );
  });
});

describe('validation', () => {
  it('takes what is unchanged, however wrong', () => {
    fc.assert(
      fc.property(schemas, objects, (schema, object) => {
        assert.deepEqual(validateValue(object, valueSchemaOf(schema), '', { value: deepCopy(object) }), []);
      }),
    );
  });

  it('finds in an update nothing that a create would not find', () => {
    fc.assert(
      fc.property(schemas, objects, objects, (schema, object, old) => {
        const values = valueSchemaOf(schema);
        const created = validateValue(object, values, '');
        for (const error of validateValue(object, values, '', { value: old }))
          assert.ok(created.some((each) => each.field === error.field && each.detail === error.detail));
      }),
    );
  });

  it('tells sets and keyed lists from others whatever the order of members', () => {
    const schema = structuralOf({
      type: 'object',
      properties: { s: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } } },
    });
    const errors = validateListTypes(
      {
        s: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      },
      schema,
    );
    assert.deepEqual(
      errors.map(({ field, type }) => [field, type]),
      [['s[1]', 'FieldValueDuplicate']],
    );
  });
});

function sharesObjects(a: Json, b: Json): boolean {
  const seen = new Set<unknown>();
  const collect = (value: Json | undefined, visit: (each: object) => void): void => {
    if (typeof value !== 'object' || value === null) return;
    visit(value);
    for (const each of Object.values(value)) collect(each, visit);
  };
  collect(b, (each) => seen.add(each));
  let shared = false;
  collect(a, (each) => {
    if (seen.has(each)) shared = true;
  });
  return shared;
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const copy: JsonObject = {};
  for (const [name, each] of Object.entries(value))
    if (each !== null && each !== undefined)
      Object.defineProperty(copy, name, {
        value: withoutNulls(each),
        enumerable: true,
        writable: true,
        configurable: true,
      });
  return copy;
}
