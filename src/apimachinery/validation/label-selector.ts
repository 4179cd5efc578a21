import { type FieldError, fieldError } from '../errors.ts';
import { labelValue, qualifiedName } from './names.ts';
import { validateLabels } from './metadata.ts';

/** metav1.LabelSelector. */
export type LabelSelectorObject = {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorExpression[];
};

export type LabelSelectorExpression = { key?: string; operator?: string; values?: string[] };

/** Errors of a metav1.LabelSelector at `path`; none when there is no selector (k8s.io/apimachinery meta/v1/validation). */
export function validateLabelSelector(selector: LabelSelectorObject | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels ?? {}, `${path}.matchLabels`);
  selector.matchExpressions?.forEach((expression, index) => {
    validateRequirement(expression, `${path}.matchExpressions[${index}]`, errors);
  });
  return errors;
}

/** Adds the errors of one requirement; `unknownOperators` lets operators pass that only newer clients know. */
export function validateRequirement(
  expression: LabelSelectorExpression,
  path: string,
  errors: FieldError[],
  { unknownOperators = false }: { readonly unknownOperators?: boolean } = {},
): void {
  const { key = '', operator = '', values = [] } = expression;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push(fieldError.forbidden(`${path}.values`, message));
    }
  } else if (!unknownOperators) {
    errors.push(fieldError.invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  for (const message of qualifiedName(key)) errors.push(fieldError.invalid(`${path}.key`, key, message));
  values.forEach((value, index) => {
    for (const message of labelValue(value)) {
      errors.push(fieldError.invalid(`${path}.values[${index}]`, value, message));
    }
  });
}
