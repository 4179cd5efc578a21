import { goString } from '../go-syntax.ts';

const rfc3339 = '2006-01-02T15:04:05Z07:00';
const rfc3339Micro = '2006-01-02T15:04:05.000000Z07:00';

const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A value that is no time, in the words of Go's time.Parse. */
export class TimeProblem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The commonest form, which is also the canonical one. */
const canonical = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;

/**
 * metav1.Time: RFC 3339 in, RFC 3339 in UTC with whole seconds out. Gives '' for Go's zero time, which is written as null.
 */
export function normalizeTime(text: string): string | TimeProblem {
  if (canonical.test(text) && isValid(text)) return text === '0001-01-01T00:00:00Z' ? '' : text;
  const parsed = parse(text, rfc3339, false);
  return parsed instanceof TimeProblem ? parsed : format(parsed, false);
}

/** metav1.MicroTime: like Time with exactly six decimals. */
export function normalizeMicroTime(text: string): string | TimeProblem {
  const parsed = parse(text, rfc3339Micro, true);
  return parsed instanceof TimeProblem ? parsed : format(parsed, true);
}

/** Seconds and nanoseconds of the Unix epoch as metav1.Time writes them. */
export function formatUnixTime(seconds: bigint | number, nanoseconds: number, micro: boolean): string {
  const milliseconds = Number(seconds) * 1000;
  if (!Number.isFinite(milliseconds) || Math.abs(milliseconds) > 8.64e15) return '';
  const text = new Date(milliseconds).toISOString();
  // Beyond the year 9999 Go refuses to write a time; such a value is no date that anybody means.
  if (text.length !== 24 || text === '0001-01-01T00:00:00.000Z') return '';
  const microseconds = Math.min(Math.max(Math.trunc(nanoseconds / 1000), 0), 999_999);
  return micro ? `${text.slice(0, 19)}.${String(microseconds).padStart(6, '0')}Z` : `${text.slice(0, 19)}Z`;
}

function isValid(text: string): boolean {
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= lastDay(Number(text.slice(0, 4)), month) &&
    text.slice(11, 13) < '24' &&
    text.slice(14, 16) < '60' &&
    text.slice(17, 19) < '60'
  );
}

function lastDay(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && !leap ? 28 : (daysInMonth[month - 1] ?? 0);
}

type Instant = { readonly milliseconds: number; readonly microseconds: number };

function format(instant: Instant, micro: boolean): string {
  return formatUnixTime(Math.floor(instant.milliseconds / 1000), instant.microseconds * 1000, micro);
}

/** The elements of the layouts, in order: what to match, what range it has. */
const elements = [
  { layout: '2006', pattern: /^\d{4}/ },
  { layout: '-', pattern: /^-/ },
  { layout: '01', pattern: /^\d\d/, name: 'month', min: 1, max: 12 },
  { layout: '-', pattern: /^-/ },
  { layout: '02', pattern: /^[ \d]?\d/ },
  { layout: 'T', pattern: /^T/ },
  { layout: '15', pattern: /^\d\d?/, name: 'hour', min: 0, max: 23 },
  { layout: ':', pattern: /^:/ },
  { layout: '04', pattern: /^\d\d/, name: 'minute', min: 0, max: 59 },
  { layout: ':', pattern: /^:/ },
  { layout: '05', pattern: /^\d\d/, name: 'second', min: 0, max: 59 },
] as const;

function parse(text: string, layout: string, micro: boolean): Instant | TimeProblem {
  const fail = (rest: string, element: string) =>
    new TimeProblem(
      `parsing time ${goString(text)} as ${goString(layout)}: cannot parse ${goString(rest)} as "${element}"`,
    );
  const outOfRange = (what: string) => new TimeProblem(`parsing time ${goString(text)}: ${what} out of range`);
  let rest = text;
  const numbers: number[] = [];
  for (const element of elements) {
    const match = element.pattern.exec(rest)?.[0];
    if (match === undefined) return fail(rest, element.layout);
    rest = rest.slice(match.length);
    if (element.layout.length === 1) continue;
    const number = Number(match);
    if ('name' in element && (number < element.min || number > element.max)) return outOfRange(element.name);
    numbers.push(number);
  }
  const fraction = (micro ? /^[.,](\d{6})/ : /^[.,](\d+)/).exec(rest);
  if (micro && fraction === null) return fail(rest, '.000000');
  if (fraction !== null) rest = rest.slice(fraction[0].length);
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest);
  if (zone === null) return fail(rest, 'Z07:00');
  const [matched, sign, zoneHours = '0', zoneMinutes = '0'] = zone;
  if (Number(zoneHours) > 24) return outOfRange('time zone offset hour');
  if (Number(zoneMinutes) > 60) return outOfRange('time zone offset minute');
  rest = rest.slice(matched.length);
  if (rest !== '') return new TimeProblem(`parsing time ${goString(text)}: extra text: ${goString(rest)}`);
  const [year = 0, month = 1, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (day < 1 || day > lastDay(year, month)) return outOfRange('day');
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second);
  return {
    milliseconds: utc.getTime() - offset,
    microseconds: Number((fraction?.[1] ?? '').padEnd(6, '0').slice(0, 6)),
  };
}
