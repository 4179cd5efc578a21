import { isUint64, minInt64 } from './int64.ts';
import { addDuration, between, checked, later } from './time.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  integerOverflow,
  intOf,
  ListValue,
  noSuchOverload,
  Timestamp,
  Uint,
  unsignedOverflow,
} from './values.ts';

const divisionByZero = new CelError('division by zero');
const modulusByZero = new CelError('modulus by zero');

function isInt(value: CelValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function uintOf(value: bigint): CelResult {
  return isUint64(value) ? new Uint(value) : unsignedOverflow;
}

/** `a + b` */
export function add(a: CelValue, b: CelValue): CelResult {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    return Number.isSafeInteger(sum) ? sum : intOf(BigInt(a) + BigInt(b));
  }
  if (typeof a === 'string') return typeof b === 'string' ? a + b : noSuchOverload;
  if (isInt(a)) return isInt(b) ? intOf(BigInt(a) + BigInt(b)) : noSuchOverload;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value + b.value) : noSuchOverload;
  if (a instanceof ListValue) return b instanceof ListValue ? a.concat(b) : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uintOf(a.value + b.value) : noSuchOverload;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.concat([a, b]) : noSuchOverload;
  if (a instanceof Duration) return addDuration(a, b) ?? noSuchOverload;
  if (a instanceof Timestamp) return b instanceof Duration ? later(a, b.nanos) : noSuchOverload;
  return noSuchOverload;
}

/** `a - b` */
export function subtract(a: CelValue, b: CelValue): CelResult {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    return Number.isSafeInteger(difference) ? difference : intOf(BigInt(a) - BigInt(b));
  }
  if (isInt(a)) return isInt(b) ? intOf(BigInt(a) - BigInt(b)) : noSuchOverload;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value - b.value) : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uintOf(a.value - b.value) : noSuchOverload;
  if (a instanceof Duration) return b instanceof Duration ? checked(a.nanos - b.nanos) : noSuchOverload;
  if (!(a instanceof Timestamp)) return noSuchOverload;
  if (b instanceof Timestamp) return between(a, b);
  return b instanceof Duration ? later(a, -b.nanos) : noSuchOverload;
}

/** `a * b` */
export function multiply(a: CelValue, b: CelValue): CelResult {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    return Number.isSafeInteger(product) ? product + 0 : intOf(BigInt(a) * BigInt(b));
  }
  if (isInt(a)) return isInt(b) ? intOf(BigInt(a) * BigInt(b)) : noSuchOverload;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value * b.value) : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uintOf(a.value * b.value) : noSuchOverload;
  return noSuchOverload;
}

/** Below this a quotient of doubles, cut to an integer, is the quotient of integers. */
const exactDividend = 2 ** 50;

/** `a / b` */
export function divide(a: CelValue, b: CelValue): CelResult {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0 && Math.abs(a) < exactDividend) {
    return Math.trunc(a / b) + 0;
  }
  if (isInt(a)) {
    if (!isInt(b)) return noSuchOverload;
    return b === 0 ? divisionByZero : intOf(BigInt(a) / BigInt(b));
  }
  if (a instanceof Double) return b instanceof Double ? new Double(a.value / b.value) : noSuchOverload;
  if (!(a instanceof Uint && b instanceof Uint)) return noSuchOverload;
  return b.value === 0n ? divisionByZero : new Uint(a.value / b.value);
}

/** `a % b` */
export function modulo(a: CelValue, b: CelValue): CelResult {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? modulusByZero : (a % b) + 0;
  if (isInt(a)) {
    if (!isInt(b)) return noSuchOverload;
    if (b === 0) return modulusByZero;
    return b === -1 && BigInt(a) === minInt64 ? integerOverflow : intOf(BigInt(a) % BigInt(b));
  }
  if (!(a instanceof Uint && b instanceof Uint)) return noSuchOverload;
  return b.value === 0n ? modulusByZero : new Uint(a.value % b.value);
}

/** `-a` */
export function negate(a: CelValue): CelResult {
  if (isInt(a)) return intOf(-BigInt(a));
  if (a instanceof Double) return new Double(-a.value);
  if (a instanceof Duration) return checked(-a.nanos);
  return noSuchOverload;
}
