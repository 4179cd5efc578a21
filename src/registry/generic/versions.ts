import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { apiVersionOf, factsOf } from './resource-facts.ts';

/** Whether objects of this version are served as they are stored. */
export function isStorageVersion(definition: ResourceDefinition, version: VersionDefinition): boolean {
  return (
    version.version === definition.storageVersion &&
    definition.storageGroup === undefined &&
    version.fromStorage === undefined
  );
}

/** A stored object in the storage version's present form: schemas of custom resources change under what is stored. */
export function storedView(definition: ResourceDefinition, object: KubeObject): KubeObject {
  if (definition.origin === undefined) return object;
  const version = definition.versions.find((each) => each.version === definition.storageVersion);
  return version?.fromStorage?.(object) ?? object;
}

/** The object in the storage version. Reuses the argument, which is the caller's to give away. */
export function toStorageVersion(
  definition: ResourceDefinition,
  version: VersionDefinition,
  object: KubeObject,
): KubeObject {
  const converted =
    isStorageVersion(definition, version) || version.toStorage === undefined ? object : version.toStorage(object);
  // Clients name the version they speak; the stored text begins with the one it is in.
  converted.apiVersion = factsOf(definition).storageApiVersion;
  converted.kind = definition.kind;
  return converted;
}

/** The stored object in the served version. Never changes the argument; the result may share parts with it. */
export function fromStorageVersion(
  definition: ResourceDefinition,
  version: VersionDefinition,
  object: KubeObject,
): KubeObject {
  if (isStorageVersion(definition, version)) return object;
  const copy = { ...object };
  const converted = version.fromStorage === undefined ? copy : version.fromStorage(copy);
  return { ...converted, apiVersion: apiVersionOf(definition, version), kind: definition.kind };
}
