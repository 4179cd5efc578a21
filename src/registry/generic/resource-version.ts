import { ApiError, badRequest } from '../../apimachinery/errors.ts';

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

/** Events are the one resource that stock keeps out of its watch cache, whose errors and tokens are a little different. */
export const uncachedStorage = 'events';

/** The error of a revision that is not there yet, as stock words it for that storage: only its cache says when to try again. */
export function withoutRetry(error: unknown, storage: string): unknown {
  if (storage !== uncachedStorage || !(error instanceof ApiError) || error.code !== 504) return error;
  const { retryAfterSeconds: _, ...details } = error.toStatus().details ?? {};
  return new ApiError(error.code, error.reason, error.message, { details });
}
