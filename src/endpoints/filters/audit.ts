import { isIP } from 'node:net';
import type { AuditTrail } from '../../audit/trail.ts';
import type { Exchange } from '../exchange.ts';

const maxAddresses = 16;

/** Begins the record of a request whose sender is known, or (`authenticated` false) has shown credentials that are not valid. */
export function openAudit(trail: AuditTrail, x: Exchange, cluster: string, authenticated = true): void {
  const { info } = x;
  x.audit = trail.open({
    auditId: x.auditId,
    cluster,
    requestURI: x.request.url ?? '/',
    userAgent: x.header('user-agent'),
    sourceIPs: sourceAddresses(x),
    received: new Date(Date.now() - (performance.now() - x.started)),
    user: authenticated ? x.user : undefined,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  });
}

/** Ends the record. What nobody expected is upstream's panic. */
export function closeAudit(x: Exchange): void {
  x.audit?.emit(x.failure === undefined ? 'ResponseComplete' : 'Panic', x.status);
}

/** Where a request says that it comes from, and where it does come from, last: only that one is sure. */
function sourceAddresses(x: Exchange): string[] {
  const said = [x.header('x-forwarded-for').split(','), [x.header('x-real-ip')]].flat();
  const addresses = said.map((text) => text.trim()).filter((text) => isIP(text) !== 0);
  const remote = x.request.socket.remoteAddress;
  return [...new Set([...addresses.slice(0, maxAddresses), ...(remote === undefined ? [] : [remote])])];
}
