import { deepEqual, isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { anySchema, type ListSchema, type Schema, type StructSchema } from '../schema/schema.ts';
import { isBlank } from './compare.ts';
import { goValue } from './go-values.ts';
import { elementOf, own } from './list-elements.ts';

/**
 * Lays a configuration over the live value: what it sets wins, what it does not mention stays. Parts that do not change are the live ones themselves.
 * @throws TypedValueError when an item of a keyed list has no key.
 */
export function mergeTyped(live: JsonObject, config: JsonObject, schema: StructSchema): JsonObject {
  return mergeStructs(live, config, schema);
}

function mergeStructs(l: JsonObject, r: JsonObject, schema: StructSchema): JsonObject {
  return mergeFields(l, r, (current, config, name) => {
    const field = schema.fields.get(name);
    if (field === undefined) return mergeValues(current, config, anySchema);
    // What Go has anyway is not changed by saying so.
    if (current === undefined && deepEqual(goValue(undefined, field), config)) return undefined;
    return mergeValues(current, config, field.schema);
  });
}

function mergeValues(l: Json | undefined, r: Json | undefined, schema: Schema): Json | undefined {
  if (r === undefined || l === r) return l;
  if (l === undefined) return r;
  switch (schema.kind) {
    case 'scalar':
      return keepIfEqual(l, r);
    case 'struct':
      return schema.atomic ? keepIfEqual(l, r) : mergeObjects(l, r, (a, b) => mergeStructs(a, b, schema));
    case 'map':
      return schema.atomic ? keepIfEqual(l, r) : mergeObjects(l, r, (a, b) => mergeMembers(a, b, schema.values));
    case 'list':
      return schema.listType === 'atomic' ? keepIfEqual(l, r) : mergeLists(l, r, schema);
    default:
      return schema.form === 'raw' || (r !== null && !isObject(r))
        ? keepIfEqual(l, r)
        : mergeObjects(l, r, (a, b) => mergeMembers(a, b, anySchema));
  }
}

function keepIfEqual(l: Json, r: Json): Json {
  return deepEqual(l, r) ? l : r;
}

function mergeMembers(l: JsonObject, r: JsonObject, values: Schema): JsonObject {
  return mergeFields(l, r, (current, config) => mergeValues(current, config, values));
}

function mergeObjects(l: Json, r: Json, merge: (l: JsonObject, r: JsonObject) => JsonObject): Json {
  if (isBlank(l) && isBlank(r)) return keepIfEqual(l, r);
  // A null says nothing about an object that has members.
  if (!isObject(r)) return isObject(l) ? l : r;
  return isObject(l) ? merge(l, r) : r;
}

type MergeMember = (current: Json | undefined, config: Json, name: string) => Json | undefined;

function mergeFields(l: JsonObject, r: JsonObject, mergeMember: MergeMember): JsonObject {
  let merged: JsonObject | undefined;
  for (const name in r) {
    const config = r[name];
    if (config === undefined) continue;
    const current = own(l, name);
    const value = mergeMember(current, config, name);
    if (value === current) continue;
    merged ??= shallowCopy(l);
    setOwn(merged, name, value);
  }
  return merged ?? l;
}

function shallowCopy(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const name of Object.keys(object)) setOwn(copy, name, object[name]);
  return copy;
}

/**
 * Items of both lists: those that both have follow the configuration's order, those that only the live list has keep their place between them. Live
 * duplicates that the configuration names are replaced by its one item.
 */
function mergeLists(l: Json, r: Json, schema: ListSchema): Json {
  if (isBlank(r)) return isBlank(l) ? keepIfEqual(l, r) : l;
  if (!Array.isArray(r)) return l;
  if (!Array.isArray(l) || l.length === 0) return r;
  const config = r.map((item) => elementOf(schema, item));
  const live = l.map((item) => elementOf(schema, item));
  const configItems = new Map(config.map((element, index) => [element, r[index] as Json]));
  const liveItems = new Map<string, Json>();
  live.forEach((element, index) => {
    liveItems.set(element, liveItems.has(element) ? null : (l[index] as Json));
  });
  const mergedItem = (element: string): Json => {
    return mergeValues(liveItems.get(element), configItems.get(element), schema.items) as Json;
  };
  const shared = config.filter((element) => liveItems.has(element));
  const merged: Json[] = [];
  const done = new Set<string>();
  let nextShared = 0;
  let li = 0;
  let ri = 0;
  while (li < live.length || ri < config.length) {
    const left = live[li];
    const right = config[ri];
    if (left !== undefined && right !== undefined) {
      if (left === right) {
        merged.push(mergedItem(left));
        done.add(left);
        li++;
        ri++;
        nextShared++;
        continue;
      }
      if (configItems.has(left) && nextShared < shared.length && shared[nextShared] !== left) {
        li++;
        continue;
      }
    }
    if (left !== undefined) {
      if (!configItems.has(left)) {
        merged.push(l[li] as Json);
        li++;
        continue;
      }
      if (done.has(left)) li++;
    }
    if (right !== undefined) {
      merged.push(mergedItem(right));
      done.add(right);
      ri++;
      if (shared[nextShared] === right) nextShared++;
    }
  }
  const unchanged = merged.length === l.length && merged.every((item, index) => item === l[index]);
  return unchanged ? l : merged;
}
