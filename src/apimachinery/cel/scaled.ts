import { isInt64 } from './int64.ts';

/**
 * A quantity as an int64 times a power of ten. Stock keeps one as long as it can, and calls only such quantities
 * integers whose scale is not below zero: `1.0` and `1.5Gi` are none.
 */
export type Scaled = { readonly value: bigint; readonly scale: number };

const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const maxFactors = 18;
const smallestScale = -9;

/** The form of a text that is a quantity; undefined where stock needs more room. */
export function readScaled(text: string): Scaled | undefined {
  const match = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?(.*)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  const digits = whole.length + fraction.length;
  let scale = 0;
  let mantissa = 1n;
  let precision: number;
  if (Object.hasOwn(binary, suffix)) {
    const exponent = binary[suffix] ?? 0;
    if (fraction !== '') return undefined;
    mantissa = 1n << BigInt(exponent);
    precision = 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1;
  } else {
    scale = Object.hasOwn(decimal, suffix) ? (decimal[suffix] ?? 0) : Number(suffix.slice(1));
    precision = maxFactors - digits;
  }
  if (precision < 0) return undefined;
  scale -= fraction.length;
  if (scale < smallestScale) return undefined;
  const value = BigInt(whole + fraction || '0') * mantissa;
  if (!isInt64(value)) return undefined;
  return { value: sign === '-' ? -value : value, scale };
}

/** The sum (or with a sign of -1 the difference) of two; undefined where it has no such form. */
export function addScaled(a: Scaled | undefined, b: Scaled | undefined, sign: bigint): Scaled | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (b.value === 0n) return a;
  if (a.value === 0n) return { value: b.value * sign, scale: b.scale };
  const scale = Math.min(a.scale, b.scale);
  const x = a.value * 10n ** BigInt(a.scale - scale);
  const y = b.value * 10n ** BigInt(b.scale - scale);
  const value = x + y * sign;
  return isInt64(x) && isInt64(y) && isInt64(value) ? { value, scale } : undefined;
}

/** The int64 that a quantity is, if it is one. */
export function wholeOf(scaled: Scaled | undefined): bigint | undefined {
  if (scaled === undefined || scaled.scale < 0 || scaled.scale > maxFactors) return undefined;
  const value = scaled.value * 10n ** BigInt(scaled.scale);
  return isInt64(value) ? value : undefined;
}
