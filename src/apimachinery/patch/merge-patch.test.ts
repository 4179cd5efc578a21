import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { deepCopy, isObject, type Json } from '../json.ts';
import { applyMergePatch } from './merge-patch.ts';

test('members are set, merged and removed (RFC 7396, appendix A)', () => {
  const cases: [Json, Json, Json][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: null }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    [{ a: 'x' }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    [{ a: null }, {}, { a: null }],
  ];
  for (const [document, patch, expected] of cases) assert.deepEqual(applyMergePatch(document, patch), expected);
});

test('a patch that is no object is refused', () => {
  for (const patch of [null, 'x', 5, true]) {
    assert.throws(
      () => applyMergePatch({}, patch),
      (error) => error instanceof ApiError && error.code === 400 && error.message === 'Invalid JSON Patch',
    );
  }
});

test('nesting beyond the stack is the client’s fault', () => {
  let patch: Json = null;
  for (let i = 0; i < 200_000; i++) patch = { a: patch };
  assert.throws(
    () => applyMergePatch({}, patch),
    (error) => error instanceof ApiError && error.code === 400,
  );
});

test('own __proto__ members are data', () => {
  const patch = JSON.parse('{"data":{"__proto__":{"x":"1"}}}') as Json;
  const result = applyMergePatch(JSON.parse('{"data":{"a":"b"}}') as Json, patch);
  assert.equal(JSON.stringify(result), '{"data":{"a":"b","__proto__":{"x":"1"}}}');
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('the arguments stay as they were, and a patch applied twice changes nothing more', () => {
  const value = fc.jsonValue() as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(value, value, (document, patch) => {
      if (!isObject(patch)) return;
      const documentBefore = deepCopy(document);
      const patchBefore = deepCopy(patch);
      const once = applyMergePatch(document, patch);
      assert.deepEqual(document, documentBefore);
      assert.deepEqual(patch, patchBefore);
      assert.deepEqual(applyMergePatch(once, patch), once);
    }),
  );
});
