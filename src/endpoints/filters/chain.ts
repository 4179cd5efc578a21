import { MalformedPath, parseRequestInfo } from '../requestinfo.ts';
import { nowhere, resolveCluster } from '../cluster-resolver.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { route } from '../router.ts';
import { AlreadyAnswered } from '../writers/respond.ts';
import { respondError, respondPageNotFound, toApiError } from '../writers/status.ts';
import { closeAudit, openAudit } from './audit.ts';
import { assignAuditId } from './audit-id.ts';
import { authenticate } from './authentication.ts';
import { accessNotPermitted, authorize } from './authorization.ts';
import { applyTimeoutParameter } from './deadline.ts';
import { impersonate } from './impersonation.ts';
import { isLongRunning } from './long-running.ts';
import { logRequest } from './request-log.ts';

/**
 * Serves one request. The order is the stock server's, outermost first, and every step relies on those before it:
 *
 *  1. panic recovery, log, metrics   whatever happens below is answered, counted and logged once
 *  2. audit id                       named in every answer, also in errors
 *  3. request info                   method and path → cluster text, verb, resource, name
 *  4. logical cluster                a path that names none goes on without one, so that step 6 can ask for credentials first
 *  5. deadline                       `?timeout=`; from here on the request is in the in-flight set
 *  6. authentication                 401; anonymous only for health and version
 *     audit                      recorded from here on as the policy says, failed authentications included
 *  7. no such logical cluster        403 with kcp's text: the same answer as without access
 *  8. impersonation                  the rest sees the impersonated user
 *  9. in-flight limits               429, after authentication so that a limit can one day be per user
 * 10. authorization                  403, before anything tells whether a resource or an object exists
 * 11. the handler                    router.ts
 *
 * Warnings are collected on the exchange by whoever has one; headers are written by writers/respond.ts. Nothing here throws.
 */
export async function serve(endpoints: Endpoints, x: Exchange): Promise<void> {
  let entered = false;
  try {
    assignAuditId(x);
    const info = parseRequestInfo(x.request.method ?? 'GET', x.request.url ?? '/');
    x.info = info;
    const cluster = await resolveCluster(endpoints.store, info.clusterText);
    x.longRunning = isLongRunning(info);
    if (!x.longRunning) applyTimeoutParameter(x, endpoints.config.limits.requestTimeoutMs);
    await authenticate(x, endpoints.authenticator, cluster?.name ?? nowhere);
    if (endpoints.audit !== undefined) openAudit(endpoints.audit, x, cluster?.name ?? '');
    if (info.path.startsWith('/clusters/')) {
      respondPageNotFound(x);
      return;
    }
    if (cluster === undefined) throw accessNotPermitted(x.user, info.fullPath, x.request.method);
    x.cluster = cluster;
    if (x.request.headers['impersonate-user'] !== undefined || hasImpersonation(x)) {
      await impersonate(x, endpoints.authorizer);
      x.audit?.impersonates(x.user);
    }
    endpoints.inFlight.enter(x);
    entered = true;
    await authorize(x, endpoints.authorizer);
    x.permitted = true;
    await route(endpoints, x);
  } catch (error) {
    await recover(endpoints, x, error);
  } finally {
    if (entered) endpoints.inFlight.leave(x);
    finish(endpoints, x);
  }
}

/** Headers that only make sense together with Impersonate-User are refused without it. */
function hasImpersonation(x: Exchange): boolean {
  const { headers } = x.request;
  return headers['impersonate-group'] !== undefined || headers['impersonate-uid'] !== undefined;
}

function isExpected(error: unknown): boolean {
  return error instanceof MalformedPath || error instanceof AlreadyAnswered || toApiError(error).code < 500;
}

async function recover(endpoints: Endpoints, x: Exchange, error: unknown): Promise<void> {
  if (!isExpected(error)) x.failure = error;
  // Whoever shows credentials that are not valid is recorded, too.
  if (endpoints.audit !== undefined && x.user === undefined) openAudit(endpoints.audit, x, '', false);
  try {
    await respondError(x, error);
  } catch (second) {
    endpoints.log.error({ err: second, auditId: x.auditId }, 'an error could not be answered');
    x.response.destroy();
  }
}

function finish(endpoints: Endpoints, x: Exchange): void {
  const ms = performance.now() - x.started;
  try {
    endpoints.metrics.requestDone(x, ms / 1000);
    closeAudit(x);
    logRequest(endpoints.log, x, ms);
  } catch (error) {
    endpoints.log.error({ err: error }, 'a request could not be logged');
  }
}
