import { isObject, type Json } from '../json.ts';
import { goTypeName } from './go-type.ts';
import type { ScalarSchema, Schema } from './schema.ts';

/**
 * What upstream's converter from untyped maps (runtime.DefaultUnstructuredConverter) says of the first value that does not fit: strategic merge patches
 * go through it, and not through the JSON decoder. Undefined when it has no text of its own for what is wrong.
 */
export function conversionProblem(value: Json | undefined, schema: Schema): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (schema.kind) {
    case 'struct': {
      if (!isObject(value)) return `cannot restore struct from: ${goKind(value)}`;
      for (const field of schema.fields.values()) {
        if (!Object.hasOwn(value, field.name)) continue;
        const problem = conversionProblem(value[field.name], field.schema);
        if (problem !== undefined) return problem;
      }
      return undefined;
    }
    case 'map': {
      if (!isObject(value)) return `cannot restore map from ${goKind(value)}`;
      return firstProblem(Object.values(value), schema.values);
    }
    case 'list':
      if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`;
      return firstProblem(value, schema.items);
    case 'scalar':
      return scalarProblem(value, schema);
    case 'any':
      return undefined;
  }
}

function firstProblem(values: readonly (Json | undefined)[], schema: Schema): string | undefined {
  for (const value of values) {
    const problem = conversionProblem(value, schema);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Times, quantities and their kin decode themselves; the JSON decoder's words are theirs too. */
function scalarProblem(value: Json, schema: ScalarSchema): string | undefined {
  const given = goKind(value);
  switch (schema.type) {
    case 'string':
      if (given === 'string') return undefined;
      return given === 'int64' ? `cannot convert int64 to ${goTypeName(schema)}` : 'unrecognized type: string';
    case 'boolean':
      return given === 'bool' ? undefined : 'unrecognized type: bool';
    case 'int32':
    case 'int64':
      if (given === 'int64' || (given === 'float64' && Number.isInteger(value))) return undefined;
      return given === 'float64'
        ? `cannot convert float64 to ${goTypeName(schema)}`
        : `unrecognized type: ${schema.type}`;
    case 'double':
      return given === 'int64' || given === 'float64' ? undefined : 'unrecognized type: float64';
    case 'bytes':
      return given === 'string' || given === 'slice' ? undefined : `cannot restore slice from ${given}`;
    default:
      return undefined;
  }
}

function goKind(value: Json): string {
  if (Array.isArray(value)) return 'slice';
  if (isObject(value)) return 'map';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64';
}
