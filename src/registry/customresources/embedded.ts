import { objectMetaSchema } from '../../api/builtin-types.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { GroupVersionKind } from '../../apimachinery/object.ts';
import { DecodeError, decodeObject } from '../../apimachinery/schema/decode.ts';
import { memberOf, type Structural } from '../../apimachinery/structural/structural.ts';
import { cannotBeHandled } from './refusal.ts';

/**
 * Fits the metadata of embedded resources (x-kubernetes-embedded-resource) to ObjectMeta, in place; paths of unknown fields are added to `unknown`.
 * @throws DecodeError 400 when apiVersion or kind is no text, or metadata does not fit.
 */
export function coerceEmbedded(object: JsonObject, schema: Structural, gvk: GroupVersionKind, unknown: string[]): void {
  for (const [name, property] of schema.properties) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value !== undefined) coerce(value, property, name, gvk, unknown);
  }
}

function coerce(value: Json, schema: Structural, path: string, gvk: GroupVersionKind, unknown: string[]): void {
  if (!schema.hasEmbedded) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined)
      for (let i = 0; i < value.length; i++) coerce(value[i] as Json, items, `${path}[${i}]`, gvk, unknown);
    return;
  }
  if (!isObject(value)) return;
  if (schema.embeddedResource) fitTypeAndMeta(value, path, gvk, unknown);
  for (const name of Object.keys(value)) {
    const member = memberOf(schema, name);
    if (member !== undefined) coerce(value[name] as Json, member, `${path}.${name}`, gvk, unknown);
  }
}

function fitTypeAndMeta(object: JsonObject, path: string, gvk: GroupVersionKind, unknown: string[]): void {
  for (const name of ['apiVersion', 'kind']) {
    const value = object[name];
    if (value !== undefined && typeof value !== 'string') refuse(`${path}.${name}`, value, 'must be a string', gvk);
  }
  const { metadata } = object;
  if (metadata === undefined || metadata === null) return;
  if (!isObject(metadata))
    refuse(`${path}.metadata`, metadata, `json: cannot unmarshal into Go value of type v1.ObjectMeta`, gvk);
  try {
    const { object: fitted, unknown: dropped } = decodeObject(metadata, objectMetaSchema);
    object['metadata'] = fitted as JsonObject;
    for (const text of dropped) {
      const field = /"(.*)"$/.exec(text)?.[1];
      if (field !== undefined) unknown.push(`${path}.metadata.${field}`);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    refuse(`${path}.metadata`, metadata, error.problem, gvk);
  }
}

function refuse(path: string, value: Json, why: string, gvk: GroupVersionKind): never {
  const shown = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value).slice(0, 1024);
  const problem = `${path}: Invalid value: ${shown}: ${why}`;
  throw new DecodeError(problem, cannotBeHandled(gvk, problem));
}
