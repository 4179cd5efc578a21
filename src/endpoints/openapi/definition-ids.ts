import type { ResourceDefinition } from '../../api/resource-definition.ts';

const ids = new WeakMap<ResourceDefinition, number>();
let last = 0;

/**
 * A text that names a set of definitions within this process: definitions are immutable and shared between logical clusters, so their documents can be
 * shared too, whatever else a catalog holds.
 */
export function definitionsKey(definitions: readonly ResourceDefinition[]): string {
  return definitions.map(idOf).join(',');
}

function idOf(definition: ResourceDefinition): number {
  let id = ids.get(definition);
  if (id === undefined) ids.set(definition, (id = ++last));
  return id;
}
