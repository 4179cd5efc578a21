import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { normalFieldPath } from '../../../apimachinery/structural/rules/field-path.ts';
import { type Structural, structuralOf } from '../../../apimachinery/structural/structural.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What is wrong with the form of a node's x-kubernetes-validations. `RuleChecks` looks at the expressions themselves. */
export function validateRules(schema: JsonObject, path: string): FieldError[] {
  const rules = schema['x-kubernetes-validations'];
  if (!Array.isArray(rules)) return [];
  const errors: FieldError[] = [];
  let form: Structural | undefined;
  const formOf = (): Structural => (form ??= structuralOf(schema));
  rules.forEach((rule, i) => {
    if (isObject(rule)) validateRule(rule, `${path}.x-kubernetes-validations[${i}]`, formOf, errors);
  });
  return errors;
}

function validateRule(given: JsonObject, path: string, form: () => Structural, errors: FieldError[]): void {
  const text = textOf(given['rule']).trim();
  const message = textOf(given['message']);
  const fieldPath = textOf(given['fieldPath']);
  const expression = textOf(given['messageExpression']);
  const { reason } = given;
  const lines = /[\r\n]/;
  if (text === '') errors.push(fieldError.required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    errors.push(fieldError.invalid(`${path}.message`, message, 'message must be non-empty if specified'));
  else if (lines.test(message.trim()))
    errors.push(fieldError.invalid(`${path}.message`, message, 'message must not contain line breaks'));
  else if (lines.test(text) && message.trim() === '')
    errors.push(fieldError.required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (expression !== '' && expression.trim() === '')
    errors.push(fieldError.required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !reasons.includes(textOf(reason)))
    errors.push(fieldError.notSupported(`${path}.reason`, reason, reasons));
  if (fieldPath !== '' && fieldPath.trim() === '')
    errors.push(fieldError.invalid(`${path}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified'));
  if (lines.test(fieldPath))
    errors.push(fieldError.invalid(`${path}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks'));
  if (fieldPath !== '' && normalFieldPath(fieldPath, form()) === undefined)
    errors.push(fieldError.invalid(`${path}.fieldPath`, fieldPath, 'fieldPath must be a valid path'));
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
