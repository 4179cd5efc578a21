import { badRequest, timeoutError } from '../../apimachinery/errors.ts';
import { parseGoDuration } from '../duration.ts';
import type { Exchange } from '../exchange.ts';
import { respondError } from '../writers/status.ts';

/**
 * `?timeout=` shortens the time a request may take; zero and negative values mean the default, longer ones are cut. Throws 400 for what is not a
 * duration. Watches have timeoutSeconds instead.
 */
export function applyTimeoutParameter(x: Exchange, defaultMs: number): void {
  if (!x.info.query.includes('timeout=')) return;
  const text = x.parameter('timeout');
  if (text === undefined || text === '') return;
  const duration = parseGoDuration(text);
  if (typeof duration !== 'number') {
    throw badRequest(`invalid timeout specified in the request URL - ${duration.error}`);
  }
  if (duration > 0 && duration < defaultMs) x.deadline = x.started + duration;
}

/** Gives up a request whose time is over: it is answered with 504 and its signal aborts. */
export function expire(x: Exchange): void {
  const error = timeoutError('request did not complete within the allotted timeout');
  x.abort(error);
  respondError(x, error).catch(() => x.response.destroy());
}
