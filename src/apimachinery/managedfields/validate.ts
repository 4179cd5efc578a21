import { isObject, type Json, type JsonObject } from '../json.ts';
import { goFormat } from '../patch/go-format.ts';
import { anySchema, type ListSchema, type ScalarSchema, type Schema, type StructSchema } from '../schema/schema.ts';
import { elementOf, TypedValueError } from './list-elements.ts';
import { formatElement } from './path-element.ts';

/** So many problems of one configuration are told. */
const maxErrors = 100;

/**
 * What makes an object no value of its type: fields that are not declared, values of another type, items of keyed lists without key or with the key of
 * another. Texts are structured-merge-diff's: `.spec.foo: field not declared in schema`.
 */
export function typedValueErrors(object: JsonObject, schema: StructSchema): string[] {
  const errors: string[] = [];
  validate(object, schema, '', errors);
  return errors;
}

/** One text for several problems, as upstream joins them. */
export function joinErrors(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] as string) : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

function report(errors: string[], path: string, message: string): void {
  if (errors.length < maxErrors) errors.push(path === '' ? message : `${path}: ${message}`);
}

function validate(value: Json, schema: Schema, path: string, errors: string[]): void {
  if (errors.length >= maxErrors) return;
  switch (schema.kind) {
    case 'scalar':
      return validateScalar(value, schema, path, errors);
    case 'struct':
      return validateStruct(value, schema, path, errors);
    case 'map':
      return validateMap(value, schema.values, path, errors);
    case 'list':
      return validateList(value, schema, path, errors);
    default:
      if (isObject(value)) validateMap(value, anySchema, path, errors);
  }
}

function validateScalar(value: Json, schema: ScalarSchema, path: string, errors: string[]): void {
  if (value === null) return;
  switch (schema.type) {
    case 'int32':
    case 'int64':
    case 'double':
      if (typeof value !== 'number' && typeof value !== 'bigint') {
        report(errors, path, `expected numeric (int or float), got ${goTypeName(value)}`);
      }
      return;
    case 'boolean':
      if (typeof value !== 'boolean') report(errors, path, `expected boolean, got &{${goFormat(value)}}`);
      return;
    case 'string':
    case 'bytes':
      if (typeof value !== 'string') {
        report(errors, path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
      }
      return;
    default:
      if (typeof value === 'object') report(errors, path, `expected any scalar, got &{${goFormat(value)}}`);
  }
}

function validateStruct(value: Json, schema: StructSchema, path: string, errors: string[]): void {
  if (value === null) return;
  if (!isObject(value)) return report(errors, path, `expected map, got &{${goFormat(value)}}`);
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const field = schema.fields.get(name);
    if (field === undefined && !schema.preserveUnknown) {
      // Upstream looks no further into this object.
      return report(errors, `${path}.${name}`, 'field not declared in schema');
    }
    validate(item, field?.schema ?? anySchema, `${path}.${name}`, errors);
  }
}

function validateMap(value: Json, values: Schema, path: string, errors: string[]): void {
  if (value === null) return;
  if (!isObject(value)) return report(errors, path, `expected map, got &{${goFormat(value)}}`);
  for (const name in value) {
    const item = value[name];
    if (item !== undefined) validate(item, values, `${path}.${name}`, errors);
  }
}

function validateList(value: Json, schema: ListSchema, path: string, errors: string[]): void {
  if (value === null) return;
  if (!Array.isArray(value)) return report(errors, path, `expected list, got &{${goFormat(value)}}`);
  const seen = new Set<string>();
  for (let i = 0; i < value.length; i++) {
    const item = value[i] as Json;
    let shown = `[${i}]`;
    if (schema.listType !== 'atomic') {
      try {
        const element = elementOf(schema, item);
        shown = formatElement(element);
        if (seen.has(element)) report(errors, path, `duplicate entries for key ${shown}`);
        seen.add(element);
      } catch (error) {
        if (!(error instanceof TypedValueError)) throw error;
        return report(errors, path, `element ${i}: ${error.message}`);
      }
    }
    validate(item, schema.items, path + shown, errors);
  }
}

function goTypeName(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** A value as Go's `%#v` prints it. */
function goSyntax(value: Json): string {
  const text = goSyntaxOf(value, 0);
  return text.length > 1024 ? `${text.slice(0, 1024)}…` : text;
}

function goSyntaxOf(value: Json, depth: number): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (depth > 16) return '…';
  if (Array.isArray(value)) {
    return `[]interface {}{${value
      .slice(0, 256)
      .map((item) => goSyntaxOf(item, depth + 1))
      .join(', ')}}`;
  }
  const members = Object.keys(value).sort().slice(0, 256);
  return `map[string]interface {}{${members
    .map((key) => `${JSON.stringify(key)}:${goSyntaxOf(value[key] ?? null, depth + 1)}`)
    .join(', ')}}`;
}
