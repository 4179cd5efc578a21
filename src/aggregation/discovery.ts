import { createHash } from 'node:crypto';
import type { ApiService } from '../api/apiregistration.k8s.io/v1/types.ts';
import { isObject, type JsonObject } from '../apimachinery/json.ts';
import { openApiV2Of } from '../apimachinery/openapi/merge-v2.ts';
import type { RemoteGroupVersion, RemoteOpenApiV2 } from '../registry/aggregation.ts';
import type { RequestContext } from '../registry/registry.ts';
import type { BackendDocuments } from './backend-documents.ts';

/** The entry of an aggregated version in its group's item of discovery: Current with resources, or Stale. Every server has the list of resources. */
export async function discoveredVersion(
  documents: BackendDocuments,
  ctx: RequestContext,
  service: ApiService,
  { group, version }: RemoteGroupVersion,
): Promise<JsonObject> {
  const entry = await documents.get(ctx, service, `/apis/${group}/${version}`, ({ resources }) => {
    if (!Array.isArray(resources)) throw new Error('no list of resources');
    return { version, resources: asDiscovered(resources.filter(isObject)), freshness: 'Current' };
  });
  return entry ?? { version, freshness: 'Stale' };
}

/** The name of the content of an aggregated version's OpenAPI v3 document; undefined when it has none. */
export async function openApiHash(
  documents: BackendDocuments,
  ctx: RequestContext,
  service: ApiService,
  { group, version }: RemoteGroupVersion,
): Promise<string | undefined> {
  const index = await documents.get(ctx, service, '/openapi/v3', ({ paths }) => (isObject(paths) ? paths : {}));
  const entry = index?.[`apis/${group}/${version}`];
  const url = isObject(entry) ? entry['serverRelativeURL'] : undefined;
  if (typeof url !== 'string') return undefined;
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('hash') ?? '';
}

/** What an aggregated server's OpenAPI v2 document says of a group version; undefined when it has none. */
export async function openApiV2Part(
  documents: BackendDocuments,
  ctx: RequestContext,
  service: ApiService,
  { group, version }: RemoteGroupVersion,
): Promise<RemoteOpenApiV2 | undefined> {
  const prefix = `/apis/${group}/${version}/`;
  const known = await documents.get(ctx, service, '/openapi/v2', (whole) => {
    const document = openApiV2Of(whole, prefix);
    return { document, hash: createHash('sha256').update(JSON.stringify(document)).digest('hex') };
  });
  if (known === undefined) return undefined;
  const { document, hash } = known;
  return isObject(document) && typeof hash === 'string' ? { document, hash } : undefined;
}

/** Turns the entries of an APIResourceList into those of aggregated discovery: subresources below their resource. */
function asDiscovered(listed: readonly JsonObject[]): JsonObject[] {
  const resources = new Map<string, JsonObject>();
  const nameOf = (entry: JsonObject): string => (typeof entry['name'] === 'string' ? entry['name'] : '');
  for (const entry of listed) {
    if (nameOf(entry).includes('/')) continue;
    resources.set(nameOf(entry), {
      resource: nameOf(entry),
      responseKind: responseKind(entry),
      scope: entry['namespaced'] === true ? 'Namespaced' : 'Cluster',
      singularResource: entry['singularName'] ?? '',
      verbs: entry['verbs'] ?? [],
      ...(entry['shortNames'] === undefined ? {} : { shortNames: entry['shortNames'] }),
      ...(entry['categories'] === undefined ? {} : { categories: entry['categories'] }),
    });
  }
  for (const entry of listed) {
    const [name = '', ...rest] = nameOf(entry).split('/');
    const parent = resources.get(name);
    if (rest.length === 0 || parent === undefined) continue;
    const others = Array.isArray(parent['subresources']) ? parent['subresources'] : [];
    parent['subresources'] = [
      ...others,
      { subresource: rest.join('/'), responseKind: responseKind(entry), verbs: entry['verbs'] ?? [] },
    ];
  }
  return [...resources.values()];
}

function responseKind(entry: JsonObject): JsonObject {
  return { group: entry['group'] ?? '', version: entry['version'] ?? '', kind: entry['kind'] ?? '' };
}
