import {
  type Activation,
  type Budget,
  CelCostExceeded,
  CelError,
  type CelValue,
} from '../../apimachinery/cel/index.ts';
import type { Compiled } from '../../api/admissionregistration.k8s.io/expressions/compile.ts';

/** What an expression came to: its value, or why it came to none. */
export type Evaluated = { readonly value: CelValue; readonly error?: undefined } | { readonly error: string };

/**
 * Evaluates an expression.
 * @throws CelCostExceeded when the budget is spent, after which nothing more may be evaluated; AuthorizerAnswerNeeded.
 */
export function evaluate({ source, program, error }: Compiled, activation: Activation, budget: Budget): Evaluated {
  if (program === undefined) return { error: `compilation error: ${error}` };
  try {
    const result = program.run(activation, budget);
    return result instanceof CelError ? failed(source, result.message) : { value: result };
  } catch (thrown) {
    if (thrown instanceof CelCostExceeded && thrown.scope === 'call') return failed(source, thrown.message);
    throw thrown;
  }
}

function failed(source: string, why: string): Evaluated {
  return { error: `expression '${source}' resulted in error: ${why}` };
}

/** One text for several errors, equal ones once, as upstream joins them. */
export function joinedErrors(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}
