import { setImmediate } from 'node:timers/promises';
import { stringify } from '../../apimachinery/json.ts';
import {
  type Descriptions,
  openApiV3Document,
  openApiV3Index,
  openApiV3MediaType,
  type Section,
  sectionsOf,
} from '../../apimachinery/openapi/v3.ts';
import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { RemoteOpenApi } from '../../registry/aggregation.ts';
import type { Catalog } from '../../registry/registry.ts';
import { discoverable } from '../discovery/api-resources.ts';
import {
  cachedDocument,
  type CatalogDocument,
  knownDocument,
  rememberedDocument,
  respondCachedDocument,
} from '../discovery/documents.ts';
import type { Exchange } from '../exchange.ts';
import { respond } from '../writers/respond.ts';
import { respondPageNotFound } from '../writers/status.ts';
import { accepts, respondNotAcceptable } from './accept.ts';
import { definitionsKey } from './definition-ids.ts';

const yearMs = 365 * 24 * 3600 * 1000;

/** GET /openapi/v3: where each group version's document is. Making it makes all documents, one at a time so that other requests go on. */
export async function respondOpenApiV3Index(
  x: Exchange,
  catalog: Catalog,
  descriptions: Descriptions | undefined,
  remote: readonly RemoteOpenApi[],
): Promise<void> {
  const root = rootOf(x);
  const name = `openapi:v3:index:${root}:${remote.map(({ path, hash }) => `${path}=${hash}`).join(',')}`;
  const known = knownDocument(catalog, name);
  if (known !== undefined) return respondCachedDocument(x, openApiV3MediaType, known, {});
  const definitions = discoverable(catalog);
  const hashes = new Map<string, string>();
  const sections = sectionsOf(definitions);
  for (const section of sections) {
    const { document, made } = documentOf(definitions, section, descriptions);
    hashes.set(section.path, document.etag);
    if (made) await setImmediate();
  }
  for (const { path, hash } of remote) hashes.set(path, hash);
  const index = cachedDocument(catalog, name, () =>
    stringify(openApiV3Index([...sections, ...remote], (path) => hashes.get(path) ?? '', root)),
  );
  return respondCachedDocument(x, openApiV3MediaType, index, {});
}

/**
 * GET /openapi/v3/<group version>. With the current hash the answer may be kept for ever; another hash is sent on to the current one (kube-openapi
 * pkg/handler3).
 */
export async function respondOpenApiV3Document(
  x: Exchange,
  catalog: Catalog,
  path: string,
  descriptions: Descriptions | undefined,
): Promise<void> {
  const definitions = discoverable(catalog);
  const found = sectionsOf(definitions).find((each) => each.path === path);
  if (found === undefined) return respondPageNotFound(x);
  if (!accepts(x, [openApiV3MediaType])) return respondNotAcceptable(x);
  const { document } = documentOf(definitions, found, descriptions);
  const hash = x.parameter('hash');
  if (hash === undefined || hash === '') return respondCachedDocument(x, openApiV3MediaType, document, {});
  if (hash !== document.etag) {
    const location = `${rootOf(x)}/openapi/v3/${path}?hash=${document.etag}`;
    return respond(x, 301, openApiV3MediaType, '', { location, etag: `"${document.etag}"`, vary: 'Accept' });
  }
  return respondCachedDocument(x, openApiV3MediaType, document, {
    'cache-control': 'public, immutable',
    expires: new Date(Date.now() + yearMs).toUTCString(),
  });
}

/** Clients take URLs of the index as they are, so they keep the prefix under which it was asked for. */
function rootOf(x: Exchange): string {
  return x.info.clusterText === '' ? '' : `/clusters/${x.info.clusterText}`;
}

function documentOf(
  all: readonly ResourceDefinition[],
  section: Section,
  descriptions: Descriptions | undefined,
): { document: CatalogDocument; made: boolean } {
  const definitions = all.filter((definition) => definition.group === section.group);
  let made = false;
  const document = rememberedDocument(`openapi:v3:${section.path}:${definitionsKey(definitions)}`, () => {
    made = true;
    return stringify(openApiV3Document(section, definitions, descriptions));
  });
  return { document, made };
}
