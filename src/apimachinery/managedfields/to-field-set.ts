import { isObject, type Json, type JsonObject } from '../json.ts';
import { anySchema, type ListSchema, type Schema, type StructSchema } from '../schema/schema.ts';
import { isBlank, isUnownedMetadata } from './compare.ts';
import { type FieldSet, leaf } from './field-set.ts';
import { elementOf } from './list-elements.ts';

type Building = { [element: string]: FieldSet };

/**
 * The paths that a configuration claims: its leaves, items of lists, and members of free maps. Type and identity are left out.
 * The object has been checked by `typedValueErrors`.
 */
export function fieldSetOf(config: JsonObject, schema: StructSchema): FieldSet {
  const set: Building = {};
  const metadata = schema.fields.get('metadata')?.schema;
  structChildren(config, schema, set, (name) => name === 'apiVersion' || name === 'kind' || name === 'metadata');
  if (metadata?.kind === 'struct' && isObject(config.metadata)) {
    const owned: Building = {};
    structChildren(config.metadata, metadata, owned, isUnownedMetadata);
    if (Object.keys(owned).length > 0) set['f:metadata'] = owned;
  }
  return set;
}

function structChildren(
  object: JsonObject,
  schema: StructSchema,
  out: Building,
  skip?: (name: string) => boolean,
): void {
  for (const name in object) {
    const value = object[name];
    if (value === undefined || skip?.(name) === true) continue;
    const field = schema.fields.get(name);
    const node = field === undefined ? memberOf(value, anySchema) : fieldOf(value, field.schema);
    if (node !== undefined) out[`f:${name}`] = node;
  }
}

/** A declared field is a path of its own only when it is a leaf, null or an empty object. */
function fieldOf(value: Json, schema: Schema): FieldSet | undefined {
  const node = nodeOf(value, schema);
  return node === undefined && (value === null || (isObject(value) && isBlank(value))) ? leaf : node;
}

/** Members of free maps and items of lists are paths themselves. */
function memberOf(value: Json, schema: Schema): FieldSet {
  const node = nodeOf(value, schema);
  return node === undefined || node === leaf ? leaf : { '.': leaf, ...node };
}

/** What lies below a value; `leaf` when the value is one, undefined when there is nothing. */
function nodeOf(value: Json, schema: Schema): FieldSet | undefined {
  switch (schema.kind) {
    case 'scalar':
      return leaf;
    case 'struct': {
      if (schema.atomic) return leaf;
      const out: Building = {};
      if (isObject(value)) structChildren(value, schema, out);
      return present(out);
    }
    case 'map':
      return schema.atomic ? leaf : mapChildren(value, schema.values);
    case 'list':
      return schema.listType === 'atomic' ? leaf : listChildren(value, schema);
    default:
      return schema.form === 'raw' || (value !== null && !isObject(value)) ? leaf : mapChildren(value, anySchema);
  }
}

function present(out: Building): FieldSet | undefined {
  for (const _ in out) return out;
  return undefined;
}

function mapChildren(value: Json, values: Schema): FieldSet | undefined {
  if (!isObject(value)) return undefined;
  const out: Building = {};
  for (const key in value) {
    const item = value[key];
    if (item !== undefined) out[`f:${key}`] = memberOf(item, values);
  }
  return present(out);
}

function listChildren(value: Json, schema: ListSchema): FieldSet | undefined {
  if (!Array.isArray(value)) return undefined;
  const out: Building = {};
  for (const item of value) {
    const element = elementOf(schema, item);
    // Items that share a key are owned as one, without what is in them.
    out[element] = out[element] === undefined ? memberOf(item, schema.items) : leaf;
  }
  return present(out);
}
