import { isInt64 } from '../cel/int64.ts';
import type { Json } from '../json.ts';

/** The type of a value as errors name it. */
export function typeOf(value: Json): string {
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      // Go reads what 64 bits do not hold as a floating point number.
      return isInt64(value) ? 'integer' : 'number';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number';
    default:
      return 'object';
  }
}

/** Length in runes; cheap for texts that cannot be longer. */
export function longerThan(text: string, length: number): boolean {
  if (text.length <= length) return false;
  let runes = 0;
  for (const _ of text) if (++runes > length) return true;
  return false;
}

/** Whether a number is a multiple of another, as Go's swag finds it. */
export function isMultiple(value: number | bigint, factor: number, integer: boolean): boolean {
  if (integer) {
    const whole = BigInt(Math.trunc(factor));
    return whole > 0n && BigInt(value) % whole === 0n;
  }
  if (factor <= 0) return false;
  const times = factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor;
  // Go's swag.IsFloat64AJSONInteger: a relative difference below 1e-9 is none.
  const rounded = Math.round(times);
  const difference = Math.abs(times - rounded);
  return difference === 0 || difference / Math.abs(times + rounded) < 1e-9;
}
