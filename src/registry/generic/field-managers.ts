import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import { type ConvertVersion, type FieldManagerContext, trackUpdate } from '../../apimachinery/managedfields/index.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Target } from '../registry.ts';
import { apiVersionOf, resetFieldsOf } from './resource-facts.ts';
import { fromStorageVersion, isStorageVersion, toStorageVersion } from './versions.ts';

/** What the algorithms of managed fields need to know of a request. */
export function fieldManagerContext(target: Target, manager: string, now: Date): FieldManagerContext {
  const { definition, version, subresource } = target;
  const convert = converterOf(definition, version);
  return {
    schema: version.schema,
    apiVersion: apiVersionOf(definition, version),
    manager,
    subresource,
    now,
    resetFields: resetFieldsOf(definition, subresource),
    ...(convert === undefined ? {} : { convert }),
  };
}

/**
 * Notes in `sent.metadata.managedFields` what `manager` changes. `sent` is in the target's version, before the strategy and admission touch it, so
 * that nobody owns what the server sets; `live` is in storage version.
 */
export function recordManager(
  target: Target,
  live: KubeObject | undefined,
  sent: KubeObject,
  manager: string,
  now: Date,
): void {
  const { definition, version } = target;
  const entries = trackUpdate({
    ...fieldManagerContext(target, manager, now),
    live: live === undefined ? undefined : fromStorageVersion(definition, version, live),
    updated: sent,
  });
  if (entries !== undefined) sent.metadata.managedFields = entries;
  else if (sent.metadata.managedFields !== undefined) delete sent.metadata.managedFields;
}

const converters = new WeakMap<VersionDefinition, ConvertVersion>();

/** Undefined for kinds with one form, which are nearly all. */
function converterOf(definition: ResourceDefinition, from: VersionDefinition): ConvertVersion | undefined {
  if (definition.versions.length === 1 && isStorageVersion(definition, from)) return undefined;
  let convert = converters.get(from);
  if (convert === undefined) {
    convert = (object, apiVersion) => {
      const to = definition.versions.find((each) => apiVersionOf(definition, each) === apiVersion);
      if (to === undefined) return undefined;
      if (to === from) return { object, schema: to.schema };
      const stored = toStorageVersion(definition, from, { ...object } as KubeObject);
      return { object: fromStorageVersion(definition, to, stored) as JsonObject, schema: to.schema };
    };
    converters.set(from, convert);
  }
  return convert;
}
