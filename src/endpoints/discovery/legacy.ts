import type { Json, JsonObject } from '../../apimachinery/json.ts';
import { stringify } from '../../apimachinery/json.ts';
import { formatApiVersion } from '../../apimachinery/object.ts';
import type { RemoteGroup } from '../../registry/aggregation.ts';
import type { Catalog } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';
import { negotiate } from '../negotiation.ts';
import { methodNotAllowed, resourceNotFound } from '../route-errors.ts';
import { respondDocument } from '../writers/respond.ts';
import { respondError, respondPageNotFound } from '../writers/status.ts';
import { groupNames, resourcesOf, discoveredVerbs, storageVersionHash, subresourcesOf } from './api-resources.ts';
import { cachedDocument } from './documents.ts';
import { type MergedGroup, mergedGroups } from './merged.ts';

/** GET /api: metav1.APIVersions. */
export function respondApiVersions(x: Exchange, serverAddress: string): Promise<void> {
  const body = {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
  return respondDocument(x, 200, negotiate(x.header('accept'), 'discovery'), JSON.stringify(body));
}

/** GET /apis: metav1.APIGroupList. `own`: what other servers are not registered for. */
export function respondApiGroups(x: Exchange, own: Catalog, remote: readonly RemoteGroup[]): Promise<void> {
  const mediaType = negotiate(x.header('accept'), 'discovery');
  const list = () =>
    stringify({ kind: 'APIGroupList', apiVersion: 'v1', groups: mergedGroups(own, remote).map(shownGroup) });
  if (remote.length > 0) return respondDocument(x, 200, mediaType, list());
  return respondDocument(x, 200, mediaType, cachedDocument(own, 'legacy:/apis', list).bytes);
}

/** GET /apis/GROUP: metav1.APIGroup. */
export async function respondApiGroup(
  x: Exchange,
  own: Catalog,
  group: string,
  remote: readonly RemoteGroup[],
): Promise<void> {
  const found = mergedGroups(own, remote).find(({ name }) => name === group);
  if (found === undefined) return respondPageNotFound(x);
  const mediaType = negotiate(x.header('accept'), 'discovery');
  const body = stringify({ kind: 'APIGroup', apiVersion: 'v1', ...shownGroup(found) });
  return respondDocument(x, 200, mediaType, body);
}

/** metav1.APIGroup without kind and apiVersion: an item of the list of groups. */
export function shownGroup({ name, versions: all }: MergedGroup): JsonObject {
  const versions = all.map(({ version }) => ({ groupVersion: formatApiVersion(name, version), version }));
  return { name, versions, preferredVersion: versions[0] };
}

/** GET /api/v1 and /apis/GROUP/VERSION: metav1.APIResourceList. */
export async function respondApiResources(
  x: Exchange,
  catalog: Catalog,
  group: string,
  version: string,
): Promise<void> {
  if (resourcesOf(catalog, group, version).length === 0) {
    // A group that nobody serves is no route at all; a version of a served group is a missing resource.
    if (group !== '' && !groupNames(catalog).includes(group)) return respondPageNotFound(x);
    return respondError(x, resourceNotFound());
  }
  if (x.request.method !== 'GET') throw methodNotAllowed();
  const mediaType = negotiate(x.header('accept'), 'none');
  const document = cachedDocument(catalog, `legacy:${group}/${version}`, () =>
    apiResourceList(catalog, group, version),
  );
  return respondDocument(x, 200, mediaType, document.bytes);
}

/** The metav1.APIResources of a group version, subresources after their resource. */
export function apiResources(catalog: Catalog, group: string, version: string): Json[] {
  const resources: Json[] = [];
  for (const definition of resourcesOf(catalog, group, version)) {
    const namespaced = definition.scope === 'Namespaced';
    resources.push({
      name: definition.resource,
      singularName: definition.singular,
      namespaced,
      kind: definition.kind,
      verbs: [...discoveredVerbs(definition)],
      ...(definition.shortNames.length === 0 ? {} : { shortNames: [...definition.shortNames] }),
      ...(definition.categories.length === 0 ? {} : { categories: [...definition.categories] }),
      ...(definition.verbs.includes('watch') ? { storageVersionHash: storageVersionHash(definition) } : {}),
    });
    for (const { name, kind, verbs } of subresourcesOf(definition, version)) {
      const elsewhere = kind.group !== group || kind.version !== version;
      resources.push({
        name: `${definition.resource}/${name}`,
        singularName: '',
        namespaced,
        ...(elsewhere ? { group: kind.group, version: kind.version } : {}),
        kind: kind.kind,
        verbs: [...verbs],
      });
    }
  }
  return resources;
}

function apiResourceList(catalog: Catalog, group: string, version: string): string {
  const groupVersion = formatApiVersion(group, version);
  // The core group's list has no apiVersion: stock servers leave it out.
  return stringify({
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: apiResources(catalog, group, version),
  });
}
