import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { pathSegmentName } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

export type ParamRef = {
  name?: string;
  namespace?: string;
  selector?: LabelSelectorObject;
  parameterNotFoundAction?: string;
};
const notFoundActions = ['Deny', 'Allow'];

/** Errors of which objects a binding takes its parameters from. */
export function validateParamRef(params: ParamRef, path: string, errors: FieldError[]): void {
  const { name = '', selector, parameterNotFoundAction: action = '' } = params;
  const exclusive = 'name and selector are mutually exclusive';
  if (name !== '') {
    invalidEach(`${path}.name`, name, pathSegmentName(name), errors);
    if (selector !== undefined) errors.push(fieldError.forbidden(`${path}.name`, exclusive));
  }
  if (selector !== undefined) {
    errors.push(...validateLabelSelector(selector, `${path}.selector`));
    if (name !== '') errors.push(fieldError.forbidden(`${path}.selector`, exclusive));
  }
  if (name === '' && selector === undefined) {
    errors.push(fieldError.required(path, 'one of name or selector must be specified'));
  }
  const at = `${path}.parameterNotFoundAction`;
  if (action === '') errors.push(fieldError.required(at));
  else if (!notFoundActions.includes(action)) errors.push(fieldError.notSupported(at, action, notFoundActions));
}

/** A selector as its generated String function prints it. */
function protoSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelectorObject): string {
  const labels = Object.keys(matchLabels)
    .toSorted()
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`);
  const expressions = matchExpressions.map(
    ({ key = '', operator = '', values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

/** How tables show that. */
export function paramCell(params: ParamRef | undefined): string {
  const { name = '', namespace = '', selector } = params ?? {};
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? '<unset>' : protoSelector(selector);
}
