import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { expressionError, PolicyCompiler } from '../expressions/compile.ts';
import { invalidEach } from '../../field-path.ts';

export type MatchCondition = { name?: string; expression?: string };

const maxConditions = 64;

/** What is known of conditions beside themselves. */
export type ConditionContext = {
  /** They may use `params`. */
  readonly params: boolean;
  /** Expressions that were accepted before. */
  readonly accepted: readonly MatchCondition[];
};

/** Errors of conditions, and of what their expressions say. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[],
  { params, accepted }: ConditionContext,
  path: string,
  errors: FieldError[],
): void {
  if (conditions.length > maxConditions) errors.push(fieldError.tooMany(path, conditions.length, maxConditions));
  const known = new Set(accepted.map(({ expression = '' }) => expression));
  const compiler = new PolicyCompiler({ params, accepted: (expression) => known.has(expression) });
  const names = new Set<string>();
  conditions.forEach(({ name = '', expression = '' }, index) => {
    const at = `${path}[${index}]`;
    const trimmed = expression.trim();
    if (trimmed === '') errors.push(fieldError.required(`${at}.expression`));
    else if (index < maxConditions) {
      const error = expressionError(compiler.compile(trimmed, 'condition'), `${at}.expression`);
      if (error !== undefined) errors.push(error);
    }
    if (name === '') {
      errors.push(fieldError.required(`${at}.name`));
      return;
    }
    invalidEach(`${at}.name`, name, qualifiedName(name), errors);
    if (names.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    names.add(name);
  });
}
