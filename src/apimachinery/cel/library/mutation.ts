import { declare, type Library, overload } from '../declarations.ts';
import { type CelType, DYN, ObjectType, objectType, STRING } from '../type.ts';
import { noSuchOverload } from '../values.ts';

/** The type of one operation, `JSONPatch{op: 'add', path: '/a', value: 1}`. */
export const JSON_PATCH: ObjectType = objectType('JSONPatch', { op: STRING, path: STRING, from: STRING, value: DYN });

/** The type of a part of an object, `Object{…}` or `Object.spec{…}`: any field, of any type. */
export const APPLY_OBJECT: ObjectType = openObject('Object');

function openObject(name: string): ObjectType {
  return new ObjectType(name, () => new Map(), { open: true });
}

function typeNamed(name: string): CelType | undefined {
  if (name === 'JSONPatch') return JSON_PATCH;
  return name === 'Object' || name.startsWith('Object.') ? openObject(name) : undefined;
}

/** What mutating policies make: parts of objects, and patches. */
export const mutationLibrary: Library = {
  typeNamed,
  prefixes: ['Object'],
  functions: [
    declare(
      'jsonpatch.escapeKey',
      overload('string_jsonpatch_escapeKey_string', [STRING], STRING, (key) =>
        typeof key === 'string' ? key.replaceAll('~', '~0').replaceAll('/', '~1') : noSuchOverload,
      ),
    ),
  ],
};
