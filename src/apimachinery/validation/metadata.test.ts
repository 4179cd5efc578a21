import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldError } from '../errors.ts';
import { formatFieldErrorBody } from '../errors.ts';
import type { ObjectMeta } from '../object.ts';
import { validateFieldManager, validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { nameIsDns1123Subdomain } from './names.ts';

function texts(errors: FieldError[]): string[] {
  return errors.map((error) => `${error.field}: ${formatFieldErrorBody(error)}`);
}

function created(meta: ObjectMeta, namespaced = true): string[] {
  return texts(validateObjectMeta(meta, { namespaced, validateName: nameIsDns1123Subdomain, field: 'metadata' }));
}

test('metadata of a well-formed object is accepted', () => {
  assert.deepEqual(
    created({
      name: 'a',
      namespace: 'default',
      labels: { 'example.com/app': 'web' },
      annotations: { 'Example.com/Note': 'any text, with ünicode' },
      finalizers: ['example.com/clean', 'orphan'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u', controller: true }],
    }),
    [],
  );
});

test('every broken rule is told', () => {
  assert.deepEqual(created({}), [
    'metadata.name: Required value: name or generateName is required',
    'metadata.namespace: Required value',
  ]);
  assert.deepEqual(created({ name: 'a', namespace: 'x' }, false), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ]);
  assert.match(
    created({ name: 'A', generateName: 'B', namespace: 'n.s' }).join('\n'),
    /^metadata\.generateName: Invalid value: "B": .*\nmetadata\.name: Invalid value: "A": .*\nmetadata\.namespace: Invalid value: "n\.s": must not contain dots$/,
  );
  assert.deepEqual(created({ name: 'a', namespace: 'n', annotations: { a: 'x'.repeat(256 * 1024) } }), [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
  const owner = { apiVersion: 'v1', kind: 'Event', name: 'o', uid: 'u', controller: true };
  assert.match(
    created({ name: 'a', namespace: 'n', ownerReferences: [owner, { ...owner, kind: 'Pod', uid: '' }] }).join('\n'),
    /Kind=Event is disallowed[^]*uid must not be empty[^]*Only one reference can have Controller set to true\. Found "true" in references for Event\/o and Pod\/o/,
  );
  assert.deepEqual(created({ name: 'a', namespace: 'n', finalizers: ['orphan', 'foregroundDeletion'] }), [
    'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
  ]);
});

test('an update keeps identity and adds no finalizers while the object is being deleted', () => {
  const old: ObjectMeta = {
    name: 'a',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    generation: 2,
    finalizers: ['a/b'],
    deletionTimestamp: '2026-01-01T00:00:00Z',
  };
  assert.deepEqual(validateObjectMetaUpdate({ ...old, finalizers: [] }, old), []);
  assert.deepEqual(
    texts(
      validateObjectMetaUpdate(
        { ...old, name: 'b', uid: 'x', generation: 1, resourceVersion: '', finalizers: ['a/b', 'z/z', 'c/d'] },
        old,
      ),
    ),
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d", "z/z"}',
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
      'metadata.generation: Invalid value: 1: must not be decremented',
      'metadata.name: Invalid value: "b": field is immutable',
      'metadata.uid: Invalid value: "x": field is immutable',
    ],
  );
});

test('a field manager is at most 128 bytes of printable text', () => {
  assert.deepEqual(validateFieldManager('kubectl ü', 'fieldManager'), []);
  assert.deepEqual(texts(validateFieldManager('a\tb', 'fieldManager')), [
    'fieldManager: Invalid value: "a\\tb": invalid character U+0009 (at position 1)',
  ]);
  assert.deepEqual(texts(validateFieldManager('ü'.repeat(65), 'fieldManager')), [
    'fieldManager: Too long: may not be more than 128 bytes',
  ]);
});
