import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

export type { Logger };

const bufferBytes = 8192;
const flushMs = 200;

/**
 * A structured logger: one JSON line an event on standard output (or `destination`). Lines are gathered for a fifth of a second or 8 KiB, so that a
 * line costs microseconds; errors and the end of the process flush.
 */
export function createLogger(level: Config['logLevel'], destination?: DestinationStream): Logger {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  if (destination !== undefined) return pino(options, destination);
  const out = pino.destination({ fd: 1, sync: false, minLength: bufferBytes });
  const flusher = setInterval(() => out.flush(), flushMs);
  flusher.unref();
  process.once('exit', () => {
    clearInterval(flusher);
    try {
      out.flushSync();
    } catch {
      // Nothing was written yet, or standard output is gone: there is nobody left to tell.
    }
  });
  return pino(options, out);
}
