import { type FieldError, fieldError } from '../errors.ts';
import { longerThan, qualifiedName, regexMessage } from './names.ts';

/** metav1.Condition. */
export type ConditionObject = {
  type?: string;
  status?: string;
  observedGeneration?: number;
  lastTransitionTime?: string | null;
  reason?: string;
  message?: string;
};

const statuses = ['False', 'True', 'Unknown'];
const maxReasonBytes = 1024;
const maxMessageBytes = 32 * 1024;
const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonPattern = new RegExp(`^${reasonFormat}$`);
const reasonRule =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";

/** Errors of a list of metav1.Condition at `path` (k8s.io/apimachinery meta/v1/validation). */
export function validateConditions(conditions: readonly ConditionObject[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions.forEach((condition, index) => {
    const at = `${path}[${index}]`;
    const { type = '' } = condition;
    if (seen.has(type)) errors.push(fieldError.duplicate(`${at}.type`, type));
    seen.add(type);
    validateCondition(condition, at, errors);
  });
  return errors;
}

function validateCondition(condition: ConditionObject, path: string, errors: FieldError[]): void {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition;
  for (const problem of qualifiedName(type)) errors.push(fieldError.invalid(`${path}.type`, type, problem));
  if (!statuses.includes(status)) errors.push(fieldError.notSupported(`${path}.status`, status, statuses));
  if (observedGeneration < 0) {
    const problem = 'must be greater than or equal to zero';
    errors.push(fieldError.invalid(`${path}.observedGeneration`, observedGeneration, problem));
  }
  if (lastTransitionTime === undefined || lastTransitionTime === null || lastTransitionTime === '') {
    errors.push(fieldError.required(`${path}.lastTransitionTime`, 'must be set'));
  }
  if (reason === '') errors.push(fieldError.required(`${path}.reason`, 'must be set'));
  else {
    if (!reasonPattern.test(reason)) {
      const examples = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'];
      const problem = regexMessage(reasonRule, reasonFormat, ...examples);
      errors.push(fieldError.invalid(`${path}.reason`, reason, problem));
    }
    if (longerThan(reason, maxReasonBytes)) errors.push(fieldError.tooLong(`${path}.reason`, maxReasonBytes));
  }
  if (longerThan(message, maxMessageBytes)) errors.push(fieldError.tooLong(`${path}.message`, maxMessageBytes));
}
