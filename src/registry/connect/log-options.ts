import { badRequest, type FieldError, fieldError, invalid } from '../../apimachinery/errors.ts';

const counts = ['tailLines', 'limitBytes', 'sinceSeconds'] as const;
const int64 = /^[+-]?\d{1,19}$/;
const limit = 2n ** 63n;

/** The pieces of the time layout that Go's parser names when one of them does not fit. */
const timeParts: readonly [pattern: RegExp, layout: string][] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^(0[1-9]|1[0-2])/, '01'],
  [/^-/, '-'],
  [/^\d{2}/, '02'],
  [/^T/, 'T'],
  [/^([01]\d|2[0-3])/, '15'],
  [/^:/, ':'],
  [/^[0-5]\d/, '04'],
  [/^:/, ':'],
  [/^[0-5]\d([.,]\d+)?/, '05'],
  [/^(Z|[+-]\d{2}:\d{2})/, 'Z07:00'],
];

/** Refuses what stock refuses in the options of pods/log. @throws 400, 422 */
export function checkLogOptions(pod: string, parameters: URLSearchParams): void {
  const values = new Map<string, bigint>();
  for (const name of counts) {
    const text = parameters.get(name);
    if (text !== null) values.set(name, parseInteger(text));
  }
  const since = parameters.get('sinceTime');
  if (since !== null && since !== '') checkTime(since);
  const errors: FieldError[] = [];
  const atLeast = (name: string, least: bigint, detail: string): void => {
    const value = values.get(name);
    if (value !== undefined && value < least) errors.push(fieldError.invalid(name, value, detail));
  };
  atLeast('tailLines', 0n, 'must be greater than or equal to 0');
  atLeast('limitBytes', 1n, 'must be greater than 0');
  if (values.has('sinceSeconds') && since !== null && since !== '')
    errors.push(fieldError.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else atLeast('sinceSeconds', 1n, 'must be greater than 0');
  if (parameters.has('stream')) errors.push(fieldError.forbidden('stream', 'may not be specified'));
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod, errors);
}

function parseInteger(text: string): bigint {
  const quoted = JSON.stringify(text);
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
  const value = int64.test(text) ? BigInt(text.replace('+', '')) : limit;
  if (value >= limit || value < -limit) throw badRequest(`strconv.ParseInt: parsing ${quoted}: value out of range`);
  return value;
}

function checkTime(text: string): void {
  let rest = text;
  const parsing = `parsing time ${JSON.stringify(text)}`;
  for (const [pattern, layout] of timeParts) {
    const match = pattern.exec(rest);
    if (match === null)
      throw badRequest(
        `${parsing} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as "${layout}"`,
      );
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') throw badRequest(`${parsing}: extra text: ${JSON.stringify(rest)}`);
}
