import { createHash } from 'node:crypto';
import { findVersion, type ResourceDefinition, type VersionDefinition } from '../api/resource-definition.ts';
import { formatGroupResource } from '../apimachinery/object.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import type { ClusterRecord } from '../storage/object-store.ts';
import type { Catalog, CatalogSource } from './registry.ts';

export type CatalogOptions = {
  readonly definitions: readonly ResourceDefinition[];
  /** Resources to serve (`deployments.apps`); `*` is all of them. */
  readonly resources: readonly string[];
};

/**
 * The catalogs of logical clusters that serve what is built in: one for root, one for all others. Nothing is kept per cluster.
 * @throws when two definitions claim the same resource.
 */
export function createCatalogSource(
  options: CatalogOptions,
): BuiltInCatalogs & { readonly groupVersions: readonly GroupVersion[] } {
  const wanted = new Set(options.resources);
  const served = options.definitions.filter(
    (definition) => wanted.has('*') || wanted.has(formatGroupResource(definition)),
  );
  const root = createCatalog(served);
  const tenant = createCatalog(served.filter((definition) => definition.onlyIn === undefined));
  const answers = { root: Promise.resolve(root), tenant: Promise.resolve(tenant) };
  const catalogFor = (cluster: ClusterRecord) => (cluster.name === rootCluster ? answers.root : answers.tenant);
  return {
    catalogFor,
    recentFor: catalogFor,
    builtIn: (cluster: ClusterRecord) => (cluster.name === rootCluster ? root : tenant),
    groupVersions: groupVersionsOf(tenant),
  };
}

export type GroupVersion = { readonly group: string; readonly version: string };

/** What a catalog serves that tenants may know of. */
function groupVersionsOf({ definitions }: Catalog): readonly GroupVersion[] {
  return definitions
    .filter(({ internal }) => internal !== true)
    .flatMap(({ group, versions }) =>
      versions.filter(({ served }) => served).map(({ version }) => ({ group, version })),
    );
}

/** Catalogs that need no storage. */
export type BuiltInCatalogs = CatalogSource & Required<Pick<CatalogSource, 'builtIn'>>;

/**
 * The catalog that serves a resource: what is built in at once, what is not from what is at hand when `mayBeOld`, and otherwise, or when it is not found
 * there, as new as the call.
 */
export async function catalogServing(
  catalogs: CatalogSource,
  cluster: ClusterRecord,
  resource: { readonly group: string; readonly version: string; readonly resource: string },
  mayBeOld: boolean,
): Promise<Catalog> {
  const { group, version } = resource;
  if (mayBeOld && catalogs.recentFor !== undefined) {
    const recent = await catalogs.recentFor(cluster);
    if (recent.find(group, version, resource.resource) !== undefined) return recent;
  }
  return catalogs.catalogFor(cluster);
}

/**
 * A catalog over definitions in discovery order.
 * @throws when two of them claim the same resource.
 */
export function createCatalog(definitions: readonly ResourceDefinition[]): Catalog {
  const byResource = new Map<string, Map<string, ResourceDefinition>>();
  for (const definition of definitions) {
    const group = byResource.get(definition.group) ?? new Map<string, ResourceDefinition>();
    if (group.has(definition.resource)) throw new Error(`${formatGroupResource(definition)} is defined twice`);
    byResource.set(definition.group, group.set(definition.resource, definition));
  }
  const found = new Map<
    ResourceDefinition,
    Map<string, { definition: ResourceDefinition; version: VersionDefinition }>
  >();
  for (const definition of definitions) {
    const versions = new Map<string, { definition: ResourceDefinition; version: VersionDefinition }>();
    for (const { version } of definition.versions) {
      const served = findVersion(definition, version);
      if (served !== undefined) versions.set(version, { definition, version: served });
    }
    found.set(definition, versions);
  }
  return {
    definitions,
    hash: hashOf(definitions),
    find(group, version, resource) {
      const definition = byResource.get(group)?.get(resource);
      return definition === undefined ? undefined : found.get(definition)?.get(version);
    },
  };
}

/** Names what is served, not how it validates: two builds that serve the same show the same discovery. */
function hashOf(definitions: readonly ResourceDefinition[]): string {
  const hash = createHash('sha256');
  for (const definition of definitions) {
    const { group, resource, singular, kind, listKind, shortNames, categories, scope, verbs } = definition;
    const versions = definition.versions.map(({ version, served, deprecated }) => [
      version,
      served,
      deprecated ?? false,
    ]);
    const subresources = Object.entries(definition.subresources ?? {});
    const own = [definition.status !== undefined, definition.scale !== undefined, definition.internal ?? false];
    hash.update(
      JSON.stringify([
        group,
        resource,
        singular,
        kind,
        listKind,
        shortNames,
        categories,
        scope,
        verbs,
        versions,
        subresources,
        own,
      ]),
    );
  }
  return hash.digest('hex');
}
