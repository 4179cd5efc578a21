import { badRequest } from '../../apimachinery/errors.ts';

const maxUint64 = 18446744073709551615n;

/**
 * A resourceVersion as a number; '' is 0. Values beyond 2^53 lose precision, which no existing revision reaches.
 * @throws 400 in the words of Go's strconv, after `prefix`.
 */
export function parseResourceVersion(text: string, prefix = ''): number {
  if (text === '') return 0;
  if (!/^\d+$/.test(text))
    throw badRequest(`${prefix}strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (text.length > 15 && BigInt(text.length > 25 ? '9'.repeat(25) : text) > maxUint64)
    throw badRequest(`${prefix}strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(text);
}

/** As parseResourceVersion, with the words of a request parameter's error. */
export function parseResourceVersionParameter(text: string, prefix = ''): number {
  return parseResourceVersion(text, `${prefix}resourceVersion: Invalid value: ${JSON.stringify(text)}: `);
}
