import type { Catalog } from '../registry/registry.ts';
import { respondAggregatedDiscovery, wantsAggregatedDiscovery } from './discovery/aggregated.ts';
import { respondApiGroup, respondApiGroups, respondApiResources, respondApiVersions } from './discovery/legacy.ts';
import { ownCatalog } from './discovery/merged.ts';
import type { Endpoints } from './endpoints.ts';
import type { Exchange } from './exchange.ts';
import { type HealthEndpoint, respondHealth } from './health.ts';
import { passToAggregated } from './handlers/aggregated.ts';
import { negotiate } from './negotiation.ts';
import { respondOpenApiV2 } from './openapi/v2.ts';
import { respondOpenApiV3Document, respondOpenApiV3Index } from './openapi/v3.ts';
import { methodNotAllowed, resourceNotFound } from './route-errors.ts';
import { respond, respondDocument } from './writers/respond.ts';
import { respondPageNotFound } from './writers/status.ts';

const indented = { format: 'json', as: undefined, pretty: true } as const;

/** Paths that are no resources. Those that only read refuse other methods where the stock server does. */
export async function routeNonResource(endpoints: Endpoints, x: Exchange, catalog: Catalog): Promise<void> {
  const { path, parts } = x.info;
  if (path.startsWith('//')) return respondPageNotFound(x);
  const [first = ''] = parts;
  switch (first) {
    case '':
      return respondPaths(x, catalog);
    case 'api':
    case 'apis':
      return routeDiscovery(endpoints, x, catalog);
    case 'version':
      if (parts.length > 1) throw resourceNotFound();
      requireGet(x);
      negotiate(x.header('accept'), 'none');
      return respondDocument(x, 200, indented, JSON.stringify(endpoints.version));
    case 'healthz':
    case 'livez':
    case 'readyz':
      if (path.endsWith('/')) break;
      return health(endpoints, x, first);
    case 'metrics':
      if (parts.length > 1) break;
      return respondMetrics(endpoints, x);
    case '.well-known':
      if (path === '/.well-known/openid-configuration') return respondIssuer(endpoints, x);
      break;
    case 'openapi':
      return routeOpenApi(endpoints, x, catalog);
    case 'openid':
      if (path === '/openid/v1/jwks') return respondKeys(endpoints, x);
      break;
  }
  respondPageNotFound(x);
}

async function routeDiscovery(endpoints: Endpoints, x: Exchange, catalog: Catalog): Promise<void> {
  const { parts } = x.info;
  const [root, group = '', version = '', ...rest] = parts;
  if (rest.length > 0) return respondPageNotFound(x);
  if (root === 'api') {
    if (parts.length > 1) return version === '' ? respondApiResources(x, catalog, '', group) : respondPageNotFound(x);
    if (wantsAggregatedDiscovery(x)) return respondAggregatedDiscovery(x, catalog, 'api', [], []);
    return respondApiVersions(x, new URL(endpoints.config.externalUrl).host);
  }
  if (version !== '' && (await passToAggregated(endpoints, x))) return;
  const remote = (await endpoints.aggregator?.groups(x.cluster.name)) ?? [];
  const own = ownCatalog(catalog, remote);
  if (version !== '') return respondApiResources(x, own, group, version);
  if (parts.length > 1) return respondApiGroup(x, own, group, remote);
  if (!wantsAggregatedDiscovery(x)) return respondApiGroups(x, own, remote);
  const versions = remote.length === 0 ? [] : ((await endpoints.aggregator?.discovery(x)) ?? []);
  return respondAggregatedDiscovery(x, own, 'apis', remote, versions);
}

async function routeOpenApi(endpoints: Endpoints, x: Exchange, catalog: Catalog): Promise<void> {
  const [, version = '', ...rest] = x.info.parts;
  if ((version !== 'v2' && version !== 'v3') || (version === 'v2' && rest.length > 0)) return respondPageNotFound(x);
  if (rest.length > 0 && (await passToAggregated(endpoints, x))) return;
  const { aggregator, descriptions } = endpoints;
  const own = ownCatalog(catalog, (await aggregator?.groups(x.cluster.name)) ?? []);
  if (version === 'v2') return respondOpenApiV2(x, own, descriptions, (await aggregator?.openApiV2(x)) ?? []);
  if (rest.length > 0) return respondOpenApiV3Document(x, own, rest.join('/'), descriptions);
  return respondOpenApiV3Index(x, own, descriptions, (await aggregator?.openApi(x)) ?? []);
}

export function requireGet(x: Exchange): void {
  if (x.request.method !== 'GET') throw methodNotAllowed();
}

async function health(endpoints: Endpoints, x: Exchange, endpoint: HealthEndpoint): Promise<void> {
  const only = x.info.parts.slice(1).join('/');
  await respondHealth(x, endpoints.health, endpoint, only, (name, error) =>
    endpoints.log.warn({ check: name, err: error }, 'a health check failed'),
  );
}

async function respondMetrics(endpoints: Endpoints, x: Exchange): Promise<void> {
  if (x.info.clusterText !== '') return respondPageNotFound(x);
  const { contentType, body } = await endpoints.metrics.text();
  respond(x, 200, contentType, body);
}

function respondPaths(x: Exchange, catalog: Catalog): Promise<void> {
  const paths = new Set(['/.well-known/openid-configuration', '/api', '/apis', '/healthz', '/livez', '/metrics']);
  for (const path of ['/openapi/v2', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version']) paths.add(path);
  for (const definition of catalog.definitions) {
    for (const version of definition.versions) {
      if (!version.served) continue;
      if (definition.group === '') paths.add(`/api/${version.version}`);
      else paths.add(`/apis/${definition.group}`).add(`/apis/${definition.group}/${version.version}`);
    }
  }
  return respondDocument(x, 200, indented, JSON.stringify({ paths: [...paths].sort() }));
}

const cacheable = { 'cache-control': 'public, max-age=3600' };

function respondIssuer(endpoints: Endpoints, x: Exchange): void {
  const { serviceAccountDiscovery: documents } = endpoints;
  if (documents === undefined) return respondPageNotFound(x);
  requireGet(x);
  respond(x, 200, 'application/json', JSON.stringify(documents.openIdConfiguration(x.cluster.name)), cacheable);
}

function respondKeys(endpoints: Endpoints, x: Exchange): void {
  const { serviceAccountDiscovery: documents } = endpoints;
  if (documents === undefined) return respondPageNotFound(x);
  requireGet(x);
  respond(x, 200, 'application/jwk-set+json', JSON.stringify(documents.keySet), cacheable);
}
