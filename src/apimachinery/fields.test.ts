import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import { escapeFieldValue, parseFieldSelector } from './fields.ts';

test('terms are split at commas, operators recognized and empty terms skipped', () => {
  assert.deepEqual(parseFieldSelector(''), []);
  assert.deepEqual(parseFieldSelector(',,'), []);
  assert.deepEqual(parseFieldSelector('metadata.name!=a,status.phase==Running,spec.nodeName='), [
    { field: 'metadata.name', op: '!=', value: 'a' },
    { field: 'spec.nodeName', op: '=', value: '' },
    { field: 'status.phase', op: '=', value: 'Running' },
  ]);
});

/** Texts recorded from kube-apiserver 1.33. */
test('a bad selector is refused in the words of a stock server', () => {
  const cases: [string, string][] = [
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b,c', "invalid selector: 'a=b,c'; can't understand 'c'"],
    ['metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
    ['metadata.name=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['metadata.name=\\', 'invalid field selector: invalid escape sequence: \\'],
  ];
  for (const [selector, message] of cases) {
    assert.throws(
      () => parseFieldSelector(selector),
      (error) => error instanceof ApiError && error.code === 400 && error.message === message,
    );
  }
});

test('every value survives escaping', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\\', ',', '=', 'a', '😀') }), (value) => {
      assert.deepEqual(parseFieldSelector(`f=${escapeFieldValue(value)}`), [{ field: 'f', op: '=', value }]);
    }),
  );
});
