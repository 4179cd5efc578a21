type Bounds = { readonly min: number; readonly max: number; readonly names: readonly string[] };

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of month, month, day of week. Names stand for `min`, `min + 1`, … */
const fields: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

const descriptors = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);

/** Why a text is no cron schedule of five fields, in the words of github.com/robfig/cron; undefined when it is one. */
export function cronProblem(schedule: string): string | undefined {
  const zone = /^(?:CRON_)?TZ=\S+\s+(.*)$/s.exec(schedule);
  const text = (zone?.[1] ?? schedule).trim();
  if (text.startsWith('@')) return descriptorProblem(text);
  const parts = text.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  for (const [index, bounds] of fields.entries()) {
    for (const range of (parts[index] ?? '').split(',')) {
      const problem = range === '' ? undefined : rangeProblem(range, bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function descriptorProblem(text: string): string | undefined {
  if (descriptors.has(text)) return undefined;
  const every = /^@every (.*)$/.exec(text);
  if (every === null) return `unrecognized descriptor: ${text}`;
  const duration = every[1] ?? '';
  return /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(duration)
    ? undefined
    : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`;
}

function rangeProblem(text: string, bounds: Bounds): string | undefined {
  const [range = '', step, ...moreSteps] = text.split('/');
  const [low = '', high, ...more] = range.split('-');
  let start: number;
  let end: number;
  if (low === '*' || low === '?') {
    start = bounds.min;
    end = bounds.max;
  } else {
    const first = parseValue(low, bounds);
    if (typeof first === 'string') return first;
    start = first;
    end = first;
    if (more.length > 0) return `too many hyphens: ${text}`;
    if (high !== undefined) {
      const last = parseValue(high, bounds);
      if (typeof last === 'string') return last;
      end = last;
    }
  }
  if (moreSteps.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined) {
    const size = parseNumber(step);
    if (typeof size === 'string') return size;
    if (high === undefined && low !== '*') end = bounds.max;
    if (size === 0) return `step of range should be a positive number: ${text}`;
  }
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${text}`;
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${text}`;
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${text}` : undefined;
}

function parseValue(text: string, bounds: Bounds): number | string {
  const name = bounds.names.indexOf(text.toLowerCase());
  return name >= 0 ? bounds.min + name : parseNumber(text);
}

function parseNumber(text: string): number | string {
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}
