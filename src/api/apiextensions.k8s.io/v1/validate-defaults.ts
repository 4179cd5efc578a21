import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLiteral } from '../../../apimachinery/go-literal.ts';
import { deepEqual, isObject, type Json } from '../../../apimachinery/json.ts';
import { prunedValue } from '../../../apimachinery/structural/prune.ts';
import type { Structural } from '../../../apimachinery/structural/structural.ts';
import { validateValue } from '../../../apimachinery/structural/validate-value.ts';
import { valueSchemaOf } from '../../../apimachinery/structural/value-schema.ts';

/** Defaults that their own schema refuses: with unknown fields, or invalid. Those in additional properties are not looked at. */
export function validateDefaults(schema: Structural, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, path, errors);
  return errors;
}

function walk(schema: Structural, path: string, errors: FieldError[]): void {
  if (!schema.hasDefaults) return;
  if (schema.default !== undefined) validateDefault(schema, schema.default, `${path}.default`, errors);
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, errors);
  for (const [name, property] of schema.properties) walk(property, `${path}.properties[${name}]`, errors);
}

function validateDefault(schema: Structural, value: Json, path: string, errors: FieldError[]): void {
  if (!deepEqual(prunedValue(value, schema), value)) {
    const shown = isObject(value) || Array.isArray(value) ? goSyntax(goLiteral(value)) : value;
    errors.push(fieldError.invalid(path, shown, 'must not have unknown fields'));
  }
  errors.push(...validateValue(value, valueSchemaOf(schema.props), path));
}
