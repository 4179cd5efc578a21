import { BOOL, Budget, CelCostExceeded } from '../../apimachinery/cel/index.ts';
import type { ApiError } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { admissionEnvironment } from '../cel/environment.ts';
import { compileFor, type Compiled, evaluate } from '../cel/expression.ts';
import { requestVariables } from '../cel/variables.ts';
import type { Form } from '../dynamic/match.ts';
import type { DynamicRequest } from '../dynamic/request.ts';
import { refusal } from '../refusal.ts';
import type { Hook } from './configuration.ts';

/** What the conditions of one webhook may cost together, as in stock. */
const budget = 2_500_000;

const programs = new WeakMap<Hook, readonly Compiled[]>();

function programsOf(hook: Hook): readonly Compiled[] {
  let known = programs.get(hook);
  if (known === undefined) {
    const environment = admissionEnvironment({ params: false, authorizer: true, stored: true });
    known = hook.matchConditions.map(({ expression = '' }) => compileFor(environment, expression, [BOOL]));
    programs.set(hook, known);
  }
  return known;
}

/**
 * Whether a webhook's conditions hold for a request. One that does not hold decides whatever happens to the others; one that cannot be evaluated fails the
 * request, or makes the webhook mind its own business, as its failurePolicy says.
 * @throws 403 with every error.
 */
export function conditionsHold(
  hook: Hook,
  request: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): boolean {
  if (hook.matchConditions.length === 0) return true;
  const errors: string[] = [];
  const variables = requestVariables(request, form, object, oldObject);
  const purse = new Budget(budget);
  for (const program of programsOf(hook)) {
    try {
      const result = evaluate(program, variables, purse);
      if (result.error !== undefined) errors.push(result.error);
      else if (result.value === false) return false;
    } catch (error) {
      if (!(error instanceof CelCostExceeded)) throw error;
      if (hook.ignoresFailure) return false;
      throw failed(request, [error.message]);
    }
  }
  if (errors.length === 0) return true;
  if (hook.ignoresFailure) return false;
  throw failed(request, errors);
}

function failed({ attributes }: DynamicRequest, errors: readonly string[]): ApiError {
  const unique = [...new Set(errors)];
  return refusal(attributes, unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`);
}
