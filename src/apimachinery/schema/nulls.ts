import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { FieldSchema, Schema, StructSchema } from './schema.ts';

/**
 * Where Go's encoder writes null: times that were not set, whatever their tag says, and nil lists, maps and pointers without omitempty. Stored objects carry
 * these nulls, since the stored text is the served text; code that decides (strategies, patches, field ownership) works on objects without them.
 */
type NullPlan = {
  readonly nullable: readonly string[];
  readonly nested: readonly { readonly name: string; readonly value: ValueWalk }[];
};
type ValueWalk =
  | { readonly kind: 'struct' | 'list' | 'map'; readonly plan: NullPlan }
  | { readonly kind: 'listOf' | 'mapOf'; readonly value: ValueWalk };

const plans = new WeakMap<StructSchema, NullPlan | 'none'>();

function planOf(schema: StructSchema): NullPlan | undefined {
  const known = plans.get(schema);
  if (known !== undefined) return known === 'none' ? undefined : known;
  // A type that holds itself (JSONSchemaProps) meets this entry; none of those has anything to write.
  plans.set(schema, 'none');
  const nullable: string[] = [];
  const nested: { name: string; value: ValueWalk }[] = [];
  for (const field of schema.fields.values()) {
    if (isNullable(field)) nullable.push(field.name);
    const value = walkOf(field.schema);
    if (value !== undefined) nested.push({ name: field.name, value });
  }
  if (nullable.length === 0 && nested.length === 0) return undefined;
  const plan = { nullable, nested };
  plans.set(schema, plan);
  return plan;
}

function isNullable({ schema, pointer, omitEmpty }: FieldSchema): boolean {
  if (pointer) return !omitEmpty;
  if (schema.kind === 'scalar') return schema.type === 'time' || schema.type === 'microTime';
  return !omitEmpty && (schema.kind === 'list' || schema.kind === 'map');
}

function walkOf(schema: Schema): ValueWalk | undefined {
  switch (schema.kind) {
    case 'struct': {
      const plan = planOf(schema);
      return plan === undefined ? undefined : { kind: 'struct', plan };
    }
    case 'list':
    case 'map': {
      const inner = walkOf(schema.kind === 'list' ? schema.items : schema.values);
      if (inner === undefined) return undefined;
      return inner.kind === 'struct'
        ? { kind: schema.kind, plan: inner.plan }
        : { kind: schema.kind === 'list' ? 'listOf' : 'mapOf', value: inner };
    }
    default:
      return undefined;
  }
}

/** Adds the nulls that Go would write, in place. `object` has been decoded by its schema. Its own metadata needs none. */
export function writeNulls(object: JsonObject, schema: StructSchema): void {
  const plan = planOf(schema);
  if (plan !== undefined) fill(object, plan, true);
}

function fill(object: JsonObject, plan: NullPlan, isRoot: boolean): void {
  for (const name of plan.nullable) {
    const given = object[name];
    // An empty list does not survive the way to etcd: protobuf does not know it from none.
    if (given === undefined || (Array.isArray(given) && given.length === 0)) object[name] = null;
  }
  for (const { name, value } of plan.nested) {
    if (isRoot && name === 'metadata') continue;
    const given = object[name];
    if (given !== undefined) fillValue(given, value);
  }
}

function fillValue(given: Json, walk: ValueWalk): void {
  if (walk.kind === 'struct') {
    if (isObject(given)) fill(given, walk.plan, false);
    return;
  }
  const items = Array.isArray(given) ? given : isObject(given) ? Object.values(given) : [];
  for (const item of items) {
    if (item === undefined) continue;
    if ('value' in walk) fillValue(item, walk.value);
    else if (isObject(item)) fill(item, walk.plan, false);
  }
}

const stripped = new WeakMap<JsonObject, JsonObject>();

/** A stored object without the nulls of `writeNulls`; the object itself when it has none. Shares what it need not change: treat as frozen. */
export function withoutNulls<T extends JsonObject>(object: T, schema: StructSchema): T {
  const plan = planOf(schema);
  if (plan === undefined) return object;
  let result = stripped.get(object);
  if (result === undefined) {
    result = strip(object, plan);
    stripped.set(object, result);
  }
  return result as T;
}

function strip(object: JsonObject, plan: NullPlan): JsonObject {
  let copy: JsonObject | undefined;
  for (const name of plan.nullable) {
    if (object[name] !== null) continue;
    copy ??= { ...object };
    delete copy[name];
  }
  for (const { name, value } of plan.nested) {
    const given = object[name];
    if (given === undefined || given === null) continue;
    const kept = stripValue(given, value);
    if (kept === given) continue;
    copy ??= { ...object };
    copy[name] = kept;
  }
  return copy ?? object;
}

function stripValue(given: Json, walk: ValueWalk): Json {
  if (walk.kind === 'struct') return isObject(given) ? strip(given, walk.plan) : given;
  const one = (item: Json): Json =>
    'value' in walk ? stripValue(item, walk.value) : isObject(item) ? strip(item, walk.plan) : item;
  if (Array.isArray(given)) {
    let copy: Json[] | undefined;
    for (const [index, item] of given.entries()) {
      const kept = one(item);
      if (kept === item) continue;
      copy ??= [...given];
      copy[index] = kept;
    }
    return copy ?? given;
  }
  if (!isObject(given)) return given;
  let copy: JsonObject | undefined;
  for (const [key, item] of Object.entries(given)) {
    if (item === undefined) continue;
    const kept = one(item);
    if (kept === item) continue;
    copy ??= { ...given };
    copy[key] = kept;
  }
  return copy ?? given;
}
