import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../json.ts';
import { isUnchanged } from './correlate.ts';
import { validateValue } from './validate-value.ts';
import { valueSchemaOf } from './value-schema.ts';

const port = {
  type: 'object',
  properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
};
const ports = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: port,
  maxItems: 1,
};
const schema = valueSchemaOf({ type: 'object', properties: { spec: { type: 'object', properties: { ports } } } });
const one = { name: 'one', tags: ['a', 'b'] };
const two = { name: 'two' };
const object = (...list: JsonObject[]): JsonObject => ({ spec: { ports: list } });

describe('ratcheting', () => {
  it('takes items of keyed lists that changed places as unchanged, but no other list', () => {
    assert.equal(isUnchanged(object(one, two), object(two, one), schema), true);
    assert.equal(isUnchanged(object({ ...one, tags: ['b', 'a'] }, two), object(one, two), schema), false);
    assert.equal(isUnchanged(object(one), object(one, two), schema), false);
    assert.equal(isUnchanged(object(one, { name: 'three' }), object(one, two), schema), false);
  });

  it('lets a list be that was too long before and has only been reordered', () => {
    const errors = (now: JsonObject, old: JsonObject): string[] =>
      validateValue(now, schema, '', { value: old }).map(({ field }) => field);
    assert.deepEqual(errors(object(two, one), object(one, two)), []);
    assert.deepEqual(errors(object(two, { ...one, tags: [] }), object(one, two)), ['spec.ports']);
  });

  it('does not let a whole object be because nothing has changed: its schema does not tell of all of it', () => {
    const demanding = valueSchemaOf({
      type: 'object',
      required: ['spec'],
      properties: { apiVersion: { type: 'string', pattern: '^v1$' } },
    });
    const same = { apiVersion: 'v2' };
    const fields = validateValue(same, demanding, '', { value: same }).map(({ field }) => field);
    assert.deepEqual(fields.toSorted(), ['apiVersion', 'spec']);
  });
});
