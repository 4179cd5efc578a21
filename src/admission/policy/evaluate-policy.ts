import { type Activation, Budget, CelCostExceeded } from '../../apimachinery/cel/index.ts';
import { VariablesValue } from '../cel/composition.ts';
import { conditionsBudget, conditionsMatch } from '../cel/conditions.ts';
import { evaluate, type Evaluated } from '../cel/evaluate.ts';
import type { Validation, ValidatingPolicy } from './policy.ts';

/** What one validation says. */
export type Decision =
  | { readonly admits: true }
  | { readonly admits: false; readonly message: string; readonly reason: string };

/** What a policy says about a request, with one set of parameters. */
export type Opinion = {
  readonly decisions: readonly Decision[];
  readonly annotations: readonly { readonly key: string; readonly value: string }[];
  /** Annotations that could not be made, where that refuses the request. */
  readonly annotationErrors: readonly string[];
};

/** What the validations, or the audit annotations, of one policy may cost together, as in stock. */
const policyBudget = 10_000_000;
const maxMessageBytes = 5 * 1024;

const silent: Opinion = { decisions: [], annotations: [], annotationErrors: [] };

/**
 * Evaluates a policy. `activation` holds all variables but those of the policy itself. Evaluates only: it may be called again.
 * @throws AuthorizerAnswerNeeded
 */
export function evaluatePolicy(policy: ValidatingPolicy, activation: Activation): Opinion {
  const { programs, ignoresFailure } = policy;
  const failed = (message: string): Opinion => ({ ...silent, decisions: [failure(ignoresFailure, message)] });
  if (programs.matchConditions.length > 0) {
    const purse = new Budget(conditionsBudget);
    const seen = new VariablesValue(programs.variables, purse).in({ ...activation, namespaceObject: null });
    const match = conditionsMatch(programs.matchConditions, seen, ignoresFailure, purse);
    if (match.error !== undefined) return failed(match.error);
    if (!match.matches) return silent;
  }
  const budget = new Budget(policyBudget);
  const variables = new VariablesValue(programs.variables, budget).in(activation);
  let results: readonly Evaluated[];
  try {
    results = programs.validations.map(({ condition }) => evaluate(condition, variables, budget));
  } catch (error) {
    if (!(error instanceof CelCostExceeded)) throw error;
    return failed(error.message);
  }
  const messages = evaluateMessages(programs.validations, variables, budget);
  const decisions = programs.validations.map((validation, index) => {
    const result = results[index];
    if (result?.error !== undefined) return failure(ignoresFailure, result.error);
    if (typeof messages === 'string') return failure(ignoresFailure, `failed messageExpression: ${messages}`);
    if (result?.value === true) return { admits: true as const };
    return { admits: false as const, message: messageOf(validation, messages[index]), reason: validation.reason };
  });
  try {
    return { decisions, ...annotationsOf(policy, activation) };
  } catch (error) {
    if (!(error instanceof CelCostExceeded)) throw error;
    return failed(error.message);
  }
}

function failure(ignored: boolean, message: string): Decision {
  return ignored ? { admits: true } : { admits: false, message, reason: '' };
}

/** A text: why no message could be worked out. */
function evaluateMessages(
  validations: readonly Validation[],
  variables: Activation,
  budget: Budget,
): readonly (Evaluated | undefined)[] | string {
  try {
    return validations.map(
      ({ messageExpression }) => messageExpression && evaluate(messageExpression, variables, budget),
    );
  } catch (error) {
    if (!(error instanceof CelCostExceeded)) throw error;
    return error.message;
  }
}

function messageOf({ expression, message }: Validation, evaluated: Evaluated | undefined): string {
  const value = evaluated?.error === undefined ? evaluated?.value : undefined;
  const text = typeof value === 'string' ? value.trim() : '';
  if (text !== '' && Buffer.byteLength(text) <= maxMessageBytes && !text.includes('\n')) return text;
  return message.trim() || `failed expression: ${expression.trim()}`;
}

function annotationsOf(
  { programs, ignoresFailure }: ValidatingPolicy,
  activation: Activation,
): Pick<Opinion, 'annotations' | 'annotationErrors'> {
  const annotations: { key: string; value: string }[] = [];
  const annotationErrors: string[] = [];
  const budget = new Budget(policyBudget);
  const variables = new VariablesValue(programs.variables, budget).in(activation);
  for (const { key, expression, value } of programs.auditAnnotations) {
    const result = evaluate(value, variables, budget);
    if (result.error !== undefined) {
      if (!ignoresFailure) annotationErrors.push(result.error);
    } else if (typeof result.value === 'string') {
      const text = result.value.trim();
      if (text !== '') annotations.push({ key, value: text });
    } else if (result.value !== null)
      annotationErrors.push(
        `valueExpression '${expression}' resulted in unsupported return type: ${typeof result.value}. Return type must be either string or null.`,
      );
  }
  return { annotations, annotationErrors };
}
