/** Error codes of sockets and name resolution that mean: the database cannot be reached now. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'EACCES',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ENOTCONN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** SQLSTATEs that say the same: shutdown, recovery, too many clients, resource limits, a transaction that the server gave up. */
const transient = /^(08...|57P0[1-5]|53...|40001|40P01|55P03|57014|58...|25006|25P03)$/;

/** Messages of pg's own errors, which carry no code. */
const lostConnection =
  /^(Connection terminated|Client (was closed|has encountered)|timeout e|Query read timeout|Cannot use a pool after|The server does not support SSL)/i;

/** The code of a Postgres or system error; '' when it has none. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/** True when the failure lies in reaching the database or in its state, not in what was asked of it: asking again later may work. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some((inner) => isUnavailable(inner));
  const code = errorCode(error);
  if (unreachable.has(code) || transient.test(code)) return true;
  return code === '' && error instanceof Error && lostConnection.test(error.message);
}

/** True when Postgres refused the statement, and says that asking again would not help: it did nothing, and the connection lives. */
export function isStatementError(error: unknown): boolean {
  const refused =
    typeof error === 'object' &&
    error !== null &&
    'severity' in error &&
    error.severity === 'ERROR' &&
    errorCode(error);
  return refused !== false && refused !== '' && !isUnavailable(error);
}

/** One line that says what went wrong; connection attempts to several addresses carry their reasons inside. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((inner) => errorText(inner)).join('; ');
  return error instanceof Error ? error.message : String(error);
}
