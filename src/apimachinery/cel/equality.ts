import { CelType, isOptionalType, sameType } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  ListValue,
  MapValue,
  noSuchOverload,
  OpaqueValue,
  Optional,
  Timestamp,
  Uint,
} from './values.ts';

/** Whether two values are equal: true, false, or the error that a part of them holds. */
export function equals(a: CelValue, b: CelValue): CelResult {
  if (typeof a === 'string' || typeof a === 'boolean') return a === b;
  if (a === null || b === null) return a === b;
  if (typeof a === 'number' && typeof b === 'number') return a === b;
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (a instanceof ListValue || a instanceof MapValue || a instanceof OpaqueValue) return a.equals(b);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.seconds === b.seconds && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof Optional) return optionalsEqual(a, b);
  return a instanceof CelType && b instanceof CelType && sameRuntimeType(a, b);
}

function optionalsEqual(a: Optional, b: CelValue): CelResult {
  if (!(b instanceof Optional)) return false;
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equals(a.value, b.value);
}

/** Types as values know no parameters. */
function sameRuntimeType(a: CelType, b: CelType): boolean {
  return a.kind === b.kind && (a.name === b.name || sameType(a, b) || (isOptionalType(a) && isOptionalType(b)));
}

export type Numeric = number | bigint | Uint | Double;

/** Whether a value is an int, uint or double. */
export function isNumeric(value: CelValue): value is Numeric {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Double || value instanceof Uint;
}

/** Below, at or above zero as the first is less, equal or greater; NaN if the two have no order. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  if (a instanceof Double) return b instanceof Double ? order(a.value, b.value) : compareDouble(a.value, integer(b));
  if (b instanceof Double) return -compareDouble(b.value, integer(a));
  return order(integer(a), integer(b));
}

function integer(value: number | bigint | Uint): number | bigint {
  return value instanceof Uint ? value.value : value;
}

/** A double against an integer is a comparison of doubles, unless the double leaves the integer's range. */
function compareDouble(a: number, b: number | bigint): number {
  return order(a, Number(b));
}

function order(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a == b ? 0 : Number.NaN;
}

/** The order of two values as `<` and its like see it: -1, 0 or 1, or an error. */
export function compare(a: CelValue, b: CelValue): number | CelError {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : noSuchOverload;
  if (isNumeric(a)) {
    if (!isNumeric(b)) return noSuchOverload;
    const result = compareNumbers(a, b);
    return Number.isNaN(result) ? new CelError('NaN values cannot be ordered') : result;
  }
  if (typeof a === 'boolean') return typeof b === 'boolean' ? Number(a) - Number(b) : noSuchOverload;
  if (a instanceof Timestamp) {
    if (!(b instanceof Timestamp)) return noSuchOverload;
    return Math.sign(a.seconds - b.seconds || a.nanos - b.nanos);
  }
  if (a instanceof Duration) return b instanceof Duration ? order(a.nanos, b.nanos) : noSuchOverload;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : noSuchOverload;
  return noSuchOverload;
}

/** Texts in the order of their code points, which is the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all that is spelled with one unit.
    return rank(x) < rank(y) ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Bytes in their order. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
