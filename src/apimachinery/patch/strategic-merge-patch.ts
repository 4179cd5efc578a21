import { badRequest } from '../errors.ts';
import { isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { anySchema, type Schema } from '../schema/schema.ts';
import { goType } from './go-format.ts';
import { deepNestingError } from './nesting.ts';
import {
  type ListRule,
  mergeLists,
  mergeListsInOrder,
  orderNewList,
  unknownPatchType,
} from './strategic-merge-lists.ts';

/** How one member merges: its schema, what its tags say, and the key of its list's elements ('' for none). */
type MemberRule = ListRule & { readonly schema: Schema; readonly replace: boolean };

const deletePrefix = '$deleteFromPrimitiveList';
const orderPrefix = '$setElementOrder';

/**
 * Applies a strategic merge patch (k8s.io/apimachinery/pkg/util/strategicpatch): objects merge, lists merge by the strategy and merge key of their
 * field, null removes, and the directives `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…` steer. Neither argument is
 * changed; the result shares parts with both.
 * @throws ApiError 400, or 422 for lists of lists, with upstream's words.
 */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  try {
    return mergeObjects(document, patch, schema);
  } catch (error) {
    throw deepNestingError(error);
  }
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function shallowCopy(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object)) setOwn(copy, key, object[key]);
  return copy;
}

function mergeObjects(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = own(patch, '$patch');
  if (directive !== undefined) return replaceOrDelete(directive, patch);
  const merged = shallowCopy(original);
  retainKeys(merged, patch);
  const ordered = mergeOrderedLists(merged, patch, schema);
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === undefined || key === '$retainKeys' || key.startsWith(orderPrefix) || ordered.has(key)) continue;
    if (key.startsWith(deletePrefix)) deleteFromList(merged, listOf(key, deletePrefix), change, schema);
    else mergeMember(merged, key, change, schema);
  }
  return merged;
}

function replaceOrDelete(directive: Json, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw unknownPatchType(directive, patch);
  const replacement = shallowCopy(patch);
  delete replacement.$patch;
  return replacement;
}

function mergeMember(merged: JsonObject, key: string, change: Json, schema: Schema): void {
  if (change === null) {
    delete merged[key];
    return;
  }
  const current = own(merged, key);
  if (isObject(current) && isObject(change)) {
    const rule = memberRule(schema, key);
    setOwn(merged, key, rule.replace ? change : mergeObjects(current, change, rule.schema));
  } else if (Array.isArray(current) && Array.isArray(change)) {
    const rule = listRule(schema, key);
    setOwn(merged, key, rule.merge ? mergeLists(current, change, rule) : change);
  } else if (current !== undefined && !isObject(change) && !Array.isArray(change)) {
    setOwn(merged, key, change);
  } else {
    const added = withoutDirectives(withoutNulls(change));
    if (added === undefined) delete merged[key];
    else setOwn(merged, key, added);
  }
}

function deleteFromList(merged: JsonObject, key: string, removed: Json, schema: Schema): void {
  if (removed === null) {
    delete merged[key];
    return;
  }
  const current = own(merged, key);
  if (!Array.isArray(current) || !Array.isArray(removed)) return;
  const rule = listRule(schema, key);
  if (current.length + removed.length === 0) return;
  if (isObject(current[0] ?? removed[0])) setOwn(merged, key, mergeLists(current, removed, rule));
  else {
    const unwanted = new Set(removed);
    setOwn(
      merged,
      key,
      current.filter((item) => !unwanted.has(item)),
    );
  }
}

function retainKeys(merged: JsonObject, patch: JsonObject): void {
  const retained = own(patch, '$retainKeys');
  if (retained === undefined) return;
  if (!Array.isArray(retained)) throw badRequest('invalid patch format of retainKeys');
  const keep = new Set<Json>(retained);
  for (const key of Object.keys(patch)) {
    if (key === '$retainKeys' || patch[key] === null || patch[key] === undefined) continue;
    if (key.startsWith(deletePrefix) || key.startsWith(orderPrefix) || keep.has(key)) continue;
    throw badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(merged)) if (!keep.has(key)) delete merged[key];
}

/** Lists whose order the patch gives are merged first. Returns their names. */
function mergeOrderedLists(merged: JsonObject, patch: JsonObject, schema: Schema): ReadonlySet<string> {
  const done = new Set<string>();
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const order = expectList(patch[directive]);
    const key = listOf(directive, orderPrefix);
    const current = own(merged, key);
    const change = own(patch, key);
    const currentList = current === undefined ? undefined : expectList(current);
    const changeList = change === undefined ? undefined : expectList(change);
    const rule = listRule(schema, key);
    if (currentList === undefined && changeList === undefined) continue;
    if (currentList === undefined) {
      const added = withoutDirectives(changeList ?? []) as Json[];
      setOwn(merged, key, orderNewList(changeList ?? [], added, order, rule));
    } else setOwn(merged, key, mergeListsInOrder(currentList, changeList, order, rule));
    done.add(key);
  }
  return done;
}

function listOf(directive: string, prefix: string): string {
  if (directive.startsWith(`${prefix}/`)) return directive.slice(prefix.length + 1);
  throw badRequest(
    prefix === deletePrefix ? 'invalid patch format of primitive list' : 'invalid patch format of setElementOrder list',
  );
}

function expectList(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value;
  throw badRequest(`expected a []interface {}, but received a ${goType(value)}`);
}

const plain = { merge: false, replace: false, mergeKey: '', mergeObjects };

/** Maps and untyped values have no tags: what is below them merges plainly. */
function memberRule(schema: Schema, key: string): MemberRule {
  switch (schema.kind) {
    case 'map':
      return { ...plain, schema: schema.values, items: anySchema };
    case 'any':
      return { ...plain, schema: anySchema, items: anySchema };
    case 'struct': {
      const field = schema.fields.get(key);
      if (field === undefined) {
        if (schema.preserveUnknown) return { ...plain, schema: anySchema, items: anySchema };
        const name = schema.name.slice(schema.name.lastIndexOf('.') + 1);
        throw badRequest(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`);
      }
      return {
        schema: field.schema,
        items: field.schema.kind === 'list' ? field.schema.items : anySchema,
        merge: field.patchStrategy.includes('merge'),
        replace: field.patchStrategy.includes('replace'),
        mergeKey: field.patchMergeKey ?? '',
        mergeObjects,
      };
    }
    default:
      throw badRequest(`merging an object in json but data type is not struct, instead is: ${schema.kind}`);
  }
}

function listRule(schema: Schema, key: string): MemberRule {
  const rule = memberRule(schema, key);
  if (rule.schema.kind !== 'list' && rule.schema.kind !== 'any') {
    throw badRequest(`expected slice or array type, but got: ${schema.kind}`);
  }
  return rule;
}

/** A new value is stored without its nulls; elements of lists stay. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item));
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== null && item !== undefined) setOwn(kept, key, withoutNulls(item));
  }
  return kept;
}

/** Objects that carry a directive have nothing to act on in a new value and vanish. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) {
    const kept: Json[] = [];
    for (const item of value) {
      const cleaned = withoutDirectives(item);
      if (cleaned !== undefined) kept.push(cleaned);
    }
    return kept;
  }
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, '$patch')) return undefined;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    const cleaned = item === undefined ? undefined : withoutDirectives(item);
    if (cleaned !== undefined) setOwn(kept, key, cleaned);
  }
  return kept;
}
