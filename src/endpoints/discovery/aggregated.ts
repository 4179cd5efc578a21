import { type Json, stringify } from '../../apimachinery/json.ts';
import type { GroupVersionKind } from '../../apimachinery/object.ts';
import type { RemoteGroup, RemoteVersion } from '../../registry/aggregation.ts';
import type { Catalog } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { negotiate } from '../negotiation.ts';
import { groupVersions, resourcesOf, discoveredVerbs, subresourcesOf } from './api-resources.ts';
import { cachedDocument, respondCachedDocument } from './documents.ts';
import { type MergedGroup, mergedGroups } from './merged.ts';

/** Whether the client asks for all groups in one document, and understands it. Throws 406 when it understands nothing we have. */
export function wantsAggregatedDiscovery(x: Exchange): boolean {
  return negotiate(x.header('accept'), 'discovery').as !== undefined;
}

/** GET /api and /apis as APIGroupDiscoveryList (apidiscovery.k8s.io/v2 and v2beta1), with ETag and 304. `own`: what other servers are not registered for. */
export function respondAggregatedDiscovery(
  x: Exchange,
  own: Catalog,
  root: 'api' | 'apis',
  remote: readonly RemoteGroup[],
  versions: readonly RemoteVersion[],
): Promise<void> {
  const version = negotiate(x.header('accept'), 'discovery').as?.version ?? 'v2';
  const others = remote.length === 0 ? '' : `:${JSON.stringify([remote, versions])}`;
  const document = cachedDocument(own, `aggregated:${root}:${version}${others}`, () => {
    const items =
      root === 'api'
        ? [coreDiscovery(own)]
        : mergedGroups(own, remote).map((group) => mergedDiscovery(own, group, versions));
    return `${stringify({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items })}\n`;
  });
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return respondCachedDocument(x, contentType, document, { 'cache-control': 'public' });
}

function mergedDiscovery(own: Catalog, { name, versions }: MergedGroup, remote: readonly RemoteVersion[]): Json {
  const shown = versions.flatMap(({ version, isRemote }) => {
    if (!isRemote) return [versionDiscovery(own, name, version)];
    return remote.filter((each) => each.group === name && each.version === version).map(({ entry }) => entry);
  });
  return { metadata: { name, creationTimestamp: null }, versions: shown };
}

function coreDiscovery(catalog: Catalog): Json {
  const versions = groupVersions(catalog, '').map((version) => versionDiscovery(catalog, '', version));
  return { metadata: { creationTimestamp: null }, versions };
}

function versionDiscovery(catalog: Catalog, group: string, version: string): Json {
  const own = { group, version };
  const resources = resourcesOf(catalog, group, version).map((definition) => {
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
  });
  return { version, resources, freshness: 'Current' };
}

/** Empty group and version mean those of the surrounding version. */
function responseKind(kind: GroupVersionKind, own: { group: string; version: string }): Json {
  const same = kind.group === own.group && kind.version === own.version;
  return { group: same ? '' : kind.group, version: same ? '' : kind.version, kind: kind.kind };
}
