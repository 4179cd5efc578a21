import { deepEqual, isObject, type Json, type JsonObject } from '../json.ts';
import { anySchema, type ListSchema, type Schema, type StructSchema } from '../schema/schema.ts';
import { emptySet, type FieldSet, leaf } from './field-set.ts';
import { alwaysPresent, goValue } from './go-values.ts';
import { elementOf, own } from './list-elements.ts';

/** What differs between two objects. */
export type Comparison = {
  /** Paths whose values were added or modified. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
};

type Building = { [element: string]: FieldSet };

/**
 * How upstream holds the two sides: what is stored or was decoded is a Go struct, a configuration and what it was merged into is plain JSON, where a
 * written zero value is there and an unwritten one is not.
 */
export type Views = { readonly left: 'go' | 'json'; readonly right: 'go' | 'json' };
export const storedAndDecoded: Views = { left: 'go', right: 'go' };
export const storedAndMerged: Views = { left: 'go', right: 'json' };
export const configAndStored: Views = { left: 'json', right: 'go' };

/** Metadata that no manager owns. */
const unownedMetadata = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);

export function isUnownedMetadata(name: string): boolean {
  return unownedMetadata.has(name);
}

/**
 * Compares two objects of a kind field by field, as structured-merge-diff compares typed values. Type and identity, which nobody owns, are left out,
 * as are the top-level fields in `skip`.
 * @throws TypedValueError when an item of a keyed list has no key.
 */
export function compareObjects(
  live: JsonObject,
  updated: JsonObject,
  schema: StructSchema,
  skip: ReadonlySet<string> | undefined,
  views: Views,
): Comparison {
  return new Comparer(views).objects(live, updated, schema, skip);
}

/** One walk over two values. What the last visited pair gave is in `changed` and `removed`: pairs are many and mostly equal. */
class Comparer {
  readonly #goLeft: boolean;
  readonly #goRight: boolean;
  #changed: FieldSet | undefined;
  #removed: FieldSet | undefined;

  constructor(views: Views) {
    this.#goLeft = views.left === 'go';
    this.#goRight = views.right === 'go';
  }

