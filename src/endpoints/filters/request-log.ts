import type { Logger } from 'pino';
import type { Exchange } from '../exchange.ts';

/** One line per request: who asked what, how it ended. Never a header, a body or a query value that may hold a secret. */
export function logRequest(log: Logger, x: Exchange, ms: number): void {
  if (!log.isLevelEnabled(x.status >= 500 ? 'error' : 'info')) return;
  const { info } = x;
  const line = {
    method: x.request.method,
    path: truncated(info.fullPath),
    verb: info.verb,
    status: x.status,
    ms: Math.round(ms * 1000) / 1000,
    bytes: x.sent,
    cluster: x.cluster?.name,
    user: x.user?.name,
    impersonator: x.impersonator?.name,
    auditId: x.auditId,
    userAgent: truncated(x.header('user-agent')),
    err: x.failure,
  };
  if (x.status >= 500 && x.failure !== undefined) log.error(line, 'request failed');
  else log.info(line, 'request');
}

function truncated(text: string): string {
  return text.length <= 256 ? text : `${text.slice(0, 256)}…`;
}
