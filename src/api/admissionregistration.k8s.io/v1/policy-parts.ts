import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { parseApiVersion } from '../../../apimachinery/object.ts';
import { dns1035Label, dns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { expressionError, type PolicyCompiler, type Variable } from '../expressions/compile.ts';

export type ParamKind = { apiVersion?: string; kind?: string };

const celReserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Errors of the kind that parameters have. */
export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: string, errors: FieldError[]): void {
  const at = `${path}.apiVersion`;
  if (apiVersion === '') errors.push(fieldError.required(at));
  else if (apiVersion.split('/').length > 2) {
    errors.push(fieldError.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else {
    const { group, version } = parseApiVersion(apiVersion);
    const groupMessages = group === '' ? [] : dns1123Subdomain(group);
    if (groupMessages.length > 0) errors.push(fieldError.invalid(at, group, groupMessages.join(',')));
    const messages = dns1035Label(version);
    if (version === '') errors.push(fieldError.invalid(at, apiVersion, 'version must be specified'));
    else if (messages.length > 0) errors.push(fieldError.invalid(at, version, messages.join(',')));
  }
  const messages = dns1035Label(kind.toLowerCase());
  if (kind === '') errors.push(fieldError.required(`${path}.kind`));
  else if (messages.length > 0) {
    const message = `may have mixed case, but should otherwise match: ${messages.join(',')}`;
    errors.push(fieldError.invalid(`${path}.kind`, kind, message));
  }
}

/** Errors of variables, and of what their expressions say; what comes after them may use them. */
export function validateVariables(
  variables: readonly Variable[],
  compiler: PolicyCompiler,
  errors: FieldError[],
): void {
  variables.forEach(({ name = '', expression = '' }, index) => {
    const path = `spec.variables[${index}]`;
    if (name.trim() === '') errors.push(fieldError.required(`${path}.name`, 'name is not specified'));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || celReserved.has(name)) {
      errors.push(fieldError.invalid(`${path}.name`, name, 'name is not a valid CEL identifier'));
    }
    if (expression.trim() === '') {
      errors.push(fieldError.required(`${path}.expression`, 'expression is not specified'));
    } else report(expressionError(compiler.addVariable({ name, expression }), `${path}.expression`), errors);
  });
}

/** Adds an error if there is one. */
export function report(error: FieldError | undefined, errors: FieldError[]): void {
  if (error !== undefined) errors.push(error);
}
