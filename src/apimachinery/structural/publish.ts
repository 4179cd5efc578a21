import { isObject, type Json, type JsonObject } from '../json.ts';
import type { GroupVersionKind } from '../object.ts';

/** In what the two versions of OpenAPI differ for custom resources. */
export type PublishOptions = {
  readonly v2: boolean;
  readonly gvk: GroupVersionKind;
  /** Reference to ObjectMeta in the document. */
  readonly metadata: JsonObject;
  /** The names of selectable fields, as JSON paths. */
  readonly selectableFields: readonly string[];
};

/** The texts that every published kind carries for its two first fields (metav1.TypeMeta's own documentation, which clients show). */
export type TypeMetaTexts = { readonly apiVersion: string | undefined; readonly kind: string | undefined };

/**
 * The OpenAPI definition of a custom resource's version: its schema with apiVersion, kind and metadata put in. OpenAPI v2 cannot say everything: what it cannot
 * express is left out, as apiextensions-apiserver does. Without a schema it is just an object.
 */
export function publishedDefinition(
  schema: JsonObject | undefined,
  options: PublishOptions,
  texts: TypeMetaTexts,
): JsonObject {
  const gvk = { group: options.gvk.group, kind: options.gvk.kind, version: options.gvk.version };
  const closing: JsonObject = {
    'x-kubernetes-group-version-kind': [gvk],
    ...(options.selectableFields.length === 0 || options.v2
      ? {}
      : { 'x-kubernetes-selectable-fields': options.selectableFields.map((fieldPath) => ({ fieldPath })) }),
  };
  const open = schema === undefined || (options.v2 && schema['x-kubernetes-preserve-unknown-fields'] === true);
  if (open) return { type: 'object', ...closing };
  const published = publish(schema, options.v2);
  const properties = isObject(published['properties']) ? published['properties'] : {};
  published['properties'] = {
    ...properties,
    apiVersion: typeMetaField(texts.apiVersion),
    kind: typeMetaField(texts.kind),
    metadata: options.metadata,
  };
  return { ...published, ...closing };
}

function typeMetaField(description: string | undefined): JsonObject {
  return { type: 'string', ...(description === undefined ? {} : { description }) };
}

/** Keys that hold one schema, several, or schemas by name. */
const single = new Set(['items', 'additionalProperties', 'not']);
const several = new Set(['allOf', 'anyOf', 'oneOf']);
const beyondV2 = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default', 'x-kubernetes-validations']);

function publish(schema: JsonObject, v2: boolean): JsonObject {
  const nullable = v2 && schema['nullable'] === true;
  const opaque = v2 && (nullable || schema['x-kubernetes-preserve-unknown-fields'] === true);
  const copy: JsonObject = {};
  for (const key of Object.keys(schema)) {
    const value = schema[key];
    if (value === undefined || (v2 && beyondV2.has(key))) continue;
    if (nullable && key === 'type') continue;
    if (opaque && (key === 'items' || key === 'properties')) continue;
    copy[key] = publishMember(key, value, v2);
  }
  if (v2 && isObject(schema['properties']) && Array.isArray(copy['required'])) dropNullable(copy, schema['properties']);
  return copy;
}

function publishMember(key: string, value: Json, v2: boolean): Json {
  if (single.has(key)) return isObject(value) ? publish(value, v2) : value;
  if (several.has(key) && Array.isArray(value)) return value.map((each) => (isObject(each) ? publish(each, v2) : each));
  if (key !== 'properties' || !isObject(value)) return value;
  const properties: JsonObject = {};
  for (const name of Object.keys(value)) {
    const each = value[name];
    if (isObject(each)) properties[name] = publish(each, v2);
  }
  return properties;
}

/** kubectl takes a required field that is null for a missing one. */
function dropNullable(copy: JsonObject, properties: JsonObject): void {
  const required = (copy['required'] as Json[]).filter((name) => {
    const property = typeof name === 'string' ? properties[name] : undefined;
    return !(isObject(property) && property['nullable'] === true);
  });
  if (required.length === 0) delete copy['required'];
  else copy['required'] = required;
}
