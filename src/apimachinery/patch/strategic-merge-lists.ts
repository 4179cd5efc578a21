import { ApiError, badRequest } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Schema } from '../schema/schema.ts';
import { goFormat, goType } from './go-format.ts';

/** How the elements of a list merge. `mergeObjects` merges two elements with the same key. */
export type ListRule = {
  readonly merge: boolean;
  readonly mergeKey: string;
  readonly items: Schema;
  readonly mergeObjects: (original: JsonObject, patch: JsonObject, schema: Schema) => JsonObject;
};

/**
 * Merges a patch's list into another: scalars become a set; objects are matched by the merge key, `$patch: delete` removes the matching ones and
 * `$patch: replace` anywhere in the patch drops the whole original. What the patch brings comes in the patch's order.
 */
export function mergeLists(original: readonly Json[], patch: readonly Json[], rule: ListRule): Json[] {
  if (original.length === 0 && patch.length === 0) return [];
  if (!isObject(elementSample(original, patch))) {
    const merged = [...new Set([...original, ...patch])];
    return interleave(merged, scalarPositions(patch), scalarPositions(original), itself);
  }
  const { kept, added, merged } = mergeKeyedLists(original as JsonObject[], patch as JsonObject[], rule);
  const { mergeKey } = rule;
  return interleave(merged, keyPositions(added, mergeKey), keyPositions(kept, mergeKey), (item) =>
    keyOf(item, mergeKey),
  );
}

/**
 * The same with the order that `$setElementOrder` gives; elements that it does not name keep their place among their old neighbours. The patch may
 * bring an order only.
 */
export function mergeListsInOrder(
  original: readonly Json[],
  patch: readonly Json[] | undefined,
  order: readonly Json[],
  rule: ListRule,
): Json[] {
  checkOrder(patch ?? [], order, rule.mergeKey);
  const sample = elementSample(original, patch ?? []);
  let merged = original;
  let places = original;
  if (patch !== undefined) {
    merged = rule.merge ? mergeLists(original, patch, rule) : patch;
    if (rule.merge && rule.mergeKey !== '') {
      // A new element takes the place of a removed one: an effect of how upstream reuses its arrays, seen by clients as order.
      const keyed = mergeKeyedLists(original as JsonObject[], patch as JsonObject[], rule);
      if (!keyed.replaced) places = keyed.merged.slice(0, original.length);
    }
  }
  return inOrder(sample, merged, order, places, rule.mergeKey);
}

/** The order of a list that the object does not have yet. `added` is the patch's list without its directives. */
export function orderNewList(
  patch: readonly Json[],
  added: readonly Json[],
  order: readonly Json[],
  rule: ListRule,
): Json[] {
  checkOrder(patch, order, rule.mergeKey);
  return inOrder(elementSample([], patch), added, order, [], rule.mergeKey);
}

function inOrder(
  sample: Json,
  merged: readonly Json[],
  order: readonly Json[],
  places: readonly Json[],
  mergeKey: string,
): Json[] {
  if (!isObject(sample)) return interleave(merged, scalarPositions(order), scalarPositions(places), itself);
  return interleave(merged, keyPositions(order, mergeKey), keyPositions(places, mergeKey), (item) =>
    keyOf(item, mergeKey),
  );
}

function itself(item: Json): Json {
  return item;
}

/** Every element that the patch sets must be named by the order, in the same sequence. */
function checkOrder(patch: readonly Json[], order: readonly Json[], mergeKey: string): void {
  if (order.length === 0 || patch.length === 0) return;
  const set = mergeKey === '' ? patch : patch.filter((item) => directiveOf(item) !== 'delete');
  let at = 0;
  for (let next = 0; at < set.length && next < order.length; ) {
    const item = set[at] as Json;
    if (directiveOf(item) !== undefined) {
      at++;
      continue;
    }
    const named = order[next++] as Json;
    if (mergeKey === '' ? item === named : keyOf(item, mergeKey) === keyOf(named, mergeKey)) at++;
  }
  if (at === set.length) return;
  throw badRequest(
    `The order in patch list:\n${goFormat([...patch])}\n doesn't match $setElementOrder list:\n${goFormat([...order])}\n`,
  );
}

function directiveOf(item: Json): Json | undefined {
  return isObject(item) && Object.hasOwn(item, '$patch') ? item.$patch : undefined;
}

/** One element of lists whose elements must all be of one type. */
function elementSample(original: readonly Json[], patch: readonly Json[]): Json {
  let sample: Json | undefined;
  let type = '';
  for (const list of [original, patch]) {
    for (const item of list) {
      if (sample === undefined) {
        sample = item;
        type = goType(item);
        if (Array.isArray(item)) {
          throw new ApiError(422, 'Invalid', 'lists of lists are not supported', { details: {} });
        }
      } else if (goType(item) !== type) {
        throw badRequest(`list element types are not identical: ${goFormat([[...original], [...patch]])}`);
      }
    }
  }
  if (sample === undefined) throw badRequest('no elements in any of the given slices');
  return sample;
}

