import { LRUCache } from 'lru-cache';
import { work } from './effort.ts';
import { isInt64 } from './int64.ts';
import { CelError, type CelResult, type CelValue, Duration, integerOverflow, Timestamp } from './values.ts';

/** The seconds of the years 1 and 9999, between which moments lie. */
export const minSeconds = -62_135_596_800;
export const maxSeconds = 253_402_300_799;

export const timestampOverflow: CelError = new CelError('timestamp overflow');
const nanosPerSecond = 1_000_000_000n;

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[T](\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(?:(Z)|([+-])(\d\d):(\d\d))$/;

/** A moment in RFC 3339; undefined for texts that Go's parser refuses, an error beyond the years that are allowed. */
export function parseTimestamp(text: string): Timestamp | CelError | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', , sign, zoneHour, zoneMinute] = match;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  if (mo < 1 || mo > 12 || d < 1 || d > daysOf(y, mo) || h > 23 || mi > 59 || s > 59) return undefined;
  const east = Number(zoneHour ?? 0) * 3600 + Number(zoneMinute ?? 0) * 60;
  if (Number(zoneHour ?? 0) > 24 || Number(zoneMinute ?? 0) > 59) return undefined;
  const offset = sign === '-' ? -east : east;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, mi, s, 0);
  const seconds = date.getTime() / 1000 - offset;
  if (seconds < minSeconds || seconds > maxSeconds) return timestampOverflow;
  return new Timestamp(seconds, Number(fraction.slice(0, 9).padEnd(9, '0')), offset);
}

function daysOf(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

/** A moment as text, with the offset it was given and no more decimals than it needs. */
export function formatTimestamp({ seconds, nanos, offset }: Timestamp): string {
  const date = new Date((seconds + offset) * 1000).toISOString();
  const day = date.startsWith('+') || date.startsWith('-') ? date.slice(0, -5) : date.slice(0, 19);
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  if (offset === 0) return `${day}${fraction}Z`;
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${day}${fraction}${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

/** A duration as text: seconds with the decimals that a double of them needs. */
export function formatCelDuration({ nanos }: Duration): string {
  const seconds = Number(nanos / nanosPerSecond) + Number(nanos % nanosPerSecond) / 1e9;
  return `${plainDecimal(seconds)}s`;
}

/** A double without an exponent. */
export function plainDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return (
    sign + (point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`)
  );
}

/** The sum of durations, or a moment later by a duration. */
export function addDuration(duration: Duration, to: CelValue): CelResult | undefined {
  if (to instanceof Duration) return checked(duration.nanos + to.nanos);
  return to instanceof Timestamp ? later(to, duration.nanos) : undefined;
}

/** A moment, later by some nanoseconds. */
export function later(moment: Timestamp, nanos: bigint): CelResult {
  let seconds = moment.seconds + Number(nanos / nanosPerSecond);
  let rest = moment.nanos + Number(nanos % nanosPerSecond);
  if (rest < 0) {
    rest += 1e9;
    seconds -= 1;
  } else if (rest >= 1e9) {
    rest -= 1e9;
    seconds += 1;
  }
  if (seconds < minSeconds || seconds > maxSeconds) return timestampOverflow;
  return new Timestamp(seconds, rest, moment.offset);
}

/** The time between two moments. */
export function between(a: Timestamp, b: Timestamp): CelResult {
  return checked(BigInt(a.seconds - b.seconds) * nanosPerSecond + BigInt(a.nanos - b.nanos));
}

/** A duration, unless it leaves int64. */
export function checked(nanos: bigint): CelResult {
  return isInt64(nanos) ? new Duration(nanos) : integerOverflow;
}

/** The parts of a moment that the functions of timestamps give, as a clock in a zone shows them. */
export type ClockPart =
  | 'getFullYear'
  | 'getMonth'
  | 'getDayOfYear'
  | 'getDayOfMonth'
  | 'getDate'
  | 'getDayOfWeek'
  | 'getHours'
  | 'getMinutes'
  | 'getSeconds'
  | 'getMilliseconds';

/** One part of a moment in a zone: a name of the time zone database, or an offset such as `+02:00`. */
export function clockPart(part: ClockPart, moment: Timestamp, zone: string): CelResult {
  const offset = zone === 'UTC' || zone === '' ? 0 : zoneOffset(moment, zone);
  if (offset instanceof CelError) return offset;
  const date = new Date((moment.seconds + offset) * 1000);
  switch (part) {
    case 'getFullYear':
      return date.getUTCFullYear();
    case 'getMonth':
      return date.getUTCMonth();
    case 'getDayOfYear':
      return Math.floor((date.getTime() - startOfYear(date.getUTCFullYear())) / 86_400_000);
    case 'getDayOfMonth':
      return date.getUTCDate() - 1;
    case 'getDate':
      return date.getUTCDate();
    case 'getDayOfWeek':
      return date.getUTCDay();
    case 'getHours':
      return date.getUTCHours();
    case 'getMinutes':
      return date.getUTCMinutes();
    case 'getSeconds':
      return date.getUTCSeconds();
    case 'getMilliseconds':
      return Math.trunc(moment.nanos / 1_000_000);
  }
}

function startOfYear(year: number): number {
  const date = new Date(0);
  return date.setUTCFullYear(year, 0, 1);
}

function zoneOffset(moment: Timestamp, zone: string): number | CelError {
  const colon = zone.indexOf(':');
  if (colon < 0) return namedOffset(moment, zone);
  const hours = atoi(zone.slice(0, colon));
  if (hours instanceof CelError) return hours;
  const minutes = atoi(zone.slice(colon + 1));
  if (minutes instanceof CelError) return minutes;
  return (zone.startsWith('-') ? hours * 60 - minutes : hours * 60 + minutes) * 60;
}

/** Go's strconv.Atoi, with its words; only numbers that an offset can be. */
function atoi(text: string): number | CelError {
  if (!/^[+-]?\d+$/.test(text)) return new CelError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) < 1e6) return value;
  return new CelError(`strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
}

/** Names of zones are names of files: unlike to Intl, their case matters. */
const zoneName = /^(?:[A-Z][A-Za-z0-9_+-]*|(?:US|[A-Z][a-z]+)(?:\/[A-Z][A-Za-z0-9_+-]*)+)$/;

/** Clocks are dear to make; the ones last used are kept. */
const clocks = new LRUCache<string, Intl.DateTimeFormat>({ max: 32 });

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  work(100_000);
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, format);
    return format;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function namedOffset(moment: Timestamp, zone: string): number | CelError {
  const unknown = new CelError(`unknown time zone ${zone}`);
  if (!zoneName.test(zone) || zone.length > 64) return unknown;
  const format = clockOf(zone === 'Local' ? 'UTC' : zone);
  if (format === undefined) return unknown;
  work(8000);
  const parts = new Map(format.formatToParts(moment.seconds * 1000).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0);
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year');
  const date = new Date(0);
  date.setUTCFullYear(year, number('month') - 1, number('day'));
  date.setUTCHours(number('hour'), number('minute'), number('second'), 0);
  return date.getTime() / 1000 - moment.seconds;
}
