import { badRequest } from './errors.ts';

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact number: `nano` is the value times 10^9, which is as fine as a quantity can be. */
export type Quantity = { readonly nano: bigint; readonly format: QuantityFormat };

const nanoPerOne = 1_000_000_000n;
const maxBinary = ((1n << 63n) - 1n) * nanoPerOne;

const decimalExponents: Readonly<Record<string, number>> = {
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
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

const formatMessage = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixMessage = "unable to parse quantity's suffix";

/** Longer numbers and exponents mean nothing and cost time: upstream's own arithmetic is bounded by the body limit only. */
const maxTextLength = 512;
const maxExponent = 400;

const shape = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

type Parsed = Quantity | 'format' | 'suffix';

function parse(text: string): Parsed {
  if (text === '' || text.length > maxTextLength) return 'format';
  const match = shape.exec(text);
  if (match === null) return 'format';
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  let format: QuantityFormat;
  // Upstream reads a missing number as zero: `+`, `.` and `k` are quantities.
  let numerator = BigInt(whole + fraction);
  let exponent = -fraction.length;
  if (Object.hasOwn(decimalExponents, suffix)) {
    format = 'DecimalSI';
    exponent += decimalExponents[suffix] as number;
  } else if (Object.hasOwn(binaryExponents, suffix)) {
    format = 'BinarySI';
    numerator <<= BigInt(binaryExponents[suffix] as number);
  } else if (/^[eE][-+]?[0-9]+$/.test(suffix)) {
    format = 'DecimalExponent';
    const written = Number(suffix.slice(1));
    if (!Number.isSafeInteger(written)) return 'suffix';
    exponent += Math.max(-maxExponent * 2, Math.min(maxExponent, written));
  } else {
    return 'suffix';
  }
  let nano: bigint;
  const scale = exponent + 9;
  if (scale >= 0) nano = numerator * 10n ** BigInt(scale);
  else {
    // Finer than nano is rounded up, away from zero.
    const divisor = 10n ** BigInt(-scale);
    nano = (numerator + divisor - 1n) / divisor;
  }
  if (format === 'BinarySI') {
    if (nano > maxBinary) nano = maxBinary;
    if (nano > 0n && nano < nanoPerOne) format = 'DecimalSI';
  }
  return { nano: sign === '-' ? -nano : nano, format };
}

/**
 * Reads `500m`, `1.5Gi`, `1e3` exactly.
 * @throws ApiError 400 with upstream's text.
 */
export function parseQuantity(text: string): Quantity {
  const parsed = parse(text);
  if (parsed === 'format') throw badRequest(formatMessage);
  if (parsed === 'suffix') throw badRequest(suffixMessage);
  return parsed;
}

/** The form that a server writes (`1000m` → `1`, `1024Mi` → `1Gi`); undefined when the text is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  return typeof parsed === 'string' ? undefined : formatQuantity(parsed);
}

/** Why a text is no quantity, in upstream's words; undefined when it is one. */
export function quantityProblem(text: string): string | undefined {
  const parsed = parse(text);
  return parsed === 'format' ? formatMessage : parsed === 'suffix' ? suffixMessage : undefined;
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareQuantity(a: Quantity, b: Quantity): number {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

/** The sum; its format is the first one's unless that is zero. */
export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** The difference; its format follows the same rule. */
export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** The canonical text: no fraction, the greatest suffix that keeps the value exact. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  if (format === 'BinarySI') {
    const inKibi = 1024n * nanoPerOne;
    if ((nano <= -inKibi || nano >= inKibi) && nano % nanoPerOne === 0n) return formatBinary(nano / nanoPerOne);
    return formatDecimal(nano, 'DecimalSI');
  }
  return formatDecimal(nano, format);
}

function formatBinary(value: bigint): string {
  let rest = value;
  let power = 0;
  while (power < binarySuffixes.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${binarySuffixes[power] ?? ''}`;
}

function formatDecimal(nano: bigint, format: QuantityFormat): string {
  let rest = nano;
  let exponent = -9;
  while (rest % 1000n === 0n && (format === 'DecimalExponent' || exponent < 18)) {
    rest /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  return `${rest}${decimalSuffixes.get(exponent) ?? ''}`;
}
