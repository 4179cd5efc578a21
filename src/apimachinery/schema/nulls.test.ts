import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinSchema } from '../../api/builtin-types.ts';
import type { JsonObject } from '../json.ts';
import { withoutNulls, writeNulls } from './nulls.ts';

const deployment = builtinSchema('io.k8s.api.apps.v1.Deployment');

function sample(): JsonObject {
  return {
    metadata: { name: 'a' },
    spec: {
      selector: {},
      template: { metadata: { labels: { a: 'b' } }, spec: { volumes: [{ name: 'v', projected: {} }] } },
    },
    status: { conditions: [{ type: 'Available' }] },
  };
}

test('what Go writes as null is written: unset times, and lists and maps without omitempty', () => {
  const object = sample();
  writeNulls(object, deployment);
  assert.deepEqual(object, {
    metadata: { name: 'a' },
    spec: {
      selector: {},
      template: {
        metadata: { labels: { a: 'b' }, creationTimestamp: null },
        spec: { volumes: [{ name: 'v', projected: { sources: null } }], containers: null },
      },
    },
    status: { conditions: [{ type: 'Available', lastTransitionTime: null, lastUpdateTime: null }] },
  });
});

test('those nulls can be taken out again, and the object with them stays as it is', () => {
  const object = sample();
  writeNulls(object, deployment);
  const before = JSON.stringify(object);
  assert.deepEqual(withoutNulls(object, deployment), sample());
  assert.equal(JSON.stringify(object), before);
});

test('an object of a type that has no such field is the same object', () => {
  const object = { metadata: { name: 'a' }, data: { x: '1' } };
  assert.equal(withoutNulls(object, builtinSchema('io.k8s.api.core.v1.ConfigMap')), object);
});
