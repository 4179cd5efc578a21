import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';
import { LineWriter } from './line-writer.ts';

export type { Logger };

const standardOutput = 1;

/**
 * A structured logger: one JSON line an event on standard output, or on `destination`. Lines to standard output are gathered (LineWriter); errors and
 * the end of the process flush them.
 */
export function createLogger(level: Config['logLevel'], destination?: DestinationStream): Logger {
  const options = { level, base: { pid: process.pid }, timestamp, serializers: { err: loggedError } };
  if (destination !== undefined) return pino(options, destination);
  const writer = new LineWriter(standardOutput);
  process.once('exit', () => writer.flushSync());
  return pino(options, {
    write: (line: string) => writer.write(line),
    flushSync: () => writer.flushSync(),
  } as DestinationStream);
}

let lastMillisecond = 0;
let lastTimestamp = '';

/** RFC 3339 with milliseconds; written out once a millisecond. */
function timestamp(): string {
  const now = Date.now();
  if (now !== lastMillisecond) {
    lastMillisecond = now;
    lastTimestamp = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTimestamp;
}

/**
 * What is logged of an error: its kind, text, code, stack and causes. Other properties stay out: libraries hang whole clients, addresses and passwords
 * on their errors.
 */
export function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, code, cause } = error as Error & { readonly code?: unknown };
  return {
    type: name,
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack,
    ...(cause instanceof Error ? { cause: loggedError(cause) } : {}),
  };
}
