import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError, invalid } from '../apimachinery/errors.ts';
import type { Json, JsonObject } from '../apimachinery/json.ts';
import { formatApiVersion, formatGroupResource } from '../apimachinery/object.ts';
import { decodeObject } from '../apimachinery/schema/decode.ts';
import type { ListSchema, MapSchema, Schema, StructSchema } from '../apimachinery/schema/schema.ts';
import { kcpDefinitions, kubernetesDefinitions } from './builtin.ts';
import type { StrategyContext } from './resource-definition.ts';

/*
 * Objects whose types are right and whose values are anything: whatever a client sends that decoding lets through, a kind answers with field errors
 * or with an object that it accepts and shows, never with a crash.
 */
const texts = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A_b',
    'x/y',
    '..',
    '__proto__',
    'RollingUpdate',
    'Always',
    'None',
    '10.0.0.1',
    'ü',
    '\u0000',
  ),
  fc.string({ maxLength: 12 }),
);
const numbers = fc.constantFrom(0, 1, -1, 80, 65_536, 2_147_483_647, -2_147_483_648);
const scalars: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  string: texts,
  boolean: fc.boolean(),
  int32: numbers,
  int64: fc.oneof(numbers, fc.constant(2n ** 62n)),
  double: fc.constantFrom(0, 1.5, -2),
  intOrString: fc.oneof(numbers, texts, fc.constantFrom('25%', '0%', '101%')),
  quantity: fc.constantFrom('1', '500m', '1Gi', '-1', '0', '1e3', '0.0001'),
  time: fc.constantFrom('2026-01-02T03:04:05Z', null),
  microTime: fc.constantFrom('2026-01-02T03:04:05.000001Z', null),
  duration: fc.constantFrom('1s', '1h'),
  bytes: fc.constantFrom('', 'eA==', 'e30='),
};

function sample(schema: Schema, depth: number): fc.Arbitrary<Json> {
  if (schema.kind === 'struct') return struct(schema, depth);
  if (schema.kind === 'list') return list(schema, depth);
  if (schema.kind === 'map') return map(schema, depth);
  if (schema.kind === 'scalar') return scalars[schema.type] ?? texts;
  return fc.constantFrom<Json>({}, { a: 1 }, []);
}

function list({ items }: ListSchema, depth: number): fc.Arbitrary<Json> {
  return depth <= 0 ? fc.constant([]) : fc.array(sample(items, depth - 1), { maxLength: 3 });
}

function map({ values }: MapSchema, depth: number): fc.Arbitrary<Json> {
  return depth <= 0 ? fc.constant({}) : fc.dictionary(texts, sample(values, depth - 1), { maxKeys: 3 });
}

function struct({ fields }: StructSchema, depth: number): fc.Arbitrary<Json> {
  if (depth <= 0) return fc.constant({});
  // A few fields at a time: objects stay small, and all fields come up.
  return fc
    .shuffledSubarray([...fields.values()], { maxLength: Math.min(8, fields.size) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map(({ name, schema }) => [name, sample(schema, depth - 1)]))),
    );
}

const ctx: StrategyContext = {
  user: { name: 'u', uid: '', groups: [], extra: {} },
  cluster: 'root',
  now: new Date('2026-01-02T03:04:05Z'),
  warn: (text) => assert.equal(typeof text, 'string'),
};

describe('a kind survives any object of its type', () => {
  for (const definition of [...kubernetesDefinitions, ...kcpDefinitions]) {
    const version = definition.versions[0];
    const body = version?.schema.fields;
    if (version === undefined || body === undefined || !definition.verbs.includes('get')) continue;
    test(formatGroupResource(definition), () => {
      const parts = [...body.values()].filter(({ name }) => !['kind', 'apiVersion', 'metadata'].includes(name));
      const bodies = fc.record(Object.fromEntries(parts.map(({ name, schema }) => [name, sample(schema, 7)])), {
        requiredKeys: [],
      });
      const { strategy, status } = definition;
      const prepare = (sent: JsonObject) => {
        const head = { kind: definition.kind, apiVersion: formatApiVersion(definition.group, version.version) };
        const { object } = decodeObject(
          { ...head, metadata: { name: 'x', namespace: 'default' }, ...sent },
          version.schema,
        );
        strategy.applyDefaults?.(object, version.version);
        return version.toStorage?.(object) ?? object;
      };
      fc.assert(
        fc.property(bodies, bodies, (first, second) => {
          try {
            const old = prepare(first as JsonObject);
            strategy.prepareForCreate?.(old, ctx);
            const errors = [...(strategy.validate?.(old, ctx) ?? []), ...(strategy.validateCreate?.(old, ctx) ?? [])];
            strategy.warn?.(old, undefined, ctx);
            const object = prepare(second as JsonObject);
            strategy.prepareForUpdate?.(object, old, ctx);
            errors.push(...(strategy.validate?.(object, ctx) ?? []));
            errors.push(...(strategy.validateUpdate?.(object, old, ctx) ?? []));
            strategy.warn?.(object, old, ctx);
            status?.prepareForUpdate?.(object, old, ctx);
            errors.push(...(status?.validateUpdate?.(object, old, ctx) ?? []));
            assert.ok(invalid(definition, 'x', errors).message.length > 0);
            for (const select of Object.values(definition.fieldSelectors ?? {})) {
              assert.equal(typeof select(object), 'string');
            }
            const served = version.fromStorage?.(object) ?? object;
            // A stock server's addresses have an age that no column names.
            const unnamed = definition.resource === 'ipaddresses' ? 1 : 0;
            assert.equal(version.table.cells(served, ctx.now).length, version.table.columns.length + unnamed);
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            assert.ok(error.code < 500);
          }
        }),
        { numRuns: 150 },
      );
    });
  }
});
