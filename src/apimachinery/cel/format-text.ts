import { goString } from '../go-syntax.ts';
import { elementsOf } from './collections.ts';
import { toText } from './conversions.ts';
import { work } from './effort.ts';
import { type Clause, clausesOf } from './format-clause.ts';
import { CelType } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  ListValue,
  MapValue,
  runtimeType,
  Timestamp,
  Uint,
} from './values.ts';

/** More decimals than a double has are zeros; beyond this they only cost memory. */
const maxPrecision = 1000;
const defaultPrecision = 6;

/** What a clause cannot be used on, in stock's words. */
export const clauseProblems: Readonly<Record<Clause['verb'], string>> = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  d: 'decimal clause can only be used on integers',
  f: 'fixed-point clause can only be used on doubles',
  e: 'scientific clause can only be used on doubles',
  b: 'only integers and bools can be formatted as binary',
  x: 'only integers, byte buffers, and strings can be formatted as hex',
  X: 'only integers, byte buffers, and strings can be formatted as hex',
  o: 'octal clause can only be used on integers',
};

/** `format.format(args)` */
export function formatText(format: string, args: ListValue): CelResult {
  let out = '';
  let index = 0;
  for (const part of clausesOf(format)) {
    if (typeof part === 'string') {
      out += part;
      continue;
    }
    if (index >= args.size) return new CelError(`index ${index} out of range`);
    if ('problem' in part) return new CelError(part.problem);
    const value = args.at(index);
    if (value instanceof CelError) return value;
    const text = clauseText(part, value);
    if (text instanceof CelError) return new CelError(`error during formatting: ${text.message}`);
    work(text.length);
    out += text;
    index += 1;
  }
  return out;
}

function clauseText(clause: Clause, value: CelValue): string | CelError {
  switch (clause.verb) {
    case 's':
      return plainText(value);
    case 'd':
      return decimal(value) ?? wrongType('d', value);
    case 'f':
    case 'e': {
      const number = floating(value);
      if (number === undefined) return wrongType(clause.verb, value);
      const precision = Math.min(clause.precision ?? defaultPrecision, maxPrecision);
      return clause.verb === 'f' ? fixedPoint(number, precision) : scientific(number, precision);
    }
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return integer(value)?.toString(2) ?? wrongType('b', value);
    case 'o':
      return integer(value)?.toString(8) ?? wrongType('o', value);
    case 'x':
    case 'X': {
      const text = hex(value);
      if (text === undefined) return wrongType('x', value);
      return clause.verb === 'x' ? text : text.toUpperCase();
    }
  }
}

function wrongType(verb: Clause['verb'], value: CelValue): CelError {
  return new CelError(`${clauseProblems[verb]}, was given ${runtimeType(value).name}`);
}

function integer(value: CelValue): bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value);
  return value instanceof Uint ? value.value : undefined;
}

function decimal(value: CelValue): string | undefined {
  return integer(value)?.toString();
}

function hex(value: CelValue): string | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return integer(value)?.toString(16);
}

function floating(value: CelValue): number | undefined {
  if (value instanceof Double) return value.value;
  switch (value) {
    case 'NaN':
      return Number.NaN;
    case 'Infinity':
      return Infinity;
    case '-Infinity':
      return -Infinity;
    default:
      return undefined;
  }
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? '∞' : '-∞';
}

/** Decimals with groups of thousands, as English writes them. */
function fixedPoint(value: number, precision: number): string {
  const text = special(value);
  if (text !== undefined) return text;
  const [whole = '', fraction] = exactDecimal(Math.abs(value), precision).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + (fraction === undefined ? grouped : `${grouped}.${fraction}`);
}

/** Digits of a double with so many decimals; toFixed stops at 100 decimals and at 21 digits. */
function exactDecimal(value: number, precision: number): string {
  const digits = Math.min(precision, 100);
  const text = value < 1e21 ? halfToEven(value, digits) : BigInt(value).toString();
  if (precision === 0) return text;
  return value < 1e21 ? text.padEnd(text.length + precision - digits, '0') : `${text}.${'0'.repeat(precision)}`;
}

/** toFixed, but what lies exactly between two results goes to the even one. */
function halfToEven(value: number, digits: number): string {
  const up = value.toFixed(digits);
  // No double comes this close to the middle without being in it.
  if (digits > 70 || !/50{29}$/.test(value.toFixed(digits + 30))) return up;
  if (!/[13579]$/.test(up)) return up;
  const last = Number(up.at(-1)) - 1;
  return `${up.slice(0, -1)}${last}`;
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** The precision of a clause is only the least width of what it prints: stock's library has it so. */
function scientific(value: number, width: number): string {
  return (special(value) ?? scientificDigits(value)).padStart(width);
}

function scientificDigits(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential(defaultPrecision).split('e');
  const power = Number(exponent);
  const digits = Array.from(String(Math.abs(power)).padStart(2, '0'), (digit) => superscripts.charAt(Number(digit)));
  return `${mantissa}×10${power < 0 ? '⁻' : ''}${digits.join('')}`;
}

function plainText(value: CelValue): string | CelError {
  if (value instanceof ListValue) return listText(value);
  if (value instanceof MapValue) return mapText(value);
  if (value === null) return 'null';
  if (value instanceof CelType) return value.name;
  const text = toText(value);
  return typeof text === 'string' ? text : wrongType('s', value);
}

/** A value within a list or a map: texts are quoted, times say what they are. */
function memberText(value: CelValue): string | CelError {
  if (typeof value === 'string') {
    work(10 * value.length);
    return goString(value);
  }
  if (value instanceof Timestamp || value instanceof Duration) {
    const text = toText(value);
    if (typeof text !== 'string') return wrongType('s', value);
    return `${value instanceof Timestamp ? 'timestamp' : 'duration'}(${goString(text)})`;
  }
  if (value instanceof Double) {
    const { value: number } = value;
    if (Number.isNaN(number)) return '"NaN"';
    return Number.isFinite(number) ? exactDecimalSigned(number) : number > 0 ? '"+Inf"' : '"-Inf"';
  }
  const text = plainText(value);
  return value instanceof Uint8Array && typeof text === 'string' ? `b${goString(text)}` : text;
}

function exactDecimalSigned(value: number): string {
  return (value < 0 || Object.is(value, -0) ? '-' : '') + exactDecimal(Math.abs(value), defaultPrecision);
}

function listText(list: ListValue): string | CelError {
  const elements = elementsOf(list);
  if (elements instanceof CelError) return elements;
  const parts: string[] = [];
  for (const element of elements) {
    const text = memberText(element);
    if (text instanceof CelError) return text;
    parts.push(text);
  }
  return `[${parts.join(', ')}]`;
}

function mapText(map: MapValue): string | CelError {
  const parts: { key: string; text: string }[] = [];
  for (const key of map.keys()) {
    const keyText = typeof key === 'string' ? goString(key) : typeof key === 'boolean' ? `${key}` : decimal(key);
    if (keyText === undefined) {
      return new CelError(`no formatting function for map key of type ${runtimeType(key).name}`);
    }
    const value = map.find(key) ?? null;
    const text = value instanceof CelError ? value : memberText(value);
    if (text instanceof CelError) return text;
    parts.push({ key: keyText, text: `${keyText}:${text}` });
  }
  parts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return `{${parts.map(({ text }) => text).join(', ')}}`;
}
