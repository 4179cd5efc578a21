import { deepCopy, deepEqual, isObject, type Json, type JsonObject, setOwn } from '../../apimachinery/json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../apimachinery/object.ts';
import { fieldManager } from '../vocabulary.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The part of an object that its users wrote, by its managed fields: what every manager owns except this program's and except status. Values come from
 * the object, the field sets only choose. An entry of client-side `kubectl apply` also owns the defaults that the server filled in with the same
 * request; of those, only what stands in the last applied configuration counts. Other plain updates (create, Helm, edit) cannot be told from defaults
 * and count whole, which is harmless: the values are the ones the tenant sees. An object without managed fields counts whole too.
 */
export function userFields(object: KubeObject): KubeObject {
  const entries = (object.metadata.managedFields ?? []).filter(isUserEntry);
  const selected = emptyLike(object);
  if (entries.length === 0) return { ...deepCopy(object as JsonObject), ...selected } as KubeObject;
  const applied = lastAppliedConfiguration(object);
  let fields: JsonObject = {};
  for (const entry of entries) {
    const own = entry.fieldsV1 ?? {};
    const chosen =
      applied !== undefined && entry.operation === 'Update' && entry.manager === 'kubectl-client-side-apply'
        ? intersect(own, applied)
        : own;
    fields = union(fields, chosen);
  }
  const extracted = select(object as JsonObject, fields);
  return { ...(isObject(extracted) ? extracted : {}), ...selected } as KubeObject;
}

function isUserEntry(entry: ManagedFieldsEntry): boolean {
  return entry.subresource !== 'status' && entry.manager !== fieldManager && entry.fieldsV1 !== undefined;
}

/** Type, name, and the labels and annotations (which users own in any case). */
function emptyLike({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      ...(metadata.name === undefined ? {} : { name: metadata.name }),
      ...(metadata.labels === undefined ? {} : { labels: { ...metadata.labels } }),
      ...(metadata.annotations === undefined ? {} : { annotations: { ...metadata.annotations } }),
    },
  };
}

function lastAppliedConfiguration(object: KubeObject): JsonObject | undefined {
  const text = object.metadata.annotations?.[lastApplied];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Users may write anything there: then the field set alone decides.
    return undefined;
  }
}

function union(a: JsonObject, b: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(a)) setOwn(result, key, a[key]);
  for (const key of Object.keys(b)) {
    const mine = Object.hasOwn(a, key) ? a[key] : undefined;
    const theirs = b[key];
    if (!isObject(mine) || !isObject(theirs)) setOwn(result, key, theirs);
    // A leaf ({}) owns everything below it.
    else setOwn(result, key, isLeaf(mine) || isLeaf(theirs) ? {} : union(mine, theirs));
  }
  return result;
}

function isLeaf(fields: JsonObject): boolean {
  return Object.keys(fields).length === 0;
}

/** The fields that `value` (what a user sent) also has. */
function intersect(fields: JsonObject, value: Json | undefined): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(fields)) {
    const below = fields[key];
    if (!isObject(below)) continue;
    if (key === '.') {
      setOwn(result, key, below);
      continue;
    }
    const child = childOf(value, key);
    if (child === undefined) continue;
    if (isLeaf(below)) setOwn(result, key, below);
    else {
      const inner = intersect(below, child);
      if (!isLeaf(inner)) setOwn(result, key, inner);
    }
  }
  return result;
}

/** The parts of `value` that `fields` (FieldsV1) names; list items keep their order and their keys. */
function select(value: Json, fields: JsonObject): Json | undefined {
  const keys = Object.keys(fields);
  if (keys.length === 0) return deepCopy(value);
  if (Array.isArray(value)) return selectItems(value, fields, keys);
  if (!isObject(value)) return undefined;
  const result: JsonObject = {};
  let some = Object.hasOwn(fields, '.');
  for (const key of Object.keys(value)) {
    const below = Object.hasOwn(fields, `f:${key}`) ? fields[`f:${key}`] : undefined;
    const child = value[key];
    if (!isObject(below) || child === undefined) continue;
    const chosen = select(child, below);
    if (chosen === undefined) continue;
    setOwn(result, key, chosen);
    some = true;
  }
  return some ? result : undefined;
}

function selectItems(items: readonly Json[], fields: JsonObject, keys: readonly string[]): Json | undefined {
  const chosen = new Map<number, Json>();
  for (const key of keys) {
    const below = fields[key];
    const at = isObject(below) ? indexOf(items, key) : -1;
    const item = items[at];
    if (at < 0 || item === undefined || !isObject(below)) continue;
    const part = select(item, below);
    if (part === undefined) continue;
    const itemKeys = key.startsWith('k:') ? parseKey(key) : undefined;
    chosen.set(at, isObject(part) && isObject(itemKeys) ? { ...itemKeys, ...part } : part);
  }
  if (chosen.size === 0) return Object.hasOwn(fields, '.') ? [] : undefined;
  return [...chosen].sort(([a], [b]) => a - b).map(([, item]) => item);
}

/** The member or list item that a FieldsV1 path element names. */
function childOf(value: Json | undefined, element: string): Json | undefined {
  if (element.startsWith('f:')) {
    const name = element.slice(2);
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return Array.isArray(value) ? value[indexOf(value, element)] : undefined;
}

/** Where `k:{…}`, `v:…` or `i:n` points to in a list; -1 when nowhere. */
function indexOf(items: readonly Json[], element: string): number {
  if (element.startsWith('i:')) return Number(element.slice(2));
  const wanted = parseKey(element);
  if (wanted === undefined) return -1;
  if (element.startsWith('v:')) return items.findIndex((item) => deepEqual(item, wanted));
  if (!isObject(wanted)) return -1;
  // A key that the user left out has its default in the field set (`protocol: TCP`): absent in the item matches too.
  return items.findIndex(
    (item) =>
      isObject(item) &&
      Object.keys(wanted).every((key) => item[key] === undefined || deepEqual(item[key], wanted[key])) &&
      Object.keys(wanted).some((key) => item[key] !== undefined),
  );
}

function parseKey(element: string): Json | undefined {
  try {
    return JSON.parse(element.slice(2)) as Json;
  } catch {
    return undefined;
  }
}
