import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { indentJson } from './json-indent.ts';

describe('indented JSON', () => {
  it('is what JSON.stringify would have indented', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(indentJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
      }),
    );
  });

  it('keeps numbers that JavaScript cannot hold', () => {
    assert.equal(indentJson('{"a":12345678901234567890}'), '{\n  "a": 12345678901234567890\n}');
  });
});
