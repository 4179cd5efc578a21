import { deepCopy, isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { isDroppedNull, memberOf, type Structural } from './structural.ts';

/** What is an object's own and not its schema's. */
const metaFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** So many unknown fields are listed. */
const maxUnknown = 100;

/**
 * A copy of an object without the fields that its schema does not declare and without nulls that it does not allow (apiextensions-apiserver's pruning and
 * PruneNonNullableNullsWithoutDefaults). The root's apiVersion, kind and metadata are left out: they are no matter of the schema.
 * Paths of what was dropped are added to `unknown`: `spec.foo[0].bar`.
 */
export function prunedCopy(object: JsonObject, schema: Structural, unknown?: string[]): JsonObject {
  const copy: JsonObject = {};
  for (const name of Object.keys(object)) {
    if (metaFields.has(name)) continue;
    const value = object[name];
    if (value === undefined) continue;
    pruneMember(copy, name, value, schema, '', unknown);
  }
  unknown?.sort();
  return copy;
}

/** A copy of any value without what its schema does not declare. */
export function prunedValue(value: Json, schema: Structural): Json {
  return schema.preserveUnknown && !isObject(value) ? deepCopy(value) : prune(value, schema, '.', undefined);
}

function pruneMember(
  copy: JsonObject,
  name: string,
  value: Json,
  schema: Structural,
  path: string,
  unknown: string[] | undefined,
): void {
  if (schema.embeddedResource && path !== '' && metaFields.has(name)) {
    setOwn(copy, name, deepCopy(value));
    return;
  }
  const here = path === '' ? name : `${path}.${name}`;
  const member = memberOf(schema, name);
  if (member !== undefined) {
    if (!isDroppedNull(value, member)) setOwn(copy, name, prune(value, member, here, unknown));
  } else if (schema.preserveUnknown) setOwn(copy, name, deepCopy(value));
  else if (schema.additional !== undefined) setOwn(copy, name, dropAll(value, here, unknown));
  else note(unknown, here);
}

function prune(value: Json, schema: Structural, path: string, unknown: string[] | undefined): Json {
  if (isObject(value)) {
    const copy: JsonObject = {};
    for (const name of Object.keys(value)) {
      const member = value[name];
      if (member !== undefined) pruneMember(copy, name, member, schema, path, unknown);
    }
    return copy;
  }
  if (!Array.isArray(value)) return value;
  const { items } = schema;
  if (items !== undefined) return value.map((item, i) => prune(item, items, `${path}[${i}]`, unknown));
  return schema.preserveUnknown ? deepCopy(value) : value.map((item, i) => dropAll(item, `${path}[${i}]`, unknown));
}

/** What a place without a schema keeps: scalars, and the skeleton of lists. */
function dropAll(value: Json, path: string, unknown: string[] | undefined): Json {
  if (Array.isArray(value)) return value.map((item, i) => dropAll(item, `${path}[${i}]`, unknown));
  if (!isObject(value)) return value;
  for (const name of Object.keys(value)) note(unknown, `${path}.${name}`);
  return {};
}

function note(unknown: string[] | undefined, path: string): void {
  if (unknown !== undefined && unknown.length < maxUnknown) unknown.push(path);
}
