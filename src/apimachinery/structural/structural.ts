import { isObject, type Json, type JsonObject } from '../json.ts';

/**
 * A node of a CustomResourceDefinition's schema as pruning, defaulting and validation walk it. Made once from JSONSchemaProps; immutable. The value
 * validations (limits, patterns, anyOf …) stay in `props`.
 */
export type Structural = {
  readonly props: JsonObject;
  /** '' when the node says none. */
  readonly type: string;
  readonly properties: ReadonlyMap<string, Structural>;
  /** A schema, or whether undeclared keys are allowed at all; undefined when nothing is said. */
  readonly additional: Structural | boolean | undefined;
  readonly items: Structural | undefined;
  readonly default: Json | undefined;
  readonly nullable: boolean;
  readonly preserveUnknown: boolean;
  readonly embeddedResource: boolean;
  readonly intOrString: boolean;
  readonly listType: string;
  readonly listMapKeys: readonly string[];
  readonly mapType: string;
  /** This node or one below it has a default: the others need not be walked for defaulting. */
  readonly hasDefaults: boolean;
  /** Some node below this one is an embedded resource. */
  readonly hasEmbedded: boolean;
  /** This node or one below it, value validations not counted, has rules in CEL. */
  readonly hasRules: boolean;
};

const noProperties: ReadonlyMap<string, Structural> = new Map();
const noKeys: readonly string[] = [];

/** Reads JSONSchemaProps (`spec.versions[*].schema.openAPIV3Schema`). Never throws: what does not make sense is as if absent. */
export function structuralOf(props: JsonObject): Structural {
  const properties = propertiesOf(props['properties']);
  const given = props['additionalProperties'];
  const additional = isObject(given) ? structuralOf(given) : typeof given === 'boolean' ? given : undefined;
  const items = isObject(props['items']) ? structuralOf(props['items']) : undefined;
  const own = props['default'];
  const below = [...properties.values()];
  if (typeof additional === 'object') below.push(additional);
  if (items !== undefined) below.push(items);
  const embeddedResource = props['x-kubernetes-embedded-resource'] === true;
  return {
    props,
    type: text(props['type']),
    properties,
    additional,
    items,
    default: own === null ? undefined : own,
    nullable: props['nullable'] === true,
    preserveUnknown: props['x-kubernetes-preserve-unknown-fields'] === true,
    embeddedResource,
    intOrString: props['x-kubernetes-int-or-string'] === true,
    listType: text(props['x-kubernetes-list-type']),
    listMapKeys: strings(props['x-kubernetes-list-map-keys']),
    mapType: text(props['x-kubernetes-map-type']),
    hasDefaults: (own !== undefined && own !== null) || below.some((each) => each.hasDefaults),
    hasEmbedded: embeddedResource || below.some((each) => each.hasEmbedded),
    hasRules: hasOwnRules(props) || below.some((each) => each.hasRules),
  };
}

function hasOwnRules(props: JsonObject): boolean {
  const rules = props['x-kubernetes-validations'];
  return Array.isArray(rules) && rules.length > 0;
}

function propertiesOf(given: Json | undefined): ReadonlyMap<string, Structural> {
  if (!isObject(given)) return noProperties;
  const properties = new Map<string, Structural>();
  for (const [name, each] of Object.entries(given)) if (isObject(each)) properties.set(name, structuralOf(each));
  return properties;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function strings(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : noKeys;
}

/** The schema of values that a version without a schema has: everything is kept. */
export const preserveEverything: Structural = structuralOf({
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
});

/** The schema of a member of an object: of the property, else of additional properties. */
export function memberOf(schema: Structural, name: string): Structural | undefined {
  const property = schema.properties.get(name);
  if (property !== undefined) return property;
  return typeof schema.additional === 'object' ? schema.additional : undefined;
}

/** A null that neither the schema allows nor a default replaces: as if the field were not there. */
export function isDroppedNull(value: Json, schema: Structural | undefined): boolean {
  return value === null && schema !== undefined && !schema.nullable && schema.default === undefined;
}
