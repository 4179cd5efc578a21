import { badRequest } from '../errors.ts';
import { isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { deepNestingError } from './nesting.ts';

/**
 * RFC 7396 with the particulars of the library that upstream uses: nulls that a patch adds inside new objects, also inside arrays' objects, are
 * dropped. Neither argument is changed; the result shares parts with both.
 * @throws ApiError 400 when the patch is neither an object nor an array.
 */
export function applyMergePatch(document: Json, patch: Json): Json {
  try {
    if (Array.isArray(patch)) return withoutNulls(patch);
    if (!isObject(patch)) throw badRequest('Invalid JSON Patch');
    return isObject(document) ? mergeObjects(document, patch) : withoutNulls(patch);
  } catch (error) {
    throw deepNestingError(error);
  }
}

function mergeObjects(document: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = {};
  for (const key of Object.keys(document)) {
    const current = document[key];
    const change = Object.hasOwn(patch, key) ? patch[key] : undefined;
    if (change === null || current === undefined) continue;
    if (change === undefined) setOwn(merged, key, current);
    else if (isObject(current) && isObject(change)) setOwn(merged, key, mergeObjects(current, change));
    else setOwn(merged, key, replacement(current, change));
  }
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === null || change === undefined) continue;
    if (!Object.hasOwn(document, key) || document[key] === undefined) setOwn(merged, key, withoutNulls(change));
  }
  return merged;
}

/** An object that meets an array keeps the nulls of an array patch: only what replaces a scalar or array is cleaned. */
function replacement(current: Json, change: Json): Json {
  return isObject(current) ? change : withoutNulls(change);
}

/** Shares everything that holds no null. */
function withoutNulls<T extends Json>(value: T): T {
  if (Array.isArray(value)) {
    let copy: Json[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item: Json = value[i] ?? null;
      const cleaned = withoutNulls(item);
      if (cleaned !== item) copy ??= value.slice();
      if (copy !== undefined) copy[i] = cleaned;
    }
    return (copy ?? value) as T;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === null || item === undefined) {
      changed = true;
      continue;
    }
    const cleaned = withoutNulls(item);
    if (cleaned !== item) changed = true;
    setOwn(copy, key, cleaned);
  }
  return (changed ? copy : value) as T;
}
