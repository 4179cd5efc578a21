import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structSchema, type } from './own-types.ts';
import { missingFields } from './required-fields.ts';

const schema = structSchema({
  gvk: { group: 'example.com', version: 'v1', kind: 'Thing' },
  fields: {
    spec: {
      schema: type.struct({
        name: { schema: type.string, required: true },
        parts: type.list(type.struct({ id: { schema: type.string, required: true } })),
      }),
      required: true,
    },
    status: type.struct({ seen: { schema: type.string, required: true } }),
  },
});

test('a missing required field is named by its path, also inside lists, but not below what is optional and absent', () => {
  assert.deepEqual(
    missingFields({}, schema).map(({ field }) => field),
    ['spec'],
  );
  assert.deepEqual(
    missingFields({ spec: { parts: [{ id: '' }, {}] } }, schema).map(({ field }) => field),
    ['spec.name', 'spec.parts[1].id'],
  );
  assert.deepEqual(missingFields({ spec: { name: '' } }, schema), []);
});
