import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import { memberOf, type Structural } from '../../apimachinery/structural/structural.ts';
import { validateObjectMeta } from '../../apimachinery/validation/metadata.ts';
import { dns1035Label, nameIsPathSegment } from '../../apimachinery/validation/names.ts';

/** What is wrong with the type and metadata of embedded resources (x-kubernetes-embedded-resource). */
export function validateEmbedded(object: JsonObject, schema: Structural): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.hasEmbedded) walk(object, schema, '', errors);
  return errors;
}

function walk(value: Json, schema: Structural, path: string, errors: FieldError[]): void {
  if (!schema.hasEmbedded) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) value.forEach((item, i) => walk(item, items, `${path}[${i}]`, errors));
    return;
  }
  if (!isObject(value)) return;
  if (schema.embeddedResource) validateResource(value, path, errors);
  for (const name of Object.keys(value)) {
    const member = memberOf(schema, name);
    if (member === undefined) continue;
    const child = schema.properties.has(name) ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
    walk(value[name] as Json, member, child, errors);
  }
}

function validateResource(object: JsonObject, path: string, errors: FieldError[]): void {
  const { apiVersion, kind, metadata } = object;
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (apiVersion === undefined) errors.push(fieldError.required(at('apiVersion'), 'must not be empty'));
  if (kind === undefined) errors.push(fieldError.required(at('kind'), 'must not be empty'));
  if (apiVersion !== undefined) {
    if (typeof apiVersion !== 'string')
      errors.push(fieldError.invalid(at('apiVersion'), apiVersion, 'must be a string'));
    else if (apiVersion === '') errors.push(fieldError.invalid(at('apiVersion'), apiVersion, 'must not be empty'));
    else if (apiVersion.split('/').length > 2)
      errors.push(fieldError.invalid(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  }
  if (kind !== undefined) {
    if (typeof kind !== 'string') errors.push(fieldError.invalid(at('kind'), kind, 'must be a string'));
    else if (kind === '') errors.push(fieldError.invalid(at('kind'), kind, 'must not be empty'));
    else {
      const problems = dns1035Label(kind.toLowerCase());
      if (problems.length > 0)
        errors.push(
          fieldError.invalid(
            at('kind'),
            kind,
            `may have mixed case, but should otherwise match: ${problems.join(',')}`,
          ),
        );
    }
  }
  if (!isObject(metadata)) return;
  const meta = metadata as ObjectMeta;
  const named = (meta.name ?? '') === '' ? { ...meta, name: 'fakename' } : meta;
  const namespaced = (meta.namespace ?? '') !== '';
  errors.push(...validateObjectMeta(named, { namespaced, validateName: nameIsPathSegment, field: at('metadata') }));
}
