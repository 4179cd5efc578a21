import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { type Structural, structuralOf } from '../../../apimachinery/structural/structural.ts';
import { cardinalityBelow, RuleChecks } from './check-rules.ts';
import { validateDefaults } from './validate-defaults.ts';
import { validateRules } from './validate-rules.ts';
import { validateStructural } from './validate-structural.ts';

/** Schemas that nest deeper are refused: walks over them are recursive. */
const maxDepth = 100;
const maxErrors = 100;
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** What may stand beside the status of a kind with a status subresource, whose validation is that of its property alone. */
const allowedAtRoot =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';
const allowedNames: ReadonlySet<string> = new Set([
  ...allowedAtRoot.split(' ').map((name) => name.charAt(0).toLowerCase() + name.slice(1)),
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

/** What is wrong with the schema of a version (apiextensions' validateCustomResourceDefinitionValidation). `isStored`: see RuleChecks. */
export function validateSchema(
  schema: JsonObject,
  path: string,
  withStatus: boolean,
  isStored: (expression: string) => boolean = () => false,
): FieldError[] {
  if (depthOf(schema, 0) > maxDepth)
    return [fieldError.invalid(path, '', `must not be nested deeper than ${maxDepth} levels`)];
  const errors: FieldError[] = [];
  if (withStatus) validateRoot(schema, path, errors);
  if (schema['nullable'] === true)
    errors.push(fieldError.forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  const structural = validateStructural(schema, path);
  errors.push(...structural);
  const form = structuralOf(schema);
  if (structural.length === 0) errors.push(...validateDefaults(form, path));
  // Rules are compiled only over a form that is right so far.
  const rules = new RuleChecks(isStored);
  const node: RuleNode | undefined = errors.length === 0 ? { structural: form, cardinality: 1 } : undefined;
  new OpenApiRules(errors, rules).node(schema, path, {
    root: true,
    insideMeta: false,
    noDefaults: undefined,
    rules: node,
    uncorrelatable: undefined,
  });
  errors.push(...rules.errors, ...rules.total(path));
  if (errors.length > maxErrors) errors.length = maxErrors;
  return errors;
}

function validateRoot(schema: JsonObject, path: string, errors: FieldError[]): void {
  for (const name of Object.keys(schema)) {
    const value = schema[name];
    if (value === undefined || value === false || value === '') continue;
    if (name === 'type') {
      if (value === 'object') continue;
      const detail =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      errors.push(fieldError.invalid(`${path}.type`, value, detail));
      return;
    }
    if (allowedNames.has(name)) continue;
    const detail = `only [${allowedAtRoot}] fields are allowed at the root of the schema if the status subresource is enabled`;
    errors.push(fieldError.invalid(path, goSyntax('apiextensions.JSONSchemaProps{}'), detail));
    return;
  }
}

type Place = {
  readonly root: boolean;
  readonly insideMeta: boolean;
  /** Why defaults are not allowed here. */
  readonly noDefaults: string | undefined;
  /** Undefined where rules are not compiled: within value validations, and when the form is wrong. */
  readonly rules: RuleNode | undefined;
  /** The first node at or above this one whose values have no earlier state. */
  readonly uncorrelatable: string | undefined;
};

type RuleNode = { readonly structural: Structural; readonly cardinality: number | undefined };

/** The rules over single keywords, whatever the structure. */
class OpenApiRules {
  readonly #errors: FieldError[];
  readonly #rules: RuleChecks;

  constructor(errors: FieldError[], rules: RuleChecks) {
    this.#errors = errors;
    this.#rules = rules;
  }

  node(schema: JsonObject, path: string, place: Place): void {
    if (this.#errors.length > maxErrors) return;
    const before = this.#errors.length;
    this.#unsupported(schema, path, place);
    const nested = { ...place, root: false };
    const cardinality = cardinalityBelow(schema, place.rules?.cardinality);
    const below = (structural: Structural | boolean | undefined): RuleNode | undefined =>
      place.rules === undefined || typeof structural !== 'object' ? undefined : { structural, cardinality };
    const form = place.rules?.structural;
    const { additionalProperties, properties, items, not } = schema;
    if (schema['uniqueItems'] === true)
      this.#forbid(
        path,
        'uniqueItems',
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      );
    if (additionalProperties !== undefined) {
      const hasProperties = isObject(properties) && Object.keys(properties).length > 0;
      if (hasProperties && additionalProperties !== true)
        this.#forbid(path, 'additionalProperties', 'additionalProperties and properties are mutual exclusive');
      const noDefaults = place.insideMeta
        ? 'inside additionalProperties applying to object metadata'
        : nested.noDefaults;
      if (isObject(additionalProperties))
        this.node(additionalProperties, `${path}.additionalProperties`, {
          ...nested,
          noDefaults,
          rules: below(form?.additional),
        });
    }
    if (isObject(properties)) {
      for (const [name, property] of Object.entries(properties)) {
        if (!isObject(property)) continue;
        const meta =
          (place.root || schema['x-kubernetes-embedded-resource'] === true) &&
          ['metadata', 'kind', 'apiVersion'].includes(name);
        this.node(property, `${path}.properties[${name}]`, {
          root: false,
          insideMeta: place.insideMeta || meta,
          noDefaults: meta && place.root ? `in top-level ${name}` : nested.noDefaults,
          rules: below(form?.properties.get(name)),
          uncorrelatable: place.uncorrelatable,
        });
      }
    }
    const values = { ...nested, rules: undefined };
    if (isObject(not)) this.node(not, `${path}.not`, values);
    for (const key of ['allOf', 'oneOf', 'anyOf']) {
      const list = schema[key];
      if (!Array.isArray(list)) continue;
      list.forEach((each, i) => {
        if (isObject(each)) this.node(each, `${path}.${key}[${i}]`, values);
      });
    }
    if (isObject(items)) {
      const correlates = schema['x-kubernetes-list-type'] === 'map';
      const uncorrelatable = place.uncorrelatable ?? (correlates ? undefined : path);
      this.node(items, `${path}.items`, { ...nested, rules: below(form?.items), uncorrelatable });
    }
    if (schema['x-kubernetes-preserve-unknown-fields'] === false)
      this.#invalid(path, 'x-kubernetes-preserve-unknown-fields', false, 'must be true or undefined');
    this.#topology(schema, path);
    this.#errors.push(...validateRules(schema, path));
    if (place.rules === undefined || this.#errors.length > before) return;
    const isRoot = place.root || schema['x-kubernetes-embedded-resource'] === true;
    this.#rules.node(schema, path, { ...place.rules, isRoot, uncorrelatable: place.uncorrelatable });
  }

  #forbid(path: string, field: string, detail: string): void {
    this.#errors.push(fieldError.forbidden(`${path}.${field}`, detail));
  }

  #invalid(path: string, field: string, value: unknown, detail: string): void {
    this.#errors.push(fieldError.invalid(`${path}.${field}`, value, detail));
  }

  #unsupported(schema: JsonObject, path: string, { insideMeta, noDefaults }: Place): void {
    const type = schema['type'] ?? '';
    if (typeof type === 'string' && type !== '' && !types.includes(type))
      this.#errors.push(fieldError.notSupported(`${path}.type`, type, types));
    if (schema['default'] !== undefined && noDefaults !== undefined)
      this.#forbid(path, 'default', `must not be set ${noDefaults}`);
    for (const key of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'])
      if (schema[key] !== undefined) this.#forbid(path, key, `${key} is not supported`);
    if (type === 'null') this.#forbid(path, 'type', 'type cannot be set to null, use nullable as an alternative');
    if (Array.isArray(schema['items'])) this.#forbid(path, 'items', 'items must be a schema object and not an array');
    if (insideMeta && schema['x-kubernetes-embedded-resource'] === true)
      this.#forbid(path, 'x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  }

  /** x-kubernetes-map-type, x-kubernetes-list-type and the keys of lists. */
  #topology(schema: JsonObject, path: string): void {
    const type = textOf(schema['type']);
    const mapType = schema['x-kubernetes-map-type'];
    const listType = schema['x-kubernetes-list-type'];
    const items = isObject(schema['items']) ? schema['items'] : undefined;
    const keys = Array.isArray(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'] : [];
    const requireType = (wanted: string, extension: string) => {
      const detail = `must be ${wanted} if ${extension} is specified`;
      if (type === '') this.#errors.push(fieldError.required(`${path}.type`, detail));
      else if (type !== wanted) this.#invalid(path, 'type', type, detail);
    };
    if (mapType !== undefined) {
      requireType('object', 'x-kubernetes-map-type');
      if (mapType !== 'atomic' && mapType !== 'granular')
        this.#errors.push(fieldError.notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
    }
    if (listType !== undefined) {
      requireType('array', 'x-kubernetes-list-type');
      if (type === 'array' && listType === 'set' && items !== undefined) this.#setItems(items, path);
      if (listType !== 'atomic' && listType !== 'set' && listType !== 'map')
        this.#errors.push(
          fieldError.notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']),
        );
    }
    if (keys.length > 0 && listType !== 'map') {
      const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
      if (listType === undefined) this.#errors.push(fieldError.required(`${path}.x-kubernetes-list-type`, detail));
      else this.#invalid(path, 'x-kubernetes-list-type', listType, detail);
    }
    if (listType === 'map') this.#keyedList(schema, items, keys, path);
    if ((listType === 'map' || listType === 'set') && items?.['nullable'] === true)
      this.#forbid(path, 'items.nullable', 'cannot be nullable when x-kubernetes-list-type is ' + listType);
  }

  #setItems(items: JsonObject, path: string): void {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const itemType = items['type'];
    const list = items['x-kubernetes-list-type'];
    const shown = list === undefined ? null : list;
    if (itemType === 'array' && list !== undefined && list !== 'atomic')
      this.#invalid(path, 'items.x-kubernetes-list-type', shown, detail);
    if (itemType === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
      this.#invalid(path, 'items.x-kubernetes-map-type', shown, detail);
  }

  #keyedList(schema: JsonObject, items: JsonObject | undefined, keys: readonly Json[], path: string): void {
    const field = 'x-kubernetes-list-map-keys';
    if (keys.length === 0)
      this.#errors.push(fieldError.required(`${path}.${field}`, 'must not be empty if x-kubernetes-list-type is map'));
    if (schema['items'] === undefined)
      this.#errors.push(fieldError.required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    if (items === undefined) return;
    if (items['type'] !== 'object') {
      const detail = "must be object if parent array's x-kubernetes-list-type is map";
      this.#invalid(path, 'items.type', textOf(items['type']), detail);
      return;
    }
    const shown = goSyntax(`[]string{${keys.map((key) => JSON.stringify(key)).join(', ')}}`);
    const properties = isObject(items['properties']) ? items['properties'] : {};
    const required = Array.isArray(items['required']) ? items['required'] : [];
    keys.forEach((key, i) => {
      const name = textOf(key);
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (!isObject(property)) this.#invalid(path, field, shown, 'entries must all be names of item properties');
      else if (property['type'] === 'array' || property['type'] === 'object') {
        const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
        this.#invalid(path, `items.properties[${name}].type`, 'object', detail);
      }
      if (keys.indexOf(key) < i) this.#invalid(path, field, shown, 'must not contain duplicate entries');
    });
    for (const key of new Set(keys.map(textOf))) {
      const property = properties[key];
      if (!isObject(property)) continue;
      const at = `${path}.items.properties[${key}]`;
      if (property['default'] === undefined && !required.includes(key))
        this.#errors.push(
          fieldError.required(
            `${at}.default`,
            'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
          ),
        );
      if (property['nullable'] === true)
        this.#errors.push(
          fieldError.forbidden(
            `${at}.nullable`,
            'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
          ),
        );
    }
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function depthOf(value: Json | undefined, depth: number): number {
  if (depth > maxDepth * 3 || typeof value !== 'object' || value === null) return depth / 2;
  let deepest = depth / 2;
  for (const each of Array.isArray(value) ? value : Object.values(value))
    deepest = Math.max(deepest, depthOf(each, depth + 1));
  return deepest;
}
