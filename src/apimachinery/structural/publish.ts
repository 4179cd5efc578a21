import { isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import type { GroupVersionKind } from '../object.ts';

/** In what the two versions of OpenAPI differ for custom resources. */
export type PublishOptions = {
  readonly v2: boolean;
  readonly gvk: GroupVersionKind;
  /** The properties apiVersion, kind and metadata as every kind has them. */
  readonly standard: JsonObject;
  /** The paths of selectable fields: `spec.color`. */
  readonly selectableFields: readonly string[];
};

/**
 * The OpenAPI definition of a custom resource's version: its schema with apiVersion, kind and metadata put in. OpenAPI v2 cannot say everything: what it cannot
 * express is left out, as apiextensions-apiserver does. Without a schema it is just an object.
 */
export function publishedDefinition(schema: JsonObject | undefined, options: PublishOptions): JsonObject {
  const gvk = { group: options.gvk.group, kind: options.gvk.kind, version: options.gvk.version };
  const closing: JsonObject = {
    'x-kubernetes-group-version-kind': [gvk],
    ...(options.selectableFields.length === 0
      ? {}
      : { 'x-kubernetes-selectable-fields': options.selectableFields.map((fieldPath) => ({ fieldPath })) }),
  };
  const open = schema === undefined || (options.v2 && schema['x-kubernetes-preserve-unknown-fields'] === true);
  if (open) return { type: 'object', ...closing };
  const published = new Publisher(options).node(schema);
  const properties = isObject(published['properties']) ? published['properties'] : {};
  published['properties'] = { ...properties, ...options.standard };
  return { ...published, ...closing };
}

/** Keys that hold one schema, several, or schemas by name. */
const single = new Set(['items', 'additionalProperties', 'not']);
const several = new Set(['allOf', 'anyOf', 'oneOf']);
const beyondV2 = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default', 'x-kubernetes-validations']);

class Publisher {
  readonly #v2: boolean;
  readonly #standard: JsonObject;

  constructor({ v2, standard }: PublishOptions) {
    this.#v2 = v2;
    this.#standard = standard;
  }

  node(schema: JsonObject): JsonObject {
    const v2 = this.#v2;
    // What may be null, or have any fields, says nothing in OpenAPI v2.
    const opaque = v2 && (schema['nullable'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true);
    const copy: JsonObject = {};
    for (const key of Object.keys(schema)) {
      const value = schema[key];
      if (value === undefined || (v2 && beyondV2.has(key))) continue;
      if (opaque && (key === 'type' || key === 'items' || key === 'properties')) continue;
      copy[key] = this.#member(key, value);
    }
    if (schema['x-kubernetes-embedded-resource'] === true && !opaque) {
      copy['properties'] = { ...(isObject(copy['properties']) ? copy['properties'] : {}), ...this.#standard };
      const required = Array.isArray(copy['required']) ? copy['required'] : [];
      copy['required'] = [...required, ...['kind', 'apiVersion'].filter((name) => !required.includes(name))];
    }
    if (v2 && isObject(schema['properties']) && Array.isArray(copy['required']))
      dropNullable(copy, schema['properties']);
    return copy;
  }

  #member(key: string, value: Json): Json {
    if (single.has(key)) return isObject(value) ? this.node(value) : value;
    if (several.has(key) && Array.isArray(value)) return value.map((each) => (isObject(each) ? this.node(each) : each));
    if (key !== 'properties' || !isObject(value)) return value;
    const properties: JsonObject = {};
    for (const name of Object.keys(value)) {
      const each = value[name];
      if (isObject(each)) setOwn(properties, name, this.node(each));
    }
    return properties;
  }
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
