import type { Json } from '../json.ts';
import { anySchema, type FieldSchema, type ScalarType, type Schema, type StructSchema } from '../schema/schema.ts';
import type { Structural } from './structural.ts';

/** What every kind has beside its own fields: `apiVersion`, `kind` and `metadata`. */
export type TypeMetaFields = readonly FieldSchema[];

const scalarTypes: Readonly<Record<string, ScalarType>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'int64',
  number: 'double',
};

/**
 * The type of a custom resource for server-side apply (kube-openapi's conversion to structured-merge-diff's types): objects without properties, and values
 * without a type, are whatever they turn out to be; unknown fields are allowed from the first node on that preserves them.
 */
export function typeOfStructural(root: Structural, typeMeta: TypeMetaFields): StructSchema {
  const type = convert(root, false, typeMeta);
  if (type.kind === 'struct') return type;
  // A root without properties keeps everything.
  return struct(new Map(typeMeta.map((field) => [field.name, field])), true, false);
}

function convert(schema: Structural, keepsUnknown: boolean, typeMeta: TypeMetaFields, embedded = true): Schema {
  const keeps = keepsUnknown || schema.preserveUnknown;
  if (schema.intOrString) return { kind: 'scalar', type: 'intOrString' };
  switch (schema.type) {
    case 'object':
      return objectType(schema, keeps, typeMeta, embedded);
    case 'array': {
      const { listType, listMapKeys, items } = schema;
      return {
        kind: 'list',
        items: items === undefined ? anySchema : convertItem(items, keeps, typeMeta),
        listType: listType === 'map' || listType === 'set' ? listType : 'atomic',
        mapKeys: listMapKeys,
        ...(listType === '' ? { implicit: true } : {}),
      };
    }
    default: {
      const type = scalarTypes[schema.type];
      return type === undefined ? anySchema : { kind: 'scalar', type };
    }
  }
}

function convertItem(schema: Structural, keeps: boolean, typeMeta: TypeMetaFields): Schema {
  return convert(schema, keeps, typeMeta, schema.embeddedResource);
}

function objectType(schema: Structural, keeps: boolean, typeMeta: TypeMetaFields, embedded: boolean): Schema {
  const atomic = schema.mapType === 'atomic';
  const { properties, additional } = schema;
  if (properties.size === 0 && !embedded) {
    if (typeof additional === 'object')
      return { kind: 'map', values: convertItem(additional, keeps, typeMeta), atomic };
    if (additional === false) return struct(new Map(), false, atomic);
    return atomic ? { kind: 'map', values: anySchema, atomic } : anySchema;
  }
  const fields = new Map<string, FieldSchema>();
  if (embedded) for (const field of typeMeta) fields.set(field.name, field);
  for (const [name, property] of properties) {
    if (embedded && fields.has(name)) continue;
    fields.set(name, fieldOf(name, convertItem(property, keeps, typeMeta), property.default));
  }
  return struct(fields, keeps || (properties.size === 0 && additional !== false), atomic);
}

function struct(fields: ReadonlyMap<string, FieldSchema>, preserveUnknown: boolean, atomic: boolean): StructSchema {
  return { kind: 'struct', name: '', fields, atomic, preserveUnknown };
}

function fieldOf(name: string, schema: Schema, given: Json | undefined): FieldSchema {
  return {
    name,
    schema,
    required: false,
    omitEmpty: true,
    pointer: true,
    proto: 0,
    patchStrategy: [],
    ...(given === undefined ? {} : { default: given }),
  };
}
