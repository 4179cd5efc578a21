import { isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { anySchema, type Schema, type StructSchema } from '../schema/schema.ts';
import { type FieldSet, isEmpty, isMember, leaf } from './field-set.ts';
import { elementOf } from './list-elements.ts';

/** Every declared field that has owned fields below it counts as owned too, so that it goes away with the last of them. */
export function withNamedFields(set: FieldSet, schema: Schema): FieldSet {
  const out: { [element: string]: FieldSet } = {};
  for (const key in set) {
    const child = set[key] as FieldSet;
    if (key === '.' || isEmpty(child)) {
      out[key] = child;
      continue;
    }
    const below = withNamedFields(child, childSchema(schema, key));
    const declared = schema.kind === 'struct' && key.startsWith('f:') && schema.fields.has(key.slice(2));
    out[key] = declared && below['.'] === undefined ? { '.': leaf, ...below } : below;
  }
  return out;
}

function childSchema(schema: Schema, element: string): Schema {
  switch (schema.kind) {
    case 'struct':
      return schema.fields.get(element.slice(2))?.schema ?? anySchema;
    case 'map':
      return schema.values;
    case 'list':
      return schema.items;
    default:
      return anySchema;
  }
}

/**
 * The object without the paths of a set. A container that loses all its content becomes null, as structured-merge-diff leaves it.
 */
export function removeItems(object: JsonObject, paths: FieldSet, schema: StructSchema): JsonObject {
  return (removeFields(object, paths, schema) ?? {}) as JsonObject;
}

function remove(value: Json, paths: FieldSet, schema: Schema): Json {
  switch (schema.kind) {
    case 'struct':
      return schema.atomic || !isObject(value) ? value : removeFields(value, paths, schema);
    case 'map':
      return schema.atomic || !isObject(value) ? value : removeFields(value, paths, schema);
    case 'list': {
      if (schema.listType === 'atomic' || !Array.isArray(value)) return value;
      const kept: Json[] = [];
      let changed = false;
      for (const item of value) {
        const node = paths[elementOf(schema, item)];
        if (node !== undefined && isMember(node)) {
          changed = true;
          continue;
        }
        const rest = node === undefined ? item : remove(item, node, schema.items);
        if (rest !== item) changed = true;
        kept.push(rest);
      }
      return changed ? (kept.length === 0 ? null : kept) : value;
    }
    case 'any':
      return schema.form === 'raw' || !isObject(value) ? value : removeFields(value, paths, schema);
    default:
      return value;
  }
}

function removeFields(object: JsonObject, paths: FieldSet, schema: Schema): Json {
  let changed = false;
  const kept: JsonObject = {};
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    const node = paths[`f:${name}`];
    if (node === undefined) {
      setOwn(kept, name, value);
      continue;
    }
    const below = childSchema(schema, `f:${name}`);
    if (isMember(node) && !isEmptyKeyedList(value, below)) {
      changed = true;
      continue;
    }
    const rest = remove(value, node, below);
    if (rest !== value) changed = true;
    setOwn(kept, name, rest);
  }
  if (!changed) return object;
  return Object.keys(kept).length === 0 ? null : kept;
}

/** Nothing says who owns an empty list of keyed items, so nobody can drop it. */
function isEmptyKeyedList(value: Json, schema: Schema): boolean {
  return schema.kind === 'list' && schema.listType !== 'atomic' && Array.isArray(value) && value.length === 0;
}
