import { RE2JS } from 're2js';
import { type FieldError, fieldError, formatFieldErrorBody } from '../../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';

/**
 * What keeps a schema from being structural (apiextensions-apiserver's ValidateStructural): every node has a type, value validations say nothing about
 * structure, and speak only of fields that the structure has. Errors are in the order of their texts.
 */
export function validateStructural(schema: JsonObject, path: string): FieldError[] {
  const rules = new StructuralRules();
  rules.node(schema, path, 'root');
  rules.completeness(schema, schema, path, path);
  return rules.errors.toSorted((a, b) => (textOfError(a) < textOfError(b) ? -1 : 1));
}

function textOfError(error: FieldError): string {
  return `${error.field}: ${formatFieldErrorBody(error)}`;
}

type Level = 'root' | 'item' | 'field';
const whose: Readonly<Record<Level, string>> = {
  root: 'at the root',
  item: 'for specified array items',
  field: 'for specified object fields',
};
const junctors = ['allOf', 'anyOf', 'oneOf'] as const;

class StructuralRules {
  readonly errors: FieldError[] = [];

  node(schema: JsonObject, path: string, level: Level): void {
    const { items, additionalProperties } = schema;
    const type = text(schema['type']);
    const properties = objects(schema['properties']);
    const embedded = schema['x-kubernetes-embedded-resource'] === true;
    const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
    const intOrString = schema['x-kubernetes-int-or-string'] === true;
    if (type === 'array' && items === undefined) this.#required(`${path}.items`, 'must be specified');
    if (isObject(items)) this.node(items, `${path}.items`, 'item');
    for (const [name, property] of properties) this.node(property, `${path}.properties[${name}]`, 'field');
    if (additionalProperties !== undefined) {
      if (level === 'root') this.#forbid(`${path}.additionalProperties`, 'must not be used at the root');
      if (isObject(additionalProperties)) this.node(additionalProperties, `${path}.additionalProperties`, 'field');
      if (embedded)
        this.#forbid(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set');
    }
    const notWithIntOrString = 'must be false if x-kubernetes-int-or-string is true';
    if (intOrString && keeps) this.#invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, notWithIntOrString);
    if (intOrString && embedded) this.#invalid(`${path}.x-kubernetes-embedded-resource`, true, notWithIntOrString);
    this.#values(schema, path, isIntOrString(schema['anyOf']), firstIsIntOrString(schema['allOf']));
    this.#type(type, path, level, { embedded, open: intOrString || keeps });
    const ofResource = level === 'root' || embedded;
    for (const name of ['kind', 'apiVersion']) {
      const property = properties.get(name);
      if (ofResource && property !== undefined && property['type'] !== 'string')
        this.#invalid(`${path}.properties[${name}].type`, text(property['type']), 'must be string');
    }
    const metadata = properties.get('metadata');
    if (metadata !== undefined) this.#metadata(metadata, `${path}.properties[metadata]`, ofResource, level);
    if (embedded && !keeps && properties.size === 0)
      this.#required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      );
  }

