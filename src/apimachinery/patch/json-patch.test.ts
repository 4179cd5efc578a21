import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { deepCopy, type Json, type JsonObject } from '../json.ts';
import { applyJsonPatch, decodeJsonPatch, unknownJsonPatchFields } from './json-patch.ts';

const document = { data: { x: '1', y: '2' }, list: ['a', 'b'], deep: { list: [{ k: 'v' }] } };

function refused(operations: JsonObject[], code = 422): void {
  assert.throws(
    () => applyJsonPatch(document, operations),
    (error) => error instanceof ApiError && error.code === code,
    JSON.stringify(operations).slice(0, 200),
  );
}

test('operations apply as a stock server applies them', () => {
  const cases: [JsonObject[], Json][] = [
    [[{ op: 'add', path: '/data/z', value: '3' }], { ...document, data: { x: '1', y: '2', z: '3' } }],
    [[{ op: 'add', path: '/list/-', value: 'c' }], { ...document, list: ['a', 'b', 'c'] }],
    [[{ op: 'add', path: '/list/0', value: 'c' }], { ...document, list: ['c', 'a', 'b'] }],
    [[{ op: 'add', path: '/list/-1', value: 'c' }], { ...document, list: ['a', 'b', 'c'] }],
    [[{ op: 'add', path: '/list/-3', value: 'c' }], { ...document, list: ['c', 'a', 'b'] }],
    [[{ op: 'add', path: '/data/x' }], { ...document, data: { x: null, y: '2' } }],
    [[{ op: 'remove', path: '/list/-1' }], { ...document, list: ['a'] }],
    [[{ op: 'remove', path: '/data/x' }], { ...document, data: { y: '2' } }],
    [[{ op: 'replace', path: '/data/none', value: 'q' }], { ...document, data: { x: '1', y: '2', none: 'q' } }],
    [[{ op: 'replace', path: '', value: { a: 1 } }], { a: 1 }],
    [[{ op: 'replace', path: '', value: 5 }], document],
    [[{ op: 'move', from: '/data/x', path: '/data/q' }], { ...document, data: { y: '2', q: '1' } }],
    [[{ op: 'copy', from: '/data/none', path: '/data/q' }], { ...document, data: { x: '1', y: '2', q: null } }],
    [[{ op: 'test', path: '/data', value: { y: '2', x: '1' } }], document],
    [[{ op: 'test', path: '/data/none', value: null }], document],
    [[{ op: 'test', path: '', value: document }], document],
    [[{ op: 'add', path: '/data/a~1b~0c', value: 'x' }], { ...document, data: { x: '1', y: '2', 'a/b~c': 'x' } }],
    [[{ op: 'add', path: '/data/~01', value: 'x' }], { ...document, data: { x: '1', y: '2', '~1': 'x' } }],
    [[], document],
  ];
  for (const [operations, expected] of cases) {
    assert.deepEqual(applyJsonPatch(document, operations), expected, JSON.stringify(operations));
  }
});

test('an operation that does not apply is a 422 that hides why, as a stock server does', () => {
  refused([{ op: 'remove', path: '/data/nope' }]);
  refused([{ op: 'replace', path: '/nope/x', value: 'q' }]);
  refused([{ op: 'test', path: '/data/x', value: '2' }]);
  refused([{ op: 'test', path: '/data/x' }]);
  refused([{ op: 'test', path: '/list/3', value: null }]);
  refused([{ op: 'bogus', path: '/data/x' }]);
  refused([{ path: '/data/x' }]);
  refused([{ op: 'add' }]);
  refused([{ op: 'add', path: 'data' }]);
  refused([{ op: 'add', path: '', value: {} }]);
  refused([{ op: 'remove', path: '' }]);
  refused([{ op: 'move', from: '/data/no', path: '/data/q' }]);
  refused([{ op: 'move', from: '/data', path: '/data/q' }]);
  refused([{ op: 'move', path: '/data/q' }]);
  refused([{ op: 'copy', path: '/data/q' }]);
  refused([{ op: 'copy', from: '', path: '/data/q' }]);
  refused([{ op: 'add', path: '/list/9', value: 'x' }]);
  refused([{ op: 'add', path: '/list/x', value: 'x' }]);
  refused([{ op: 'replace', path: '/list/-', value: 'x' }]);
  refused([{ op: 'remove', path: '/list/2' }]);
  refused([{ op: 'add', path: '/data/x/y', value: 'a' }]);
  refused([{ op: 'remove', path: '/data/toString' }]);
  try {
    applyJsonPatch(document, [{ op: 'remove', path: '/data/nope' }]);
  } catch (error) {
    assert.ok(error instanceof ApiError);
    assert.equal(error.message, 'the server rejected our request due to an error in our request');
    assert.equal(error.reason, 'Invalid');
    assert.deepEqual(error.details, {});
  }
});

