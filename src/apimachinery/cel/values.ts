import { isInt64 } from './int64.ts';
import {
  BOOL,
  BYTES,
  CelType,
  DOUBLE,
  DURATION,
  INT,
  LIST,
  MAP,
  NULL,
  optionalOf,
  STRING,
  TIMESTAMP,
  TYPE,
  typeParam,
  UINT,
} from './type.ts';

/**
 * A value of CEL. An int is a number while it is a safe integer and a bigint beyond; a double is boxed, so that the two
 * can be told apart where the type is not known before evaluation.
 */
export type CelValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint
  | Double
  | Uint8Array
  | Timestamp
  | Duration
  | CelType
  | Optional
  | ListValue
  | MapValue
  | OpaqueValue;

/** A value, or the error that an evaluation came to; errors are values because `||` and its like absorb them. */
export type CelResult = CelValue | CelError;

/** An error of evaluation. */
export class CelError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A moment: seconds since the epoch and nanoseconds above them (0 to 999,999,999); the offset only shows in its text. */
export class Timestamp {
  readonly seconds: number;
  readonly nanos: number;
  /** Seconds east of UTC that the text it came from named. */
  readonly offset: number;
  constructor(seconds: number, nanos: number, offset = 0) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.offset = offset;
  }
}

/** A span of time in nanoseconds, within int64. */
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A value that may be missing. */
export class Optional {
  readonly value: CelValue | undefined;
  private constructor(value: CelValue | undefined) {
    this.value = value;
  }
  static readonly none = new Optional(undefined);
  static of(value: CelValue): Optional {
    return new Optional(value);
  }
}

/** A value of a library; only its functions look inside. */
export abstract class OpaqueValue {
  abstract readonly celType: CelType;
  abstract equals(other: CelValue): CelResult;
  /** The size that costs count; 1 where a value has none. */
  costSize(): number {
    return 1;
  }
  /** Whether `optional.ofNonZeroValue` drops it. */
  isZero(): boolean {
    return false;
  }
  /** What stands for the value outside of CEL. */
  toJson(): unknown {
    return undefined;
  }
}

/** A list, however it is stored. */
export abstract class ListValue {
  abstract readonly size: number;
  /** The element at an index between 0 and size; it may be an error where the data contradicts its type. */
  abstract at(index: number): CelResult;
  abstract equals(other: CelValue): CelResult;
  abstract concat(other: ListValue): CelResult;
}

/** A map, however it is stored. */
export abstract class MapValue {
  /** The type of a value that a program made as a struct; other maps are just maps. */
  readonly celType: CelType = MAP;
  abstract readonly size: number;
  /** The value under a key; undefined where there is none. */
  abstract find(key: CelValue): CelResult | undefined;
  abstract keys(): readonly CelValue[];
  abstract equals(other: CelValue): CelResult;
}

const OPTIONAL = optionalOf(typeParam('T'));

/** The type of a value at run time. */
export function runtimeType(value: CelValue): CelType {
  switch (typeof value) {
    case 'string':
      return STRING;
    case 'boolean':
      return BOOL;
    case 'number':
    case 'bigint':
      return INT;
    default:
  }
  if (value === null) return NULL;
  if (value instanceof ListValue) return LIST;
  if (value instanceof MapValue) return value.celType;
  if (value instanceof Double) return DOUBLE;
  if (value instanceof Uint) return UINT;
  if (value instanceof Uint8Array) return BYTES;
  if (value instanceof Timestamp) return TIMESTAMP;
  if (value instanceof Duration) return DURATION;
  if (value instanceof Optional) return OPTIONAL;
  if (value instanceof OpaqueValue) return value.celType;
  return TYPE;
}

/** An int from a bigint; an error where it leaves int64. */
export function intOf(value: bigint): CelResult {
  if (!isInt64(value)) return integerOverflow;
  return shortInt(value);
}

/** The form that an int64 has as a value. */
export function shortInt(value: bigint): number | bigint {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

export const integerOverflow: CelError = new CelError('integer overflow');
export const unsignedOverflow: CelError = new CelError('unsigned integer overflow');
export const noSuchOverload: CelError = new CelError('no such overload');

/** The error of an operator that does not know a value; an error that came in goes on. */
export function overloadError(value: CelResult): CelError {
  return value instanceof CelError ? value : noSuchOverload;
}
