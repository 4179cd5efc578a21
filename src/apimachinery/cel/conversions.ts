import { parseDuration } from '../schema/duration.ts';
import { isInt64, isUint64, maxUint64 } from './int64.ts';
import {
  checked,
  formatCelDuration,
  formatTimestamp,
  maxSeconds,
  minSeconds,
  parseTimestamp,
  timestampOverflow,
} from './time.ts';
import { BYTES, type CelType, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  integerOverflow,
  runtimeType,
  shortInt,
  Timestamp,
  Uint,
  unsignedOverflow,
} from './values.ts';

function problem(value: CelValue, wanted: CelType | string): CelError {
  const name = typeof wanted === 'string' ? wanted : wanted.name;
  return new CelError(`type conversion error from '${runtimeType(value).name}' to '${name}'`);
}

/** `bool(value)` */
export function toBool(value: CelValue): CelResult {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
    if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  }
  return problem(value, 'bool');
}

/** `int(value)` */
export function toInt(value: CelValue): CelResult {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Double) {
    const { value: double } = value;
    if (!(double > -(2 ** 63) && double < 2 ** 63)) return integerOverflow;
    return shortInt(BigInt(Math.trunc(double)));
  }
  if (value instanceof Uint) return isInt64(value.value) ? shortInt(value.value) : integerOverflow;
  if (value instanceof Timestamp) return value.seconds;
  if (value instanceof Duration) return shortInt(value.nanos);
  if (typeof value === 'string' && value.length < 4096 && /^[+-]?\d+$/.test(value)) {
    const parsed = BigInt(value.replace(/^\+/, ''));
    if (isInt64(parsed)) return shortInt(parsed);
  }
  return problem(value, INT);
}

/** `uint(value)` */
export function toUint(value: CelValue): CelResult {
  if (value instanceof Uint) return value;
  if (typeof value === 'number' || typeof value === 'bigint') {
    return value < 0 ? unsignedOverflow : new Uint(BigInt(value));
  }
  if (value instanceof Double) {
    const { value: double } = value;
    if (!(double >= 0 && double < Number(maxUint64))) return unsignedOverflow;
    return new Uint(BigInt(Math.trunc(double)));
  }
  if (typeof value === 'string' && value.length < 4096 && /^\d+$/.test(value)) {
    const parsed = BigInt(value);
    if (isUint64(parsed)) return new Uint(parsed);
  }
  return problem(value, UINT);
}

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const hexadecimal = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?\d{1,4})$/i;

/** The double that Go's ParseFloat reads. */
function parseDouble(text: string): number | undefined {
  const plain = text.replaceAll(/(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])/g, '');
  if (decimal.test(plain)) return Number(plain);
  const hex = hexadecimal.exec(plain);
  if (hex === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = hex;
  if (whole + fraction === '') return undefined;
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** `double(value)` */
export function toDouble(value: CelValue): CelResult {
  if (value instanceof Double) return value;
  if (typeof value === 'number' || typeof value === 'bigint') return new Double(Number(value));
  if (value instanceof Uint) return new Double(Number(value.value));
  if (typeof value === 'string' && value.length < 4096) {
    const parsed = parseDouble(value);
    if (parsed !== undefined && Number.isFinite(parsed)) return new Double(parsed);
    const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(value);
    if (special !== null && (special[2] !== undefined || special[1] === '')) {
      return new Double(special[2] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity);
    }
  }
  return problem(value, DOUBLE);
}

/** `string(value)` */
export function toText(value: CelValue): CelResult {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return `${value}`;
    default:
  }
  if (value instanceof Double) return formatDouble(value.value);
  if (value instanceof Uint) return `${value.value}`;
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatCelDuration(value);
  if (!(value instanceof Uint8Array)) return problem(value, STRING);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

/** `bytes(value)` */
export function toBytes(value: CelValue): CelResult {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : problem(value, BYTES);
}

/** `duration(value)` */
export function toDuration(value: CelValue): CelResult {
  if (value instanceof Duration) return value;
  const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
  return parsed === undefined ? problem(value, DURATION) : checked(parsed);
}

/** `timestamp(value)` */
export function toTimestamp(value: CelValue): CelResult {
  if (value instanceof Timestamp) return value;
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (value < minSeconds || value > maxSeconds) return timestampOverflow;
    return new Timestamp(Number(value), 0);
  }
  const parsed = typeof value === 'string' ? parseTimestamp(value) : undefined;
  return parsed ?? problem(value, TIMESTAMP);
}

/** A double as Go's `%g` writes it. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return plain(mantissa, power);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function plain(mantissa: string, power: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/^-/, '').replace('.', '');
  const point = power + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