function keyOf(item: Json, mergeKey: string): Json {
  if (!isObject(item)) {
    throw badRequest(`expected a map[string]interface {}, but received a ${goType(item)}`);
  }
  const key = Object.hasOwn(item, mergeKey) ? item[mergeKey] : undefined;
  if (key === undefined) {
    throw badRequest(`map: ${goFormat(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return key;
}

/** First position of every key. */
function keyPositions(list: readonly Json[], mergeKey: string): Map<Json, number> {
  const positions = new Map<Json, number>();
  list.forEach((item, index) => {
    const key = keyOf(item, mergeKey);
    if (!positions.has(key)) positions.set(key, index);
  });
  return positions;
}

function scalarPositions(list: readonly Json[]): Map<Json, number> {
  const positions = new Map<Json, number>();
  list.forEach((item, index) => {
    if (!positions.has(item)) positions.set(item, index);
  });
  return positions;
}

type KeyedMerge = {
  /** What is left of the original, or all that replaces it. */
  readonly kept: readonly JsonObject[];
  readonly added: readonly JsonObject[];
  readonly merged: readonly JsonObject[];
  readonly replaced: boolean;
};

function mergeKeyedLists(original: readonly JsonObject[], patch: readonly JsonObject[], rule: ListRule): KeyedMerge {
  if (rule.mergeKey === '') throw badRequest('cannot merge lists without merge key for struct');
  const applied = applyElementDirectives(original, patch, rule.mergeKey);
  return { ...applied, merged: mergeElements(applied.kept, applied.added, rule) };
}

function applyElementDirectives(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): Omit<KeyedMerge, 'merged'> {
  const added: JsonObject[] = [];
  const deleted = new Set<Json>();
  let replace = false;
  for (const item of patch) {
    const directive = directiveOf(item);
    if (directive === undefined) added.push(item);
    else if (directive === 'delete') deleted.add(keyOf(item, mergeKey));
    else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw badRequest('merging lists cannot yet be specified in the patch');
    else throw unknownPatchType(directive, item);
  }
  if (replace) return { kept: added, added: [], replaced: true };
  const kept = deleted.size === 0 ? original : original.filter((item) => !deleted.has(own(item, mergeKey)));
  return { kept, added, replaced: false };
}

function own(item: JsonObject, key: string): Json {
  return (Object.hasOwn(item, key) ? item[key] : undefined) ?? null;
}

function mergeElements(kept: readonly JsonObject[], added: readonly JsonObject[], rule: ListRule): JsonObject[] {
  const merged = [...kept];
  const positions = new Map<Json, number>();
  merged.forEach((item, index) => {
    const key = own(item, rule.mergeKey);
    if (key !== null && !positions.has(key)) positions.set(key, index);
  });
  for (const item of added) {
    const key = keyOf(item, rule.mergeKey);
    const at = positions.get(key);
    if (at !== undefined) merged[at] = rule.mergeObjects(merged[at] as JsonObject, item, rule.items);
    else {
      positions.set(key, merged.length);
      merged.push(item);
    }
  }
  return merged;
}

/**
 * What the patch order names is sorted by it, the rest by the server's old list; both are merged: a server element goes first only where the old list had it
 * before the patch's next one. New elements therefore precede what follows them on the server.
 */
function interleave(
  list: readonly Json[],
  patchOrder: ReadonlyMap<Json, number>,
  serverOrder: ReadonlyMap<Json, number>,
  key: (item: Json) => Json,
): Json[] {
  const fromPatch: Json[] = [];
  const fromServer: Json[] = [];
  for (const item of list) (patchOrder.has(key(item)) ? fromPatch : fromServer).push(item);
  const patched = sortByPosition(fromPatch, patchOrder, key);
  const server = sortByPosition(fromServer, serverOrder, key);
  const merged: Json[] = [];
  let next = 0;
  for (const item of patched) {
    const position = serverOrder.get(key(item));
    while (next < server.length) {
      const candidate = serverOrder.get(key(server[next] as Json));
      if (position === undefined || candidate === undefined || candidate >= position) break;
      merged.push(server[next++] as Json);
    }
    merged.push(item);
  }
  for (; next < server.length; next++) merged.push(server[next] as Json);
  return merged;
}

/** Elements that the order does not know come first. */
function sortByPosition(
  list: readonly Json[],
  order: ReadonlyMap<Json, number>,
  key: (item: Json) => Json,
): readonly Json[] {
  if (list.length < 2) return list;
  return list
    .map((item) => ({ item, position: order.get(key(item)) ?? -1 }))
    .sort((a, b) => a.position - b.position)
    .map(({ item }) => item);
}

export function unknownPatchType(directive: Json, item: JsonObject): ApiError {
  const shown = typeof directive === 'string' ? directive : `%!s(${goType(directive)}=${goFormat(directive)})`;
  return badRequest(`unknown patch type: ${shown} in map: ${goFormat(item)}`);
}
