import { deepEqual, isObject, type Json, type JsonObject } from '../json.ts';
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

/**
 * Whether a value is what it was before, for ratcheting (CachedDeepEqual of k8s.io/apiserver's CorrelatedObject): items of lists that are maps may have changed
 * places.
 */
export function isUnchanged(value: Json, old: Json | undefined, schema: ValueSchema | undefined): boolean {
  if (schema === undefined || old === undefined) return deepEqual(value, old);
  if (Array.isArray(value)) {
    const { items, mapKeys } = schema;
    if (mapKeys.length === 0 || items === undefined || !Array.isArray(old)) return deepEqual(value, old);
    const earlier = oldItems(schema, old);
    return (
      value.length === old.length &&
      value.every((item) => {
        const before = isObject(item) ? earlier?.get(keyOf(item, mapKeys)) : undefined;
        return before !== undefined && isUnchanged(item, before, items);
      })
    );
  }
  if (!isObject(value) || !isObject(old)) return deepEqual(value, old);
  const names = Object.keys(value);
  const members = new Map(schema.properties);
  const additional = typeof schema.additional === 'object' ? schema.additional : undefined;
  return (
    names.length === Object.keys(old).length &&
    names.every((name) => {
      const before = Object.hasOwn(old, name) ? old[name] : undefined;
      return before !== undefined && isUnchanged(value[name] as Json, before, members.get(name) ?? additional);
    })
  );
}
