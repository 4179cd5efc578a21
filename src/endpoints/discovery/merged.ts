import { createHash } from 'node:crypto';
import { localGroupPriority, localVersionPriority } from '../../api/apiregistration.k8s.io/v1/local-services.ts';
import type { ResourceDefinition } from '../../api/resource-definition.ts';
import { compareVersions } from '../../apimachinery/version-order.ts';
import type { RemoteGroup } from '../../registry/aggregation.ts';
import { createCatalog } from '../../registry/catalog.ts';
import type { Catalog } from '../../registry/registry.ts';
import { groupNames, groupVersions } from './api-resources.ts';

/** A group as clients see it, whoever serves its versions. */
export type MergedGroup = {
  readonly name: string;
  /** Preferred first. */
  readonly versions: readonly { readonly version: string; readonly isRemote: boolean }[];
};

type Ranked = MergedGroup & { readonly priority: number };

/**
 * The server's own groups, in their order, and those of other servers among them: by priority as kube-aggregator orders them, then by name. A version that
 * another server is registered for is that server's (`own` no longer has it).
 */
export function mergedGroups(own: Catalog, remote: readonly RemoteGroup[]): readonly MergedGroup[] {
  const merged: Ranked[] = groupNames(own).map((name) => ({
    name,
    priority: localGroupPriority(name),
    versions: groupVersions(own, name).map((version) => ({ version, isRemote: false })),
  }));
  for (const group of remote) {
    const at = merged.findIndex(({ name }) => name === group.name);
    const known = merged[at];
    const ranked = rank(known, group);
    if (known !== undefined && ranked.priority === known.priority) merged[at] = ranked;
    else {
      if (known !== undefined) merged.splice(at, 1);
      insert(merged, ranked);
    }
  }
  return merged;
}

function rank(known: Ranked | undefined, group: RemoteGroup): Ranked {
  const own = (known?.versions ?? []).map(({ version, isRemote }) => ({
    version,
    isRemote,
    priority: localVersionPriority(group.name, version),
  }));
  const others = group.versions.map(({ version, priority }) => ({ version, isRemote: true, priority }));
  const versions = [...own, ...others].toSorted(
    (a, b) => b.priority - a.priority || compareVersions(a.version, b.version),
  );
  return {
    name: group.name,
    priority: Math.max(known?.priority ?? 0, group.priority),
    versions: versions.map(({ version, isRemote }) => ({ version, isRemote })),
  };
}

function insert(groups: Ranked[], group: Ranked): void {
  const goesBefore = ({ priority, name }: Ranked): boolean =>
    priority < group.priority || (priority === group.priority && name > group.name);
  const at = groups.findIndex(goesBefore);
  groups.splice(at < 0 ? groups.length : at, 0, group);
}

const withoutVersions = new WeakMap<ResourceDefinition, Map<string, ResourceDefinition | undefined>>();
const withoutRemote = new WeakMap<Catalog, { readonly claims: string; readonly catalog: Catalog }>();

/** What of a catalog the server serves itself where others are registered for some of its group versions. */
export function ownCatalog(catalog: Catalog, remote: readonly RemoteGroup[]): Catalog {
  const claimed = new Map(remote.map(({ name, versions }) => [name, versions.map(({ version }) => version)]));
  const concerns = ({ group, versions }: ResourceDefinition): boolean =>
    versions.some(({ version }) => claimed.get(group)?.includes(version));
  if (remote.length === 0 || !catalog.definitions.some(concerns)) return catalog;
  const claims = JSON.stringify([...claimed]);
  const known = withoutRemote.get(catalog);
  if (known?.claims === claims) return known.catalog;
  const definitions = catalog.definitions
    .map((definition) => (concerns(definition) ? without(definition, claimed.get(definition.group) ?? []) : definition))
    .filter((definition) => definition !== undefined);
  const hash = createHash('sha256').update(catalog.hash).update(claims).digest('hex');
  const own = { ...createCatalog(definitions), hash };
  withoutRemote.set(catalog, { claims, catalog: own });
  return own;
}

function without(definition: ResourceDefinition, gone: readonly string[]): ResourceDefinition | undefined {
  const key = gone.join(',');
  const byKey = withoutVersions.get(definition) ?? new Map<string, ResourceDefinition | undefined>();
  withoutVersions.set(definition, byKey);
  if (byKey.has(key)) return byKey.get(key);
  const versions = definition.versions.filter(({ version }) => !gone.includes(version));
  const left = versions.some(({ served }) => served) ? { ...definition, versions } : undefined;
  byKey.set(key, left);
  return left;
}
