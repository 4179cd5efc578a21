import type { ManagedFieldsEntry } from '../object.ts';
import { difference, type FieldSet, hasPath, isEmpty, leaf } from './field-set.ts';
import { decodeManagers, encodeManagers, managerId, type Managers, withSet } from './managers.ts';

/** Where each apiVersion of the resource keeps its replicas: a path of field names, or null when that version has none. */
export type ReplicasPaths = Readonly<Record<string, readonly string[] | null>>;

const scaleApiVersion = 'autoscaling/v1';
const scaleReplicas = ['f:spec', 'f:replicas'];

function elements(path: readonly string[]): string[] {
  return path.map((name) => `f:${name}`);
}

function setOf(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), leaf);
}

/** The managedFields of a Scale: who owns the replicas of the resource (managedfields/scalehandler.go). */
export function scaleManagedFields(
  parent: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const managers = decodeManagers(parent ?? [], true) ?? new Map();
  const scale: Managers = new Map();
  for (const [id, manager] of managers) {
    const path = Object.hasOwn(paths, manager.apiVersion) ? paths[manager.apiVersion] : undefined;
    if (path === undefined || path === null || !hasPath(manager.set, elements(path))) continue;
    scale.set(id, { ...withSet(manager, setOf(scaleReplicas)), apiVersion: scaleApiVersion });
  }
  return encodeManagers(scale);
}

/**
 * The managedFields of the resource after its Scale was written: managers that own the Scale's replicas own the resource's, others lose them.
 * @param apiVersion of the resource, in which new owners are recorded.
 */
export function parentManagedFields(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const before = decodeManagers(parent ?? [], true) ?? new Map();
  const owners = decodeManagers(scale ?? [], true) ?? new Map();
  const managers: Managers = new Map();
  for (const [id, manager] of before) {
    const path = Object.hasOwn(paths, manager.apiVersion) ? paths[manager.apiVersion] : undefined;
    if (path === undefined) continue;
    const scaleId = managerId(manager.name, manager.operation, scaleApiVersion, manager.subresource);
    if (path === null || !hasPath(manager.set, elements(path)) || owners.delete(scaleId)) {
      managers.set(id, manager);
      continue;
    }
    const rest = difference(manager.set, setOf(elements(path)));
    if (!isEmpty(rest)) managers.set(id, withSet(manager, rest));
  }
  const path = paths[apiVersion] ?? ['spec', 'replicas'];
  for (const [id, owner] of owners) {
    if (!hasPath(owner.set, scaleReplicas)) continue;
    // Upstream looks for the time in the resource, which has none for a new owner.
    managers.set(id, { ...withSet(owner, setOf(elements(path))), apiVersion, time: undefined });
  }
  return encodeManagers(managers);
}
