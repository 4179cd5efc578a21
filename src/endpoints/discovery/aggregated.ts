import { type Json, stringify } from '../../apimachinery/json.ts';
import type { GroupVersionKind } from '../../apimachinery/object.ts';
import type { Catalog } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { negotiate } from '../negotiation.ts';
import { groupNames, groupVersions, resourcesOf, discoveredVerbs, subresourcesOf } from './api-resources.ts';
import { cachedDocument, respondCachedDocument } from './documents.ts';

/** Whether the client asks for all groups in one document, and understands it. Throws 406 when it understands nothing we have. */
export function wantsAggregatedDiscovery(x: Exchange): boolean {
  return negotiate(x.header('accept'), 'discovery').as !== undefined;
}

/** GET /api and /apis as APIGroupDiscoveryList (apidiscovery.k8s.io/v2 and v2beta1), with ETag and 304. */
export function respondAggregatedDiscovery(
  x: Exchange,
  catalog: Catalog,
  root: 'api' | 'apis',
  remote: readonly Json[],
): Promise<void> {
  const version = negotiate(x.header('accept'), 'discovery').as?.version ?? 'v2';
  const own = `aggregated:${root}:${version}`;
  const document =
    remote.length === 0
      ? cachedDocument(catalog, own, () => `${groupList(catalog, root, version, [])}\n`)
      : cachedDocument(
          catalog,
          `${own}:${stringify([...remote])}`,
          () => `${groupList(catalog, root, version, remote)}\n`,
        );
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return respondCachedDocument(x, contentType, document, { 'cache-control': 'public' });
}

function groupList(catalog: Catalog, root: 'api' | 'apis', version: string, remote: readonly Json[]): string {
  const groups = root === 'api' ? [''] : groupNames(catalog);
  return stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups.map((group) => groupDiscovery(catalog, group)), ...remote],
  });
}

function groupDiscovery(catalog: Catalog, group: string): Json {
  return {
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: groupVersions(catalog, group).map((version) => ({
      version,
      resources: resourcesOf(catalog, group, version).map((definition) => {
        const own = { group, version };
        const subresources = subresourcesOf(definition, version).map(({ name, kind, verbs }) => ({
          subresource: name,
          responseKind: responseKind(kind, own),
          verbs: [...verbs],
        }));
        return {
          resource: definition.resource,
          responseKind: responseKind({ ...own, kind: definition.kind }, own),
          scope: definition.scope,
          singularResource: definition.singular,
          verbs: [...discoveredVerbs(definition)],
          ...(definition.shortNames.length === 0 ? {} : { shortNames: [...definition.shortNames] }),
          ...(definition.categories.length === 0 ? {} : { categories: [...definition.categories] }),
          ...(subresources.length === 0 ? {} : { subresources }),
        };
      }),
      freshness: 'Current',
    })),
  };
}

/** Empty group and version mean those of the surrounding version. */
function responseKind(kind: GroupVersionKind, own: { group: string; version: string }): Json {
  const same = kind.group === own.group && kind.version === own.version;
  return { group: same ? '' : kind.group, version: same ? '' : kind.version, kind: kind.kind };
}
