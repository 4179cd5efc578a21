import { type FieldError, fieldError, goSyntax } from '../apimachinery/errors.ts';
import { dns1123Subdomain, regexMessage } from '../apimachinery/validation/names.ts';
import { deepEqual, type Json } from '../apimachinery/json.ts';

/** `path[index]`, as field errors name list items. */
export function at(path: string, index: number): string {
  return `${path}[${index}]`;
}

/** `path[key]`, as field errors name map entries. */
export function atKey(path: string, key: string): string {
  return `${path}[${key}]`;
}

/** One FieldValueInvalid per message of a name rule. */
export function invalidEach(path: string, value: string, messages: readonly string[], into: FieldError[]): void {
  for (const message of messages) into.push(fieldError.invalid(path, value, message));
}

/** A value that must be given, and must be one of `supported` (in the order that the message names them). */
export function requireOneOf(
  path: string,
  value: string | undefined,
  supported: readonly string[],
  into: FieldError[],
): void {
  if (value === undefined || value === '') into.push(fieldError.required(path));
  else if (!supported.includes(value)) into.push(fieldError.notSupported(path, value, supported));
}

export const negativeMessage = 'must be greater than or equal to 0';

export function requireNonNegative(path: string, value: number | undefined, into: FieldError[]): void {
  if (value !== undefined && value < 0) into.push(fieldError.invalid(path, value, negativeMessage));
}

export const notPositiveMessage = 'must be greater than zero';

export function requirePositive(path: string, value: number, into: FieldError[]): void {
  if (value <= 0) into.push(fieldError.invalid(path, value, notPositiveMessage));
}

export const immutableMessage = 'field is immutable';

/** Pushes an error unless both values are equal. `shown` prints the new value the way upstream does; default: the value itself. */
export function requireUnchanged(
  path: string,
  value: Json | undefined,
  old: Json | undefined,
  into: FieldError[],
  shown?: string,
): void {
  if (deepEqual(value, old)) return;
  into.push(fieldError.invalid(path, shown === undefined ? value : goSyntax(shown), immutableMessage));
}

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathPattern = new RegExp(`^${httpPath}$`);

/** Errors of a name with a domain before it: `acme.io/foo`. */
export function validateDomainPath(value: string, path: string, errors: FieldError[]): void {
  if (value === '') {
    errors.push(fieldError.required(path));
    return;
  }
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(slash, 0));
  const rest = value.slice(slash + 1);
  if (host === '' || rest === '') {
    errors.push(fieldError.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  invalidEach(path, host, dns1123Subdomain(host), errors);
  if (!httpPathPattern.test(rest)) errors.push(fieldError.invalid(path, rest, regexMessage('Invalid path', httpPath)));
}
