import { canonicalBase64 } from '../schema/base64.ts';
import { parseDuration } from '../schema/duration.ts';
import { checked, parseTimestamp } from './time.ts';
import { CelError, type CelResult } from './values.ts';

const nanos: readonly (readonly [RegExp, bigint])[] = [
  [/^(ns|nano.*)$/, 1n],
  [/^(us|µs|micro.*)$/, 1_000n],
  [/^(ms|milli.*)$/, 1_000_000n],
  [/^(s|sec.*)$/, 1_000_000_000n],
  [/^(m|min.*)$/, 60_000_000_000n],
  [/^(h|hr|hour.*)$/, 3_600_000_000_000n],
  [/^(d|day.*)$/, 86_400_000_000_000n],
  [/^(w|wk|week.*)$/, 604_800_000_000_000n],
];

/** A text of a schema's format `duration`: as Go spells durations, or with words (`3 days`). */
export function parseSchemaDuration(text: string): CelResult {
  const plain = parseDuration(text);
  if (plain !== undefined) return checked(plain);
  let total = 0n;
  let found = false;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d{1,18})\s*([A-Za-zµ]+)/g)) {
    const size = nanos.find(([pattern]) => pattern.test(unit.toLowerCase()))?.[1];
    if (size === undefined) continue;
    found = true;
    total += BigInt(count) * size;
  }
  return found ? checked(total) : new CelError(`Invalid duration ${text}: unable to parse ${text} as duration`);
}

/** A text of a schema's format `date-time` or `date`. */
export function parseSchemaTime(text: string, dateOnly: boolean): CelResult {
  if (dateOnly) {
    const date = /^\d{4}-\d\d-\d\d$/.test(text) ? parseTimestamp(`${text}T00:00:00Z`) : undefined;
    return date ?? new CelError(`Invalid date formatted string ${text}`);
  }
  const moment = parseTimestamp(text.replace(/t/, 'T').replace(/z$/, 'Z'));
  return moment ?? new CelError(`Invalid date-time formatted string ${text}`);
}

/** A text of a schema's format `byte`. */
export function decodeBase64(text: string): CelResult {
  const canonical = canonicalBase64(text);
  if (typeof canonical === 'string') return Buffer.from(canonical, 'base64');
  const why = `illegal base64 data at input byte ${canonical}`;
  return new CelError(`Invalid byte formatted string ${text}: ${why}`);
}
