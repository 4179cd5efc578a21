import { type FieldError, fieldError, goSyntax, type GoSyntax } from '../../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { celTypeOf } from '../../../apimachinery/structural/rules/cel-type.ts';
import { type CompiledRule, compileRules } from '../../../apimachinery/structural/rules/compile.ts';
import type { CrdVersion } from './types.ts';
import type { Structural } from '../../../apimachinery/structural/structural.ts';

/** Estimated costs that one rule, and all rules of a schema, may have. */
const ruleCostLimit = 10_000_000;
const schemaCostLimit = 100_000_000;
/** So many of the most expensive rules are named when all together cost too much; those below a hundredth of the limit are not. */
const namedRules = 4;
/** Costs saturate here, as upstream's 64 bits do. */
const endlessCost = 2 ** 64;

/** Where a node with rules stands. */
export type RulePlace = {
  readonly structural: Structural;
  readonly isRoot: boolean;
  /** How often values of the node can be in one object at most; undefined when nothing bounds it. */
  readonly cardinality: number | undefined;
  /** The first node above (or this one) whose values cannot be found again in an earlier state of the object. */
  readonly uncorrelatable: string | undefined;
};

/** Compiles the rules of a schema, node by node, and adds up what they may cost. */
export class RuleChecks {
  readonly errors: FieldError[] = [];
  readonly #isStored: (expression: string) => boolean;
  #total = 0;
  #expensive: { readonly path: string; readonly cost: number }[] = [];

  /** `isStored`: an expression has been accepted before, and may use what the release brought. */
  constructor(isStored: (expression: string) => boolean) {
    this.#isStored = isStored;
  }

  /** Compiles the rules of one node, whose form is right already. */
  node(schema: JsonObject, path: string, place: RulePlace): void {
    const given = schema['x-kubernetes-validations'];
    if (!Array.isArray(given)) return;
    const rules = given.filter(isObject);
    const type = celTypeOf(place.structural, place.isRoot, 'selfType');
    const field = `${path}.x-kubernetes-validations`;
    if (type === undefined) {
      const detail =
        'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations';
      this.errors.push({ type: 'InternalError', field, detail });
      return;
    }
    compileRules(rules, place.structural, type, this.#isStored).forEach((compiled, i) =>
      this.#rule(compiled, rules[i] ?? {}, `${field}[${i}]`, place),
    );
  }

  #rule(compiled: CompiledRule, given: JsonObject, path: string, place: RulePlace): void {
    const { errors } = this;
    const cost = times(compiled.maxCost, place.cardinality ?? compiled.maxCardinality);
    if (cost > ruleCostLimit)
      errors.push(fieldError.forbidden(`${path}.rule`, exceeds('estimated rule cost', cost, ruleCostLimit)));
    this.#observe(`${path}.rule`, cost);
    if (compiled.error !== undefined) errors.push(fieldError.invalid(`${path}.rule`, shownRule(given), compiled.error));
    if (compiled.messageError !== undefined)
      errors.push(fieldError.invalid(`${path}.messageExpression`, shownRule(given), compiled.messageError));
    else if (compiled.messageExpression !== undefined) {
      const { messageMaxCost } = compiled;
      if (messageMaxCost > ruleCostLimit) {
        const detail = exceeds('estimated messageExpression cost', messageMaxCost, ruleCostLimit);
        errors.push(fieldError.forbidden(`${path}.messageExpression`, detail));
      }
      this.#observe(`${path}.messageExpression`, messageMaxCost);
    }
    const { optionalOldSelf, rule } = given;
    if (compiled.usesOldSelf) {
      if (place.uncorrelatable !== undefined) {
        const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
        errors.push(fieldError.invalid(`${path}.rule`, rule, detail));
      }
    } else if (optionalOldSelf !== undefined && optionalOldSelf !== null) {
      const detail = 'may not be set if oldSelf is not used in rule';
      errors.push(fieldError.invalid(`${path}.optionalOldSelf`, optionalOldSelf, detail));
    }
  }

  #observe(path: string, cost: number): void {
    this.#total = Math.min(endlessCost, this.#total + cost);
    if (cost < schemaCostLimit / 100) return;
    this.#expensive = [...this.#expensive, { path, cost }].toSorted((a, b) => b.cost - a.cost).slice(0, namedRules);
  }

  /** What is wrong with all rules together. */
  total(path: string): FieldError[] {
    if (this.#total <= schemaCostLimit) return [];
    const contributed = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.#expensive.map((each) => fieldError.forbidden(each.path, contributed)),
      fieldError.forbidden(path, exceeds(name, this.#total, schemaCostLimit)),
    ];
  }
}

function times(cost: number, cardinality: number): number {
  return cost === 0 ? 0 : Math.min(endlessCost, cost * cardinality);
}

function exceeds(what: string, cost: number, limit: number): string {
  const times = cost / limit;
  const factor = times > 100 ? 'more than 100x' : `${times < 1.5 ? times.toFixed(6) : times.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** A rule as Go prints its internal form. Of pointers it prints the address. */
function shownRule(given: JsonObject): GoSyntax {
  const text = (name: string): string => JSON.stringify(typeof given[name] === 'string' ? given[name] : '');
  const pointer = (type: string, value: Json | undefined): string =>
    `(*${type})(${value === undefined || value === null ? 'nil' : '0xc000000000'})`;
  return goSyntax(
    `apiextensions.ValidationRule{Rule:${text('rule')}, Message:${text('message')}, MessageExpression:${text('messageExpression')}, ` +
      `Reason:${pointer('apiextensions.FieldValueErrorReason', given['reason'])}, FieldPath:${text('fieldPath')}, ` +
      `OptionalOldSelf:${pointer('bool', given['optionalOldSelf'])}}`,
  );
}

/** Tells the expressions that the versions of a definition hold already; they are looked up when one is asked for. */
export function storedExpressions(versions: readonly CrdVersion[]): (expression: string) => boolean {
  let known: ReadonlySet<string> | undefined;
  return (expression) => (known ??= expressionsIn(versions)).has(expression);
}

function expressionsIn(versions: readonly CrdVersion[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    for (const name of Object.keys(value)) {
      const member = value[name];
      if (name === 'x-kubernetes-validations' && Array.isArray(member)) {
        for (const rule of member.filter(isObject))
          for (const text of [rule['rule'], rule['messageExpression']]) if (typeof text === 'string') found.add(text);
      } else visit(member);
    }
  };
  for (const { schema } of versions) visit(schema?.openAPIV3Schema);
  return found;
}

/** How many values a node has for each of the node above it: a list or map has as many as it may, anything else one. */
export function cardinalityBelow(schema: JsonObject, above: number | undefined): number | undefined {
  const bound =
    schema['type'] === 'array'
      ? schema['maxItems']
      : schema['type'] === 'object' && schema['additionalProperties'] !== undefined
        ? schema['maxProperties']
        : 1;
  if (above === undefined || (typeof bound !== 'number' && typeof bound !== 'bigint')) return undefined;
  return times(above, Math.max(0, Number(bound)));
}
