import { createHash } from 'node:crypto';
import { definitionFor, isCustom, type ResourceDefinition, type Verb } from '../../api/resource-definition.ts';
import type { GroupVersionKind } from '../../apimachinery/object.ts';
import { compareVersions } from '../../apimachinery/version-order.ts';
import type { Catalog } from '../../registry/registry.ts';

/** A subresource as discovery shows it. */
export type DiscoveredSubresource = {
  readonly name: string;
  readonly kind: GroupVersionKind;
  readonly verbs: readonly Verb[];
};

const statusVerbs: readonly Verb[] = ['get', 'patch', 'update'];
const customVerbs: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

/** Definitions that discovery shows, which leaves out those for the server's own use. */
export function discoverable(catalog: Catalog): readonly ResourceDefinition[] {
  return catalog.definitions.filter((definition) => definition.internal !== true);
}

/** Served API groups in the catalog's order; the core group is not among them. */
export function groupNames(catalog: Catalog): readonly string[] {
  return [...new Set(discoverable(catalog).map((definition) => definition.group))].filter((group) => group !== '');
}

/** Served versions of a group, preferred first. */
export function groupVersions(catalog: Catalog, group: string): readonly string[] {
  const versions = new Set<string>();
  for (const definition of discoverable(catalog)) {
    if (definition.group !== group) continue;
    for (const version of definition.versions) if (version.served) versions.add(version.version);
  }
  return [...versions].sort(compareVersions);
}

/** Definitions served in a group version, by name. */
export function resourcesOf(catalog: Catalog, group: string, version: string): readonly ResourceDefinition[] {
  return discoverable(catalog)
    .filter((definition) => definition.group === group)
    .filter((definition) => definition.versions.some((each) => each.served && each.version === version))
    .map((definition) => definitionFor(definition, version))
    .sort((a, b) => (a.resource < b.resource ? -1 : 1));
}

/** A resource's subresources: by name, but for custom resources, whose status comes first. */
export function subresourcesOf(definition: ResourceDefinition, version: string): readonly DiscoveredSubresource[] {
  const own: GroupVersionKind = { group: definition.group, version, kind: definition.kind };
  const found: DiscoveredSubresource[] = [];
  if (definition.status !== undefined) found.push({ name: 'status', kind: own, verbs: statusVerbs });
  if (definition.scale !== undefined) {
    found.push({ name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: statusVerbs });
  }
  for (const [name, { kind, verbs }] of Object.entries(definition.subresources ?? {})) {
    if (!found.some((each) => each.name === name)) found.push({ name, kind, verbs: sortedVerbs(verbs) });
  }
  return isCustom(definition) ? found : found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A resource's own verbs: sorted, but for custom resources, whose order stock writes down. */
export function discoveredVerbs(definition: ResourceDefinition): readonly Verb[] {
  return isCustom(definition) ? customVerbs : sortedVerbs(definition.verbs);
}

function sortedVerbs(verbs: readonly Verb[]): readonly Verb[] {
  return [...verbs].sort();
}

/** Kinds that a stock server of this release still stores in an older version: the hash says so to those who compare. */
const stockVersions: ReadonlyMap<string, string> = new Map([
  ['CustomResourceDefinition', 'v1beta1'],
  ['IPAddress', 'v1beta1'],
  ['ServiceCIDR', 'v1beta1'],
]);

/** Base64 of eight bytes of a hash over the kind that is stored: tells clients when the stored form changes. */
export function storageVersionHash(definition: ResourceDefinition): string {
  const group = definition.storageGroup ?? definition.group;
  const version = stockVersions.get(definition.builtIn ? definition.kind : '') ?? definition.storageVersion;
  const kind = `${group}/${version}/${definition.kind}`;
  return createHash('sha256').update(kind).digest().subarray(0, 8).toString('base64');
}
