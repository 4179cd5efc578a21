import { type FieldError, fieldError, goSyntax } from '../errors.ts';
import { goLiteral } from '../go-literal.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { canonical } from './canonical.ts';
import { memberOf, type Structural } from './structural.ts';

/** Items that occur more than once in lists that are sets, or have the key of another in lists that are keyed (x-kubernetes-list-type). */
export function validateListTypes(object: JsonObject, schema: Structural): FieldError[] {
  const errors: FieldError[] = [];
  walkObject(object, schema, '', errors);
  return errors;
}

function walk(value: Json, schema: Structural, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) walkList(value, schema, path, errors);
  else if (isObject(value)) walkObject(value, schema, path, errors);
}

function walkObject(object: JsonObject, schema: Structural, path: string, errors: FieldError[]): void {
  if (schema.properties.size === 0 && typeof schema.additional !== 'object') return;
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (typeof value !== 'object' || value === null) continue;
    const member = memberOf(schema, name);
    if (member === undefined) continue;
    const child = schema.properties.has(name) ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
    walk(value, member, child, errors);
  }
}

function walkList(list: readonly Json[], schema: Structural, path: string, errors: FieldError[]): void {
  if (schema.listType === 'set') {
    for (const i of repeated(list)) errors.push(fieldError.duplicate(`${path}[${i}]`, shown(list[i] as Json)));
  } else if (schema.listType === 'map') validateKeyed(list, schema.listMapKeys, path, errors);
  const { items } = schema;
  if (items !== undefined) list.forEach((item, i) => walk(item, items, `${path}[${i}]`, errors));
}

function validateKeyed(list: readonly Json[], keys: readonly string[], path: string, errors: FieldError[]): void {
  const wrong = list.findIndex((item) => item !== null && !isObject(item));
  if (wrong >= 0) {
    const detail = 'must be an object for an array of list-type map';
    errors.push(fieldError.invalid(`${path}[${wrong}]`, list[wrong], detail));
    return;
  }
  const found = list.map((item) => {
    const own: JsonObject = {};
    if (isObject(item)) for (const key of keys) if (item[key] !== undefined) own[key] = item[key];
    return own;
  });
  for (const i of repeated(found)) errors.push(fieldError.duplicate(`${path}[${i}]`, shown(found[i] as Json)));
}

/** Objects and lists show as Go's %#v prints them. */
function shown(value: Json): unknown {
  return typeof value === 'object' && value !== null ? goSyntax(goLiteral(value)) : value;
}

/** Where values occur for the second time. */
function repeated(list: readonly Json[]): number[] {
  if (list.length <= 1) return [];
  const seen = new Map<string, number>();
  const indices: number[] = [];
  list.forEach((item, i) => {
    const text = canonical(item);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    if (times === 2) indices.push(i);
  });
  return indices;
}