  objects(
    live: JsonObject,
    updated: JsonObject,
    schema: StructSchema,
    skip: ReadonlySet<string> | undefined,
  ): Comparison {
    const metadata = schema.fields.get('metadata')?.schema;
    this.#struct(live, updated, schema, (name) => {
      return name === 'apiVersion' || name === 'kind' || name === 'metadata' || skip?.has(name) === true;
    });
    let changed = this.#changed ?? emptySet;
    let removed = this.#removed ?? emptySet;
    if (metadata?.kind === 'struct' && skip?.has('metadata') !== true) {
      this.#struct(objectOrEmpty(live.metadata), objectOrEmpty(updated.metadata), metadata, isUnownedMetadata);
      if (this.#changed !== undefined) changed = { ...changed, 'f:metadata': this.#changed };
      if (this.#removed !== undefined) removed = { ...removed, 'f:metadata': this.#removed };
    }
    return { changed, removed };
  }

  #nothing(): void {
    this.#changed = undefined;
    this.#removed = undefined;
  }

  #leaf(l: Json | undefined, r: Json | undefined): void {
    this.#nothing();
    if (l === undefined) this.#changed = leaf;
    else if (r === undefined) this.#removed = leaf;
    else if (!deepEqual(l, r)) this.#changed = leaf;
  }

  #value(l: Json | undefined, r: Json | undefined, schema: Schema): void {
    if (l === r) return this.#nothing();
    switch (schema.kind) {
      case 'scalar':
        return this.#leaf(l, r);
      case 'struct':
        return schema.atomic ? this.#leaf(l, r) : this.#structOrLeaf(l, r, schema);
      case 'map':
        return schema.atomic ? this.#leaf(l, r) : this.#map(l, r, schema.values);
      case 'list':
        return schema.listType === 'atomic' ? this.#leaf(l, r) : this.#list(l, r, schema);
      default:
        return schema.form === 'raw' ? this.#leaf(l, r) : this.#any(l, r);
    }
  }

  /** Untyped: objects are granular, null is an object without members beside one, everything else is a leaf. */
  #any(l: Json | undefined, r: Json | undefined): void {
    if (!isObject(l) && !isObject(r)) return this.#leaf(l, r);
    if ((isObject(l) || isAbsent(l)) && (isObject(r) || isAbsent(r))) return this.#map(l, r, anySchema);
    // Another type than before: the value itself is modified, and what an object had or has is removed or added.
    this.#map(isObject(l) ? l : null, isObject(r) ? r : null, anySchema);
    const { '.': _, ...children } = this.#changed ?? emptySet;
    this.#changed = Object.keys(children).length === 0 ? leaf : { '.': leaf, ...children };
  }

  #structOrLeaf(l: Json | undefined, r: Json | undefined, schema: StructSchema): void {
    if (isBlank(l) && isBlank(r) && alwaysPresent(schema).length === 0) return this.#leaf(l, r);
    this.#struct(objectOrAbsent(l), objectOrAbsent(r), schema);
    this.#self(l, r);
  }

  /** A value with children is itself a path when it is wholly new or wholly gone. */
  #self(l: Json | undefined, r: Json | undefined): void {
    if (l === undefined) this.#changed = this.#changed === undefined ? leaf : { '.': leaf, ...this.#changed };
    else if (r === undefined) this.#removed = this.#removed === undefined ? leaf : { '.': leaf, ...this.#removed };
  }

  #struct(
    l: JsonObject | undefined,
    r: JsonObject | undefined,
    schema: StructSchema,
    skip?: (name: string) => boolean,
  ): void {
    let changed: Building | undefined;
    let removed: Building | undefined;
    const take = (name: string): void => {
      if (this.#changed !== undefined) (changed ??= {})[`f:${name}`] = this.#changed;
      if (this.#removed !== undefined) (removed ??= {})[`f:${name}`] = this.#removed;
    };
    const { fields } = schema;
    for (const name in r) {
      const right = r[name];
      if (right === undefined || skip?.(name) === true) continue;
      const left = l === undefined ? undefined : own(l, name);
      if (left === right) continue;
      const field = fields.get(name);
      if (field === undefined) this.#value(left, right, anySchema);
      else {
        const a = l === undefined ? undefined : this.#goLeft ? goValue(left, field) : left;
        const b = this.#goRight ? goValue(right, field) : right;
        if (a === b) continue;
        this.#value(a, b, field.schema);
      }
      take(name);
    }
    for (const name in l) {
      const left = l[name];
      if (left === undefined || skip?.(name) === true || (r !== undefined && own(r, name) !== undefined)) continue;
      const field = fields.get(name);
      if (field === undefined) this.#value(left, undefined, anySchema);
      else {
        const a = this.#goLeft ? goValue(left, field) : left;
        const b = r === undefined || !this.#goRight ? undefined : goValue(undefined, field);
        if (a === b) continue;
        this.#value(a, b, field.schema);
      }
      take(name);
    }
    if (l === undefined ? this.#goRight : r === undefined && this.#goLeft) {
      for (const { name, field, value } of alwaysPresent(schema)) {
        if (own(l ?? r ?? {}, name) !== undefined || skip?.(name) === true) continue;
        if (l === undefined) this.#value(undefined, value, field.schema);
        else this.#value(value, undefined, field.schema);
        take(name);
      }
    }
    this.#changed = changed;
    this.#removed = removed;
  }

  #map(l: Json | undefined, r: Json | undefined, values: Schema): void {
    if (isBlank(l) && isBlank(r)) return this.#leaf(l, r);
    let changed: Building | undefined;
    let removed: Building | undefined;
    const left = objectOrAbsent(l);
    const right = objectOrAbsent(r);
    for (const key in right) {
      const b = right[key];
      const a = left === undefined ? undefined : own(left, key);
      if (a === b || b === undefined) continue;
      this.#value(a, b, values);
      if (this.#changed !== undefined) (changed ??= {})[`f:${key}`] = this.#changed;
      if (this.#removed !== undefined) (removed ??= {})[`f:${key}`] = this.#removed;
    }
    for (const key in left) {
      const a = left[key];
      if (a === undefined || (right !== undefined && own(right, key) !== undefined)) continue;
      this.#value(a, undefined, values);
      if (this.#removed !== undefined) (removed ??= {})[`f:${key}`] = this.#removed;
    }
    this.#changed = changed;
    this.#removed = removed;
    this.#self(l, r);
  }

  #list(l: Json | undefined, r: Json | undefined, schema: ListSchema): void {
    if (isBlank(l) && isBlank(r)) return this.#leaf(l, r);
    if (l !== undefined && r !== undefined && deepEqual(l, r)) return this.#nothing();
    let changed: Building | undefined;
    let removed: Building | undefined;
    const left = itemsByElement(schema, l);
    const right = itemsByElement(schema, r);
    const visit = (element: string): void => {
      this.#items(left.get(element) ?? [], right.get(element) ?? [], schema.items);
      if (this.#changed !== undefined) (changed ??= {})[element] = this.#changed;
      if (this.#removed !== undefined) (removed ??= {})[element] = this.#removed;
    };
    for (const element of left.keys()) visit(element);
    for (const element of right.keys()) if (!left.has(element)) visit(element);
    this.#changed = changed;
    this.#removed = removed;
    this.#self(l, r);
  }

  /** Items that share a key are one path: they can only change together. */
  #items(l: readonly Json[], r: readonly Json[], schema: Schema): void {
    if (l.length <= 1 && r.length <= 1) return this.#value(l[0], r[0], schema);
    if (l.length >= 2 && r.length >= 2) return this.#leaf([...l], [...r]);
    if (l.length >= 2) {
      if (r.length === 0) this.#nothing();
      else this.#value(undefined, r[0], schema);
      this.#removed = leaf;
    } else {
      if (l.length === 0) this.#nothing();
      else this.#value(l[0], undefined, schema);
      this.#changed = leaf;
    }
  }
}

function itemsByElement(schema: ListSchema, list: Json | undefined): Map<string, Json[]> {
  const items = new Map<string, Json[]>();
  if (!Array.isArray(list)) return items;
  for (const item of list) {
    const element = elementOf(schema, item);
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

function objectOrEmpty(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function objectOrAbsent(value: Json | undefined): JsonObject | undefined {
  return value === undefined ? undefined : isObject(value) ? value : {};
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

/** Absent, null, or a container without content. */
export function isBlank(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}
