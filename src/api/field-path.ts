import { type FieldError, fieldError, goSyntax } from '../apimachinery/errors.ts';
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
