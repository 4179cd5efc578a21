import type { Json, JsonObject } from '../json.ts';
import type { FieldSchema, StructSchema } from '../schema/schema.ts';

/*
 * Upstream compares built-in objects as Go structs: what Go always has (structs that are no pointers, fields without omitempty) counts as present with
 * its zero value even where JSON leaves it out, and a zero value behind omitempty counts as absent. Fields without a protobuf number belong to custom
 * kinds, which upstream holds as JSON: there only what is written exists.
 */

const emptyObject: JsonObject = Object.freeze({});

/** The value that Go has where JSON has none; undefined when it has none either. */
function zeroOf(field: FieldSchema): Json | undefined {
  if (field.proto === 0) return undefined;
  if (field.pointer) return field.omitEmpty ? undefined : null;
  const { schema } = field;
  if (schema.kind === 'struct') return emptyObject;
  // Times and quantities are structs in Go: omitempty does not apply.
  if (schema.kind === 'scalar') {
    if (schema.type === 'time' || schema.type === 'microTime') return null;
    if (schema.type === 'quantity') return '0';
    if (schema.type === 'intOrString') return 0;
  }
  if (field.omitEmpty) return undefined;
  if (schema.kind !== 'scalar') return null;
  switch (schema.type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'bytes':
    case 'duration':
      return null;
    default:
      return 0;
  }
}

export type Zero = { readonly name: string; readonly field: FieldSchema; readonly value: Json };

const zeroFields = new WeakMap<StructSchema, readonly Zero[]>();

/** The fields of a type that are present in every value of it. */
export function alwaysPresent(schema: StructSchema): readonly Zero[] {
  let zeros = zeroFields.get(schema);
  if (zeros === undefined) {
    const found: Zero[] = [];
    for (const field of schema.fields.values()) {
      const value = zeroOf(field);
      if (value !== undefined) found.push({ name: field.name, field, value });
    }
    zeros = found;
    zeroFields.set(schema, zeros);
  }
  return zeros;
}

/** The value of a field as Go sees it; undefined when absent. */
export function goValue(value: Json | undefined, field: FieldSchema): Json | undefined {
  if (field.proto === 0) return value;
  if (value === undefined || value === null) return zeroOf(field);
  if (!field.omitEmpty || field.pointer || !isZero(value)) return value;
  return field.schema.kind === 'struct' ? value : zeroOf(field);
}

function isZero(value: Json): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}
