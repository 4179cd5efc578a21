import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import { builtinSchemaForKind } from '../../api/builtin-types.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { withoutNulls, writeNulls } from '../../apimachinery/schema/nulls.ts';
import type { StructSchema } from '../../apimachinery/schema/schema.ts';
import { storedText } from '../../storage/serialized-object.ts';
import { apiVersionOf, factsOf } from './resource-facts.ts';

/** Whether objects of this version are served as they are stored. */
export function isStorageVersion(definition: ResourceDefinition, version: VersionDefinition): boolean {
  return (
    version.version === definition.storageVersion &&
    definition.storageGroup === undefined &&
    version.fromStorage === undefined
  );
}

const storageSchemas = new WeakMap<ResourceDefinition, StructSchema>();

/** The type of what is stored, which is another group's for a view of its storage. Undefined for custom resources. */
function storageSchema(definition: ResourceDefinition): StructSchema | undefined {
  if (!definition.builtIn) return undefined;
  let schema = storageSchemas.get(definition);
  if (schema === undefined) {
    const { storageGroup: group, storageVersion: version, kind } = definition;
    schema =
      (group === undefined ? undefined : builtinSchemaForKind({ group, version, kind })) ??
      definition.versions.find((each) => each.version === version)?.schema;
    if (schema !== undefined) storageSchemas.set(definition, schema);
  }
  return schema;
}

/** The text to store of an object that is in storage version: it gets the nulls that the stock server serves. */
export function textToStore(definition: ResourceDefinition, object: KubeObject): string {
  addNulls(definition, object);
  return storedText(object);
}

/** Gives an object in storage version the nulls that stored ones have. */
export function addNulls(definition: ResourceDefinition, object: KubeObject): void {
  const schema = storageSchema(definition);
  if (schema !== undefined) writeNulls(object as JsonObject, schema);
}

/**
 * A stored object in the storage version's present form: schemas of custom resources change under what is stored, and the nulls of `textToStore` are
 * nothing that strategies compare.
 */
export function storedView(definition: ResourceDefinition, object: KubeObject): KubeObject {
  if (definition.origin === undefined) {
    const schema = storageSchema(definition);
    return schema === undefined ? object : (withoutNulls(object as JsonObject, schema) as KubeObject);
  }
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
