import type { ClusterName } from '../../logicalcluster/name.ts';
import { WebhookCallError, type WebhookClientConfig } from '../../registry/webhooks.ts';

/** Finds the servers behind a Service of a logical cluster. Another one may know more ways there (tunnels to physical clusters). */
export interface ServiceResolver {
  /** @throws Error with stock's text when the Service leads nowhere. */
  resolve(cluster: ClusterName, service: ServiceReference): Promise<{ readonly host: string; readonly port: number }>;
}

export type ServiceReference = { readonly namespace: string; readonly name: string; readonly port: number };

/** Where a call goes. */
export type Destination = {
  /** As errors show it, with the timeout that the webhook is told. */
  readonly url: string;
  /** Path and query of the request. */
  readonly path: string;
  /** `Host` header. */
  readonly authority: string;
  /** Whom the certificate must be for. */
  readonly serverName: string;
  /** To be looked up and dialed. */
  readonly host: string;
  readonly port: number;
  /** Undefined unless the host and port are those of a Service, which `host` and `port` name only. */
  readonly service: ServiceReference | undefined;
};

const defaultPort = 443;

/** @throws WebhookCallError when the configuration names no https URL and no Service. */
export function destinationOf(config: WebhookClientConfig, timeoutMs: number): Destination {
  const { url, service } = config;
  if (service !== undefined) {
    const { namespace, name, port = defaultPort } = service;
    const serverName = `${name}.${namespace}.svc`;
    const path = requestPath(service.path ?? '', timeoutMs);
    const authority = `${serverName}:${port}`;
    return {
      url: `https://${authority}${path}`,
      path,
      authority,
      serverName,
      host: serverName,
      port,
      service: { namespace, name, port },
    };
  }
  if (url === undefined || url === '')
    throw new WebhookCallError('webhook configuration must have either service or URL');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.protocol !== 'https:')
    throw new WebhookCallError(`Unparsable URL: ${JSON.stringify(url)}`);
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const path = requestPath(parsed.pathname, timeoutMs);
  return {
    url: `https://${parsed.host}${path}`,
    path,
    authority: parsed.host,
    serverName: host,
    host,
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    service: undefined,
  };
}

/** Go's path.Join leaves no trailing slash, no empty and no dot segments; the rounded-up timeout follows. */
function requestPath(path: string, timeoutMs: number): string {
  const segments: string[] = [];
  for (const segment of new URL(path, 'https://x/').pathname.split('/')) if (segment !== '') segments.push(segment);
  return `/${segments.join('/')}?timeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}s`;
}
