import { type CelType, escapeName } from '../../cel/index.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { Structural } from '../structural.ts';
import { celTypeOf } from './cel-type.ts';
import { type CompiledRule, compileRules } from './compile.ts';

/** The rules of a schema's node and of what is below it. Only nodes on the way to a rule are there. */
export type RuleTree = {
  readonly schema: Structural;
  /** How rules see the values of this node; undefined when they cannot. */
  readonly type: CelType | undefined;
  /** Compiled when the first value of this node comes. */
  rules(): readonly CompiledRule[];
  readonly count: number;
  readonly items: RuleTree | undefined;
  readonly additional: RuleTree | undefined;
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly allOf: readonly RuleTree[];
};

const rulesKey = 'x-kubernetes-validations';

/** The rules of a schema (x-kubernetes-validations); undefined when its spine has none. `isRoot`: it is a resource. */
export function ruleTreeOf(schema: Structural, isRoot: boolean): RuleTree | undefined {
  // Rules only inside of allOf do not count, as upstream.
  return schema.hasRules ? build(schema.props, schema, isRoot) : undefined;
}

/** `validations` says which rules there are, `schema` of what type the values are: they are the same but inside of allOf. */
function build(validations: JsonObject, schema: Structural, isRoot: boolean): RuleTree | undefined {
  const own = validations[rulesKey];
  const given = Array.isArray(own) ? own.filter(isObject) : [];
  const type = lazy(() => celTypeOf(schema, isRoot, 'selfType'));
  const items =
    isObject(validations['items']) && schema.items !== undefined
      ? build(validations['items'], schema.items, schema.items.embeddedResource)
      : undefined;
  const { additional } = schema;
  const more =
    isObject(validations['additionalProperties']) && typeof additional === 'object'
      ? build(validations['additionalProperties'], additional, additional.embeddedResource)
      : undefined;
  const properties = propertyTrees(validations['properties'], schema);
  const allOf = (Array.isArray(validations['allOf']) ? validations['allOf'] : [])
    .filter(isObject)
    .map((each) => build(each, schema, isRoot))
    .filter((each) => each !== undefined);
  if (given.length === 0 && items === undefined && more === undefined && properties.size === 0 && allOf.length === 0)
    return undefined;
  const rules = lazy(() => compileRules(given, schema, type()));
  return {
    schema,
    get type() {
      return type();
    },
    rules,
    count: given.length,
    items,
    additional: more,
    properties,
    allOf,
  };
}

function propertyTrees(given: Json | undefined, schema: Structural): ReadonlyMap<string, RuleTree> {
  const trees = new Map<string, RuleTree>();
  if (!isObject(given)) return trees;
  for (const name of Object.keys(given)) {
    const validations = given[name];
    const property = schema.properties.get(name);
    if (!isObject(validations) || property === undefined) continue;
    // What CEL cannot name it may still look at by itself; what has no type is left out with all that is below.
    if (escapeName(name) !== undefined && celTypeOf(property, property.embeddedResource, '') === undefined) continue;
    const tree = build(validations, property, property.embeddedResource);
    if (tree !== undefined) trees.set(name, tree);
  }
  return trees;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
