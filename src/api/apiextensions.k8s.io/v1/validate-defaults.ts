import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLiteral } from '../../../apimachinery/go-literal.ts';
import { deepEqual, isObject, type Json } from '../../../apimachinery/json.ts';
import { prunedValue } from '../../../apimachinery/structural/prune.ts';
import { evaluateRules, objectCostBudget } from '../../../apimachinery/structural/rules/evaluate.ts';
import { ruleTreeOf } from '../../../apimachinery/structural/rules/rule-tree.ts';
import type { Structural } from '../../../apimachinery/structural/structural.ts';
import { validateValue } from '../../../apimachinery/structural/validate-value.ts';
import { valueSchemaOf } from '../../../apimachinery/structural/value-schema.ts';

/** Defaults that their own schema refuses: with unknown fields, or invalid. Those in additional properties are not looked at. */
export function validateDefaults(schema: Structural, path: string): FieldError[] {
  const found: Findings = { errors: [], budget: objectCostBudget };
  walk(schema, path, found);
  return found.errors;
}

/** Rules over all defaults of a schema share one budget. */
type Findings = { readonly errors: FieldError[]; budget: number };

function walk(schema: Structural, path: string, found: Findings): void {
  if (found.budget < 0) return;
  if (!schema.hasDefaults) return;
  if (schema.default !== undefined) validateDefault(schema, schema.default, `${path}.default`, found);
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, found);
  for (const [name, property] of schema.properties) walk(property, `${path}.properties[${name}]`, found);
}

function validateDefault(schema: Structural, value: Json, path: string, found: Findings): void {
  const { errors } = found;
  if (!deepEqual(prunedValue(value, schema), value)) {
    const shown = isObject(value) || Array.isArray(value) ? goSyntax(goLiteral(value)) : value;
    errors.push(fieldError.invalid(path, shown, 'must not have unknown fields'));
  }
  const problems = validateValue(value, valueSchemaOf(schema.props), path);
  errors.push(...problems);
  const rules = problems.length === 0 ? ruleTreeOf(schema, schema.embeddedResource) : undefined;
  if (rules === undefined) return;
  const unchanged = evaluateRules(rules, value, { old: { value }, ratchet: false, path, budget: found.budget });
  found.budget = unchanged.remaining;
  errors.push(...unchanged.errors);
  // A default may also come up where there was nothing before.
  if (unchanged.errors.length > 0) return;
  const anew = evaluateRules(rules, value, { ratchet: false, path, budget: found.budget });
  errors.push(...anew.errors);
  found.budget = anew.remaining;
}
