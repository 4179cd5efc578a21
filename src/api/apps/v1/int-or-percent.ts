import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goIntOrString } from '../../../apimachinery/go-syntax.ts';
import { percent } from '../../../apimachinery/validation/names.ts';
import { requireNonNegative } from '../../field-path.ts';

/** A count, or a share of all as `25%`. */
export type IntOrPercent = number | string;

function percentOf(value: IntOrPercent): number | undefined {
  return typeof value === 'string' && percent(value).length === 0 ? Number.parseInt(value, 10) : undefined;
}

/** The number in a count or a share; 0 when it is neither. */
export function amountOf(value: IntOrPercent): number {
  if (typeof value === 'number') return value;
  const share = percentOf(value);
  if (share !== undefined) return share;
  return /^[+-]?\d{1,9}$/.test(value) ? Number(value) : 0;
}

/** Errors unless a value is a count of at least 0 or a percentage. */
export function validateIntOrPercent(value: IntOrPercent, path: string, errors: FieldError[]): void {
  if (typeof value === 'number') requireNonNegative(path, value, errors);
  else for (const message of percent(value)) errors.push(invalidIntOrPercent(value, path, message));
}

export function validateAtMostAll(value: IntOrPercent, path: string, errors: FieldError[]): void {
  const share = percentOf(value);
  if (share !== undefined && share > 100) {
    errors.push(invalidIntOrPercent(value, path, 'must not be greater than 100%'));
  }
}

export function invalidIntOrPercent(value: IntOrPercent, path: string, message: string): FieldError {
  return fieldError.invalid(path, goSyntax(goIntOrString(value)), message);
}
