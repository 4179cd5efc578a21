import { deepEqual, isObject, type Json } from '../../json.ts';
import { memberOf, type Structural } from '../structural.ts';

/** A value beside what it was: only what correlates can be told to be unchanged. */
export type Correlation = { readonly value: Json; readonly old: Json; readonly schema: Structural; equal?: boolean };
/** The correlation of a value, and of the nearest value above it that has one. */
export type Ratcheting = { readonly current: Correlation | undefined; readonly parent: Correlation | undefined };

/** The ratcheting of a member of an object. */
export function memberRatcheting({ current, parent }: Ratcheting, name: string): Ratcheting {
  if (current === undefined) return { current, parent };
  // Old and new are converted to one version: these two tell nothing.
  if (parent === undefined && (name === 'apiVersion' || name === 'kind'))
    return { current: undefined, parent: undefined };
  return { current: memberCorrelation(current, name), parent: current };
}

function memberCorrelation({ value, old, schema }: Correlation, name: string): Correlation | undefined {
  if (!isObject(value) || !isObject(old) || !Object.hasOwn(old, name)) return undefined;
  const member = memberOf(schema, name);
  const now = value[name];
  const before = old[name];
  if (member === undefined || now === undefined || before === undefined) return undefined;
  return { value: now, old: before, schema: member };
}

/** The ratcheting of an item; `before`: the list's items before, by key. */
export function itemRatcheting(
  { current, parent }: Ratcheting,
  item: Json,
  before: ReadonlyMap<string, Json> | undefined,
): Ratcheting {
  if (current === undefined) return { current, parent };
  const { items } = current.schema;
  const old = before?.get(keyOf(current.schema, item) ?? '');
  return {
    current: old === undefined || items === undefined ? undefined : { value: item, old, schema: items },
    parent: current,
  };
}

/** The value itself, or if it has no earlier state the nearest value above that has one, is as it was. */
export function isUnchanged({ current, parent }: Ratcheting): boolean {
  const correlation = current ?? parent;
  return correlation !== undefined && (correlation.equal ??= isEqual(correlation));
}

function isEqual(correlation: Correlation): boolean {
  const { value, old, schema } = correlation;
  if (Array.isArray(value) && Array.isArray(old)) {
    if (schema.listType !== 'map' || schema.items === undefined) return deepEqual(value, old);
    if (value.length !== old.length) return false;
    const before = itemsByKey(schema, old);
    const { items } = schema;
    return value.every((item) => {
      const previous = before.get(keyOf(schema, item) ?? '');
      return previous !== undefined && isEqual({ value: item, old: previous, schema: items });
    });
  }
  if (!isObject(value) || !isObject(old)) return deepEqual(value, old);
  const names = Object.keys(value);
  if (names.length !== Object.keys(old).length) return false;
  return names.every((name) => {
    const member = memberCorrelation(correlation, name);
    return member === undefined ? false : isEqual(member);
  });
}

/** Items of a keyed list by their keys; the first of equals counts. */
export function itemsByKey(schema: Structural, list: readonly Json[]): ReadonlyMap<string, Json> {
  const items = new Map<string, Json>();
  for (const item of list) {
    const key = keyOf(schema, item);
    if (key !== undefined && !items.has(key)) items.set(key, item);
  }
  return items;
}

/** Undefined for what is no item of a keyed list. */
export function keyOf(schema: Structural, item: Json): string | undefined {
  if (!isObject(item)) return undefined;
  let key = '';
  for (const name of schema.listMapKeys) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    if (value === undefined || value === null || typeof value === 'object') return undefined;
    key += `\u0000${typeof value} ${value}`;
  }
  return key;
}
