import { type FieldError, fieldError } from '../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import type { Schema, StructSchema } from '../apimachinery/schema/schema.ts';

/** `Required value` for every field that the schema of one of our own kinds requires and the object lacks. Built-in kinds have rules of their own. */
export function missingFields(object: JsonObject, schema: StructSchema): FieldError[] {
  const errors: FieldError[] = [];
  collect(object, schema, '', errors);
  return errors;
}

function collect(value: Json | undefined, schema: Schema, path: string, errors: FieldError[]): void {
  if (schema.kind === 'list' && Array.isArray(value)) {
    value.forEach((item, index) => collect(item, schema.items, `${path}[${index}]`, errors));
  } else if (schema.kind === 'struct' && isObject(value)) {
    for (const field of schema.fields.values()) {
      if (path === '' && field.name === 'metadata') continue;
      const at = path === '' ? field.name : `${path}.${field.name}`;
      const given = value[field.name];
      if (given !== undefined && given !== null) collect(given, field.schema, at, errors);
      else if (field.required) errors.push(fieldError.required(at));
    }
  }
}
