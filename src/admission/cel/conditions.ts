import { type Activation, Budget, CelCostExceeded } from '../../apimachinery/cel/index.ts';
import type { Compiled } from '../../api/admissionregistration.k8s.io/expressions/compile.ts';
import { evaluate, joinedErrors } from './evaluate.ts';

/** What the match conditions of one webhook or policy may cost together, as in stock. */
export const conditionsBudget = 2_500_000;

export type Match = { readonly matches: boolean; readonly error?: string };

/**
 * Whether match conditions hold. One that does not hold decides, whatever happens to the others; one that cannot be evaluated is an error, or makes them not
 * hold where failures are ignored.
 */
export function conditionsMatch(
  conditions: readonly Compiled[],
  variables: Activation,
  ignoresFailure: boolean,
  budget = new Budget(conditionsBudget),
): Match {
  const errors: string[] = [];
  for (const condition of conditions) {
    try {
      const result = evaluate(condition, variables, budget);
      if (result.error !== undefined) errors.push(result.error);
      else if (result.value === false) return { matches: false };
    } catch (error) {
      if (!(error instanceof CelCostExceeded)) throw error;
      return ignoresFailure ? { matches: false } : { matches: false, error: error.message };
    }
  }
  if (errors.length === 0) return { matches: true };
  return ignoresFailure ? { matches: false } : { matches: false, error: joinedErrors(errors) };
}
