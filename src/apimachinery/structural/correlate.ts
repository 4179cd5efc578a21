import { isObject, type Json, type JsonObject } from '../json.ts';
import { canonical } from './canonical.ts';
import type { ValueSchema } from './value-schema.ts';

/** Stands for "there is nothing to compare with", as opposed to an absent value. */
export const uncorrelated = Symbol('uncorrelated');
/** The state of a value before an update. */
export type Old = Json | undefined | typeof uncorrelated;

/** The states before of a list's items, by their keys: only lists keyed like maps know which item was which. */
export function oldItems({ mapKeys }: ValueSchema, old: Old): ReadonlyMap<string, Json> | undefined {
  if (mapKeys.length === 0 || old === uncorrelated || !Array.isArray(old)) return undefined;
  const items = new Map<string, Json>();
  for (const item of old) {
    const key = isObject(item) ? keyOf(item, mapKeys) : undefined;
    if (key !== undefined && !items.has(key)) items.set(key, item);
  }
  return items;
}

/** An item's keys as one text. */
export function keyOf(item: JsonObject, mapKeys: readonly string[]): string {
  return canonical(mapKeys.map((key) => item[key] ?? null));
}

/** The state before of a member; the type of an object is converted and cannot be compared. */
export function oldMember(name: string, path: string, { atomicMap }: ValueSchema, old: Old): Old {
  if (old === uncorrelated || !isObject(old) || atomicMap || !Object.hasOwn(old, name)) return uncorrelated;
  return path === 'kind' || path === 'apiVersion' ? uncorrelated : old[name];
}
