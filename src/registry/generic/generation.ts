import type { ResourceDefinition } from '../../api/resource-definition.ts';
import { deepEqual, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

/**
 * Whether an update changes what `metadata.generation` counts: everything outside metadata, and outside status where status is a subresource
 * (built-in kinds: always); for deployments also the annotations.
 */
export function changesGeneration(definition: ResourceDefinition, object: KubeObject, old: KubeObject): boolean {
  if (
    definition.strategy.generationCountsAnnotations === true &&
    !deepEqual(object.metadata.annotations, old.metadata.annotations)
  )
    return true;
  // Who follows endpoint slices selects them by label.
  if (definition.resource === 'endpointslices' && !deepEqual(object.metadata.labels, old.metadata.labels)) return true;
  const countsStatus = !definition.builtIn && definition.status === undefined;
  for (const key of Object.keys(object)) {
    if (isOutside(key, countsStatus)) continue;
    if (!deepEqual(object[key] as Json | undefined, old[key] as Json | undefined)) return true;
  }
  for (const key of Object.keys(old))
    if (!isOutside(key, countsStatus) && old[key] !== undefined && object[key] === undefined) return true;
  return false;
}

function isOutside(key: string, countsStatus: boolean): boolean {
  return key === 'metadata' || key === 'apiVersion' || key === 'kind' || (key === 'status' && !countsStatus);
}
