import {
  type Activation,
  Budget,
  CelCostExceeded,
  type CelValue,
  ListValue,
  MapValue,
  StructValue,
  toJson,
} from '../../apimachinery/cel/index.ts';
import { ApiError, internalError } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { applyConfigurationOver, atomicParts, configurationProblem } from '../../apimachinery/managedfields/index.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { applyJsonPatch } from '../../apimachinery/patch/json-patch.ts';
import { DecodeError } from '../../apimachinery/schema/decode.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { VariablesValue } from '../cel/composition.ts';
import { conditionsBudget, conditionsMatch, type Match } from '../cel/conditions.ts';
import { evaluate } from '../cel/evaluate.ts';
import type { Form } from '../dynamic/match.ts';
import { refit, schemaOf } from '../dynamic/versioned.ts';
import type { MutatingPolicy, MutatingPrograms } from './mutation.ts';

/** Why a mutation cannot be made; the policy's failurePolicy says what that means. */
export class MutationFailure extends Error {
  override readonly name = 'MutationFailure';
}

/** What the expressions of one mutation may cost, as in stock. */
const mutationBudget = 10_000_000;

/** Whether a policy's conditions hold. Evaluates only. @throws AuthorizerAnswerNeeded */
export function policyMatches({ programs, ignoresFailure }: MutatingPolicy, activation: Activation): Match {
  if (programs.matchConditions.length === 0) return { matches: true };
  const budget = new Budget(conditionsBudget);
  const variables = new VariablesValue(programs.variables, budget).in({ ...activation, namespaceObject: null });
  return conditionsMatch(programs.matchConditions, variables, ignoresFailure, budget);
}

/** What a mutation's expression comes to. Evaluates only. @throws MutationFailure, AuthorizerAnswerNeeded */
export function mutationValue(
  programs: MutatingPrograms,
  { program }: MutatingPrograms['mutations'][number],
  activation: Activation,
): CelValue {
  if (program.program === undefined) throw new MutationFailure(program.error);
  const budget = new Budget(mutationBudget);
  try {
    const result = evaluate(program, new VariablesValue(programs.variables, budget).in(activation), budget);
    if (result.error !== undefined) throw new MutationFailure(result.error);
    return result.value;
  } catch (error) {
    if (error instanceof CelCostExceeded) throw new MutationFailure(error.message);
    throw error;
  }
}

/**
 * The object that a mutation makes of `object`, which is in the form; undefined: it leaves it alone.
 * @throws MutationFailure; ApiError 500 when the result is no object of its kind.
 */
export function mutated(
  attributes: AdmissionAttributes,
  applies: boolean,
  value: CelValue,
  object: KubeObject,
  form: Form,
): KubeObject | undefined {
  return applies ? appliedTo(attributes, value, object, form) : patched(attributes, value, object, form);
}

function appliedTo(attributes: AdmissionAttributes, value: CelValue, object: KubeObject, form: Form): KubeObject {
  checkTypeNames(value);
  const fields = toJson(value);
  if (!isObject(fields)) throw new MutationFailure('invalid return type: *dynamic.ObjectVal');
  const configuration: JsonObject = { ...fields, apiVersion: object.apiVersion, kind: object.kind };
  const schema = schemaOf(attributes, form);
  if (schema === undefined) throw new MutationFailure('error applying patch: type converter must not be nil');
  const problem = configurationProblem(configuration, schema);
  if (problem !== undefined)
    throw new MutationFailure(`error applying patch: failed to convert patch object to typed object: ${problem}`);
  const atomics = atomicParts(configuration, schema);
  if (atomics.length > 0)
    throw new MutationFailure(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`,
    );
  return fitted(attributes, applyConfigurationOver(object as JsonObject, configuration, schema), form).object;
}

function patched(
  attributes: AdmissionAttributes,
  value: CelValue,
  object: KubeObject,
  form: Form,
): KubeObject | undefined {
  let result: Json;
  try {
    result = applyJsonPatch(object as Json, operationsOf(value));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const why = (error.cause instanceof Error ? error.cause : error).message;
    // A test that fails means: not for this object.
    if (why.endsWith(': test failed')) return undefined;
    throw new MutationFailure(`JSON Patch: ${why}`);
  }
  const { object: made, unknown } = fitted(attributes, isObject(result) ? result : {}, form);
  if (unknown.length > 0 && form.definition.builtIn)
    throw internalError(new Error(`strict decoding error: ${unknown.join(', ')}`));
  return made;
}

function fitted(
  attributes: AdmissionAttributes,
  object: JsonObject,
  form: Form,
): { readonly object: KubeObject; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  try {
    return { object: refit(attributes, object, form, unknown), unknown };
  } catch (error) {
    throw error instanceof DecodeError ? internalError(new Error(error.problem)) : error;
  }
}

function operationsOf(value: CelValue): JsonObject[] {
  const operations: JsonObject[] = [];
  if (!(value instanceof ListValue))
    throw new MutationFailure('type mismatch: JSONPatchType.expression should evaluate to array');
  for (let i = 0; i < value.size; i++) {
    const element = value.at(i);
    if (!(element instanceof StructValue))
      throw new MutationFailure('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
    operations.push(operationOf(element));
  }
  return operations;
}

function operationOf(element: StructValue): JsonObject {
  const text = (name: string): string => {
    const value = element.fields.get(name);
    return typeof value === 'string' ? value : '';
  };
  const operation: JsonObject = { op: text('op'), path: text('path') };
  const from = text('from');
  if (from !== '') operation['from'] = from;
  const given = element.fields.get('value');
  if (given === undefined) return operation;
  checkTypeNames(given);
  const value = toJson(given);
  if (value === undefined)
    throw new MutationFailure('JSONPath valueExpression evaluated to a type that could not marshal to JSON');
  return { ...operation, value };
}

/** `Object.spec{…}` may stand only where the field `spec` of an `Object` is. */
function checkTypeNames(value: CelValue): void {
  const problems: string[] = [];
  if (value instanceof StructValue) visit(value, value.celType.name, problems);
  if (problems.length > 0) throw new MutationFailure(`type mismatch: ${problems.join('\n')}`);
}

function visit(value: CelValue, path: string, problems: string[]): void {
  if (value instanceof StructValue) {
    const { name } = value.celType;
    if (name !== path)
      problems.push(
        `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
      );
    for (const [field, inner] of value.fields) visit(inner, `${path}.${field}`, problems);
  } else if (value instanceof ListValue) {
    for (let i = 0; i < value.size; i++) visitResult(value.at(i), path, problems);
  } else if (value instanceof MapValue) for (const key of value.keys()) visitResult(value.find(key), path, problems);
}

function visitResult(value: unknown, path: string, problems: string[]): void {
  if (value instanceof StructValue || value instanceof ListValue || value instanceof MapValue)
    visit(value, path, problems);
}
