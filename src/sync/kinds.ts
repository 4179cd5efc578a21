import { formatApiVersion } from '../apimachinery/object.ts';

/** A kind that Atoll carries to physical clusters. */
export type PlacedKind = {
  /** `deployments.apps`, as storage names it. */
  readonly resource: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural, as URLs have it. */
  readonly plural: string;
  /** Lower tiers are applied first and deleted last: 0 namespaces, 1 identities, 2 configuration, 3 network, 4 workloads. */
  readonly tier: number;
  readonly namespaced: boolean;
  /** `placed`: the scheduler decides. `carried`: goes where the workloads that need it go. `made`: Atoll's own. */
  readonly role: 'placed' | 'carried' | 'made';
};

const list: readonly PlacedKind[] = [
  kind('', 'v1', 'Namespace', 'namespaces', 0, 'made'),
  kind('', 'v1', 'ServiceAccount', 'serviceaccounts', 1, 'carried'),
  kind('', 'v1', 'Secret', 'secrets', 2, 'carried'),
  kind('', 'v1', 'ConfigMap', 'configmaps', 2, 'carried'),
  kind('', 'v1', 'Service', 'services', 3, 'carried'),
  kind('apps', 'v1', 'Deployment', 'deployments', 4, 'placed'),
];

function kind(
  group: string,
  version: string,
  name: string,
  plural: string,
  tier: number,
  role: PlacedKind['role'],
): PlacedKind {
  const resource = group === '' ? plural : `${plural}.${group}`;
  return { resource, group, version, kind: name, plural, tier, namespaced: role !== 'made', role };
}

/** Every kind that works are made of, by tier. */
export const placedKinds = list;

const byResource = new Map(list.map((item) => [item.resource, item]));

/** @throws Error when works never hold that resource. */
export function placedKind(resource: string): PlacedKind {
  const found = byResource.get(resource);
  if (found === undefined) throw new Error(`${resource} is not carried to physical clusters`);
  return found;
}

export const workloadResources: readonly string[] = list
  .filter(({ role }) => role === 'placed')
  .map(({ resource }) => resource);

export const carriedResources: readonly string[] = list
  .filter(({ role }) => role === 'carried')
  .map(({ resource }) => resource);

/** `apps/v1`. */
export function apiVersionOf({ group, version }: PlacedKind): string {
  return formatApiVersion(group, version);
}

/** The URL path of one object, or of the collection when `name` is ''. */
export function pathOf(item: PlacedKind, namespace: string, name: string): string {
  const root = item.group === '' ? `/api/${item.version}` : `/apis/${item.group}/${item.version}`;
  const scope = item.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${item.plural}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}
