import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

export type MatchCondition = { name?: string; expression?: string };

const maxConditions = 64;

/** Errors of conditions but for what their expressions say, which nothing evaluates yet. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[],
  path: string,
  errors: FieldError[],
): void {
  if (conditions.length > maxConditions) errors.push(fieldError.tooMany(path, conditions.length, maxConditions));
  const names = new Set<string>();
  conditions.forEach(({ name = '', expression = '' }, index) => {
    const at = `${path}[${index}]`;
    if (expression.trim() === '') errors.push(fieldError.required(`${at}.expression`));
    if (name === '') {
      errors.push(fieldError.required(`${at}.name`));
      return;
    }
    invalidEach(`${at}.name`, name, qualifiedName(name), errors);
    if (names.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    names.add(name);
  });
}