  #type(type: string, path: string, level: Level, { embedded, open }: { embedded: boolean; open: boolean }): void {
    if (embedded && type !== 'object') {
      const detail = 'must be object if x-kubernetes-embedded-resource is true';
      if (type === '') this.#required(`${path}.type`, detail);
      else this.#invalid(`${path}.type`, type, detail);
    } else if (type === '' && !open) this.#required(`${path}.type`, `must not be empty ${whose[level]}`);
    if (level === 'root' && type !== '' && type !== 'object')
      this.#invalid(`${path}.type`, type, 'must be object at the root');
  }

  #metadata(metadata: JsonObject, path: string, ofResource: boolean, level: Level): void {
    if (ofResource && metadata['type'] !== 'object')
      this.#invalid(`${path}.type`, text(metadata['type']), 'must be object');
    if (level !== 'root') return;
    const names = [...objects(metadata['properties']).keys()];
    const others = Object.keys(metadata).filter(
      (key) => !['type', 'default', 'description', 'properties'].includes(key) && metadata[key] !== undefined,
    );
    const fine = names.every((name) => name === 'name' || name === 'generateName') && others.length === 0;
    if (!fine || text(metadata['description']) !== '')
      this.#forbid(
        path,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      );
  }

  #values(schema: JsonObject, path: string, skipAnyOf: boolean, skipFirstAllOf: boolean): void {
    for (const junctor of junctors) {
      const list = schema[junctor];
      if (!Array.isArray(list) || (junctor === 'anyOf' && skipAnyOf)) continue;
      list.forEach((each, i) => {
        if (isObject(each))
          this.#nested(each, `${path}.${junctor}[${i}]`, junctor === 'allOf' && i === 0 && skipFirstAllOf);
      });
    }
    if (isObject(schema['not'])) this.#nested(schema['not'], `${path}.not`, false);
    const pattern = text(schema['pattern']);
    if (pattern === '') return;
    try {
      RE2JS.compile(pattern);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${why}`);
    }
  }

  /** A value validation below a junctor may not say anything about structure. */
  #nested(schema: JsonObject, path: string, skipAnyOf: boolean): void {
    this.#values(schema, path, skipAnyOf, false);
    if (isObject(schema['items'])) this.#nested(schema['items'], `${path}.items`, false);
    const properties = objects(schema['properties']);
    for (const [name, property] of properties) this.#nested(property, `${path}.properties[${name}]`, false);
    for (const [field, state] of nestedRules) {
      const value = schema[field];
      const isUnset =
        value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0);
      if (!isUnset) this.#forbid(`${path}.${field}`, `must be ${state} to be structural`);
    }
    if (properties.has('metadata'))
      this.#forbid(`${path}.properties[metadata]`, 'must not be specified in a nested context');
  }

  /** Fields and items that a value validation speaks of must be in the structure too. */
  completeness(values: JsonObject, structure: JsonObject, structurePath: string, valuePath: string): void {
    for (const junctor of junctors) {
      const list = values[junctor];
      if (!Array.isArray(list)) continue;
      list.forEach((each, i) => {
        if (isObject(each)) this.#nestedCompleteness(each, structure, structurePath, `${valuePath}.${junctor}[${i}]`);
      });
    }
    if (isObject(values['not'])) this.#nestedCompleteness(values['not'], structure, structurePath, `${valuePath}.not`);
  }

  #nestedCompleteness(values: JsonObject, structure: JsonObject, structurePath: string, valuePath: string): void {
    this.completeness(values, structure, structurePath, valuePath);
    if (isObject(values['items'])) {
      const path = `${structurePath}.items`;
      if (isObject(structure['items']))
        this.#nestedCompleteness(values['items'], structure['items'], path, `${valuePath}.items`);
      else this.#required(path, `because it is defined in ${valuePath}.items`);
    }
    const declared = objects(structure['properties']);
    for (const [name, property] of objects(values['properties'])) {
      const own = declared.get(name);
      const [path, origin] = [`${structurePath}.properties[${name}]`, `${valuePath}.properties[${name}]`];
      if (own === undefined) this.#required(path, `because it is defined in ${origin}`);
      else this.#nestedCompleteness(property, own, path, origin);
    }
  }

  #required(path: string, detail: string): void {
    this.errors.push(fieldError.required(path, detail));
  }

  #forbid(path: string, detail: string): void {
    this.errors.push(fieldError.forbidden(path, detail));
  }

  #invalid(path: string, value: unknown, detail: string): void {
    this.errors.push(fieldError.invalid(path, value, detail));
  }
}

const nestedRules: readonly (readonly [field: string, state: string])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];

/** `anyOf: [{type: integer}, {type: string}]`, the form in which int-or-string may be spelled out. */
function isIntOrString(list: Json | undefined): boolean {
  return (
    Array.isArray(list) &&
    list.length === 2 &&
    list.every(
      (each, i) => isObject(each) && Object.keys(each).length === 1 && each['type'] === ['integer', 'string'][i],
    )
  );
}

function firstIsIntOrString(list: Json | undefined): boolean {
  return Array.isArray(list) && isObject(list[0]) && isIntOrString(list[0]['anyOf']);
}

function objects(value: Json | undefined): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  if (isObject(value)) for (const [name, each] of Object.entries(value)) if (isObject(each)) found.set(name, each);
  return found;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
