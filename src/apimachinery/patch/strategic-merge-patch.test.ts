import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { builtinSchema } from '../../api/builtin-types.ts';
import { ApiError } from '../errors.ts';
import { deepCopy, type Json, type JsonObject } from '../json.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const pod = builtinSchema('io.k8s.api.core.v1.Pod');
const schemas: Readonly<Record<string, ReturnType<typeof builtinSchema>>> = {
  Pod: pod,
  Service: builtinSchema('io.k8s.api.core.v1.Service'),
  Deployment: builtinSchema('io.k8s.api.apps.v1.Deployment'),
  ConfigMap: builtinSchema('io.k8s.api.core.v1.ConfigMap'),
  ServiceAccount: builtinSchema('io.k8s.api.core.v1.ServiceAccount'),
};

/** [kind, original, patch, result, error text], recorded from k8s.io/apimachinery v0.33. */
type Recorded = [
  kind: string,
  original: JsonObject,
  patch: JsonObject,
  result: JsonObject | null,
  error: string | null,
];
const recorded = JSON.parse(
  readFileSync(new URL('../testdata/strategic-merge-patches.json', import.meta.url), 'utf8'),
) as Recorded[];

test('every recorded patch gives the object or the error text that upstream gives', () => {
  for (const [kind, original, patch, result, error] of recorded) {
    const schema = schemas[kind];
    assert.ok(schema !== undefined);
    if (error === null)
      assert.deepEqual(applyStrategicMergePatch(original, patch, schema), result, JSON.stringify(patch));
    else assert.throws(() => applyStrategicMergePatch(original, patch, schema), { message: error });
  }
});

const original: JsonObject = {
  metadata: { name: 'x', labels: { a: '1' }, finalizers: ['f/1', 'f/2'] },
  spec: {
    containers: [
      { name: 'a', image: 'i', ports: [{ containerPort: 80 }], command: ['x', 'y'] },
      { name: 'b', image: 'j' },
    ],
    nodeSelector: { disk: 'ssd' },
  },
};

function patched(patch: JsonObject): JsonObject {
  return applyStrategicMergePatch(original, patch, pod);
}

test('objects merge, null removes, keyed lists merge by key and other lists are replaced', () => {
  const result = patched({
    metadata: { labels: { a: null, b: '2' } },
    spec: { containers: [{ name: 'a', image: 'new', command: ['z'] }], nodeSelector: null },
  });
  assert.deepEqual(result, {
    metadata: { name: 'x', labels: { b: '2' }, finalizers: ['f/1', 'f/2'] },
    spec: {
      containers: [
        { name: 'a', image: 'new', ports: [{ containerPort: 80 }], command: ['z'] },
        { name: 'b', image: 'j' },
      ],
    },
  });
});

test('$patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList steer', () => {
  assert.deepEqual(
    (patched({ spec: { containers: [{ name: 'b', $patch: 'delete' }] } }).spec as JsonObject).containers,
    [{ name: 'a', image: 'i', ports: [{ containerPort: 80 }], command: ['x', 'y'] }],
  );
  assert.deepEqual(
    (patched({ spec: { containers: [{ name: 'c' }, { $patch: 'replace' }] } }).spec as JsonObject).containers,
    [{ name: 'c' }],
  );
  assert.deepEqual(patched({ spec: { $patch: 'replace', nodeName: 'n' } }).spec, { nodeName: 'n' });
  assert.deepEqual(patched({ metadata: { $retainKeys: ['name'] } }).metadata, { name: 'x' });
  assert.deepEqual(
    (patched({ spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } }).spec as JsonObject)
      .containers,
    [
      { name: 'b', image: 'j' },
      { name: 'a', image: 'i', ports: [{ containerPort: 80 }], command: ['x', 'y'] },
    ],
  );
  assert.deepEqual(
    (patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['f/1'] } }).metadata as JsonObject).finalizers,
    ['f/2'],
  );
});

test('free maps and untyped values merge like plain JSON', () => {
  const schema = builtinSchema('io.k8s.api.apps.v1.ControllerRevision');
  assert.deepEqual(
    applyStrategicMergePatch({ data: { a: { b: 1 }, l: [1] } }, { data: { a: { c: 2 }, l: [2] } }, schema),
    {
      data: { a: { b: 1, c: 2 }, l: [2] },
    },
  );
});

test('lists of lists are refused with 422, everything else malformed with 400', () => {
  const code = (patch: JsonObject): number => {
    try {
      patched(patch);
    } catch (error) {
      if (error instanceof ApiError) return error.code;
    }
    return 0;
  };
  assert.equal(code({ metadata: { finalizers: [['x']] } }), 400);
  assert.equal(
    (() => {
      try {
        applyStrategicMergePatch({ metadata: { finalizers: [] } }, { metadata: { finalizers: [['x']] } }, pod);
      } catch (error) {
        if (error instanceof ApiError) return error.code;
      }
      return 0;
    })(),
    422,
  );
  assert.equal(code({ spec: { containers: [{ image: 'x' }] } }), 400);
  assert.equal(code({ spec: { $patch: 'nonsense' } }), 400);
  let deep: Json = 'x';
  for (let i = 0; i < 100_000; i++) deep = { a: deep };
  assert.equal(code({ spec: { deep } }), 400);
});

test('any patch gives an object or an ApiError, and changes neither of its arguments', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const directive = fc.constantFrom('delete', 'replace', 'merge', 5);
  const container = fc.record(
    { name, image: fc.constantFrom('1', null), $patch: directive, ports: fc.constant([{ containerPort: 80 }]) },
    { requiredKeys: [], noNullPrototype: true },
  );
  const patch = fc.record(
    {
      metadata: fc.record(
        {
          labels: fc.constantFrom(null, {}, { a: null }, 'x', []),
          finalizers: fc.array(fc.constantFrom('f/1', 'f/3', null, 5)),
          '$deleteFromPrimitiveList/finalizers': fc.array(fc.constantFrom('f/1', 'f/3')),
          '$setElementOrder/finalizers': fc.array(fc.constantFrom('f/1', 'f/2', 'f/3')),
          $retainKeys: fc.constantFrom(['name'], ['labels', 'finalizers'], 'x'),
          __proto__: fc.constant({ x: 'y' }),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
      spec: fc.record(
        {
          containers: fc.array(container),
          '$setElementOrder/containers': fc.array(fc.record({ name }, { noNullPrototype: true })),
          $patch: directive,
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  ) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(patch, (value) => {
      const before = deepCopy(value as Json);
      const originalBefore = deepCopy(original as Json);
      try {
        patched(value);
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error));
      }
      assert.deepEqual(value, before);
      assert.deepEqual(original, originalBefore);
    }),
    { numRuns: 500 },
  );
});
