import { randomUUID } from 'node:crypto';
import type { Exchange } from '../exchange.ts';

const valid = /^[A-Za-z0-9._:/+=-]{1,64}$/;

/** Every request has an id that the answer, the log and the audit trail share; a client may bring its own. */
export function assignAuditId(x: Exchange): void {
  const given = x.request.headers['audit-id'];
  x.auditId = typeof given === 'string' && valid.test(given) ? given : randomUUID();
}