test('patches are bounded in operations, copied bytes and depth', () => {
  refused(
    Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/x', value: '1' })),
    413,
  );
  const doubling: JsonObject[] = [{ op: 'add', path: '/data/x', value: 'x'.repeat(1000) }];
  for (let i = 0; i < 15; i++) doubling.push({ op: 'copy', from: '/data', path: `/data/q${i}` });
  refused(doubling);
  const deepening: JsonObject[] = [{ op: 'replace', path: '', value: { a: {} } }];
  for (let depth = 1; depth < 20_000; depth *= 2) {
    deepening.push({ op: 'copy', from: '/a', path: `${'/a'.repeat(depth)}/a` });
  }
  refused(deepening, 400);
});

test('a body that is no patch is refused in the words of a stock server', () => {
  const cases: [Json, string][] = [
    [{ op: 'test' }, 'json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    ['x', 'json: cannot unmarshal string into Go value of type []handlers.jsonPatchOp'],
    [[1], 'json: cannot unmarshal number into Go value of type handlers.jsonPatchOp'],
    [[{ op: 5 }], 'json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string'],
    [[{ op: 'add', path: 5 }], 'json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string'],
  ];
  for (const [body, message] of cases) {
    assert.throws(() => decodeJsonPatch(body), { message: `error decoding patch: ${message}` });
  }
  assert.deepEqual(decodeJsonPatch(null), []);
  assert.deepEqual(decodeJsonPatch([null]), [{}]);
  assert.deepEqual(unknownJsonPatchFields([{ op: 'add', path: '/x', foo: 1 }]), ['unknown field "[0].foo"']);
});

test('__proto__ is an ordinary member', () => {
  const result = applyJsonPatch(document, [{ op: 'add', path: '/data/__proto__', value: { evil: 'yes' } }]);
  assert.equal(
    JSON.stringify(result),
    JSON.stringify({ ...document, data: 0 }).replace('0', '{"x":"1","y":"2","__proto__":{"evil":"yes"}}'),
  );
  refused([{ op: 'add', path: '/__proto__/evil', value: 'yes' }]);
  assert.equal(({} as Record<string, unknown>).evil, undefined);
});

test('neither document nor patch is changed, and no operation crashes', () => {
  const pointer = fc
    .array(fc.constantFrom('a', 'b', '0', '1', '-', '-1'), { maxLength: 3 })
    .map((parts) => parts.map((part) => `/${part}`).join(''));
  const value = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: pointer,
      from: pointer,
      value,
    },
    { noNullPrototype: true },
  ) as fc.Arbitrary<JsonObject>;
  const root = fc.constant({ a: { a: [1, { b: 2 }], b: 'x' }, b: [[1], { a: 1 }] } as Json);
  fc.assert(
    fc.property(root, fc.array(operation, { maxLength: 6 }), (start, operations) => {
      const startBefore = deepCopy(start);
      const operationsBefore = deepCopy(operations as Json);
      try {
        applyJsonPatch(start, operations);
      } catch (error) {
        assert.ok(error instanceof ApiError);
      }
      assert.deepEqual(start, startBefore);
      assert.deepEqual(operations, operationsBefore);
    }),
    { numRuns: 500 },
  );
});
