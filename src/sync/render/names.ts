import { createHash } from 'node:crypto';

/**
 * The namespace that holds a tenant's namespace in physical clusters: `t-<workspace>-<namespace>-<hash>`, at most 47 characters. The slugs are for people;
 * only the hash over immutable uids counts, so a namespace created anew under an old name is another namespace there.
 */
export function targetNamespace(input: {
  readonly controlPlaneUID: string;
  readonly workspaceUID: string;
  readonly workspace: string;
  readonly namespaceUID: string;
  readonly namespace: string;
}): string {
  const hash = base36(`${input.controlPlaneUID}|${input.workspaceUID}|${input.namespaceUID}`, 10);
  return ['t', slug(input.workspace), slug(input.namespace), hash].filter((part) => part !== '').join('-');
}

/** The name of the Work that carries one object to one physical cluster: the same as long as both keep their identity. */
export function workName(input: {
  readonly workspaceUID: string;
  readonly namespaceUID: string;
  readonly resource: string;
  readonly name: string;
  readonly physicalClusterUID: string;
}): string {
  const { workspaceUID, namespaceUID, resource, name, physicalClusterUID } = input;
  return `w-${base36([workspaceUID, namespaceUID, resource, name, physicalClusterUID].join('|'), 25)}`;
}

/** The name of the Work (in `root`) that stands for a tenant's namespace in one physical cluster. */
export function namespaceWorkName(target: string, physicalClusterUID: string): string {
  return `n-${base36(`${target}|${physicalClusterUID}`, 25)}`;
}

/** The name of the PlacementDecision of one object. */
export function decisionName(namespaceUID: string, resource: string, name: string): string {
  return `d-${base36([namespaceUID, resource, name].join('|'), 25)}`;
}

/** What DNS-1123 allows of a name, 16 characters at most. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 16)
    .replace(/^-+|-+$/g, '');
}

/** The first `length` base-36 digits of SHA-256, evenly distributed. */
function base36(text: string, length: number): string {
  const digest = createHash('sha256').update(text).digest('hex');
  return (BigInt(`0x${digest}`) % 36n ** BigInt(length)).toString(36).padStart(length, '0');
}
