import { work } from './effort.ts';
import { equals } from './equality.ts';
import type { CelType } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  ListValue,
  MapValue,
  noSuchOverload,
  runtimeType,
  shortInt,
  Uint,
} from './values.ts';

/** A list of values that a program made. */
export class ArrayList extends ListValue {
  readonly values: readonly CelValue[];

  constructor(values: readonly CelValue[]) {
    super();
    this.values = values;
  }

  override get size(): number {
    return this.values.length;
  }

  override at(index: number): CelResult {
    return this.values[index] ?? null;
  }

  override equals(other: CelValue): CelResult {
    return listsEqual(this, other);
  }

  override concat(other: ListValue): CelResult {
    if (this.values.length === 0) return other;
    return other.size === 0 ? this : joined(this, other);
  }
}

/** The elements of two lists in one. */
export function joined(a: ListValue, b: ListValue): CelResult {
  work(12 * (a.size + b.size));
  const values: CelValue[] = [];
  for (const list of [a, b]) {
    for (let i = 0; i < list.size; i += 1) {
      const value = list.at(i);
      if (value instanceof CelError) return value;
      values.push(value);
    }
  }
  return new ArrayList(values);
}

/** Whether two lists have equal elements in the same order. */
export function listsEqual(a: ListValue, b: CelValue): CelResult {
  if (!(b instanceof ListValue)) return false;
  if (a.size !== b.size) return false;
  work(10 * a.size);
  let problem: CelError | undefined;
  for (let i = 0; i < a.size; i += 1) {
    const x = a.at(i);
    const y = b.at(i);
    const same = x instanceof CelError ? x : y instanceof CelError ? y : equals(x, y);
    if (same === false) return false;
    if (same instanceof CelError) problem ??= same;
  }
  return problem ?? true;
}

/** All elements of a list, or the first error among them. */
export function elementsOf(list: ListValue): readonly CelValue[] | CelError {
  if (list instanceof ArrayList) return list.values;
  const values: CelValue[] = [];
  for (let i = 0; i < list.size; i += 1) {
    const value = list.at(i);
    if (value instanceof CelError) return value;
    values.push(value);
  }
  return values;
}

/** A key in the form that a JavaScript map compares as CEL does: numbers of any type by their value. */
export type Key = string | boolean | number | bigint;

/** The form of a key; undefined for values that cannot be keys. */
export function keyOf(value: CelValue): Key | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigint':
      return value;
    default:
  }
  if (value instanceof Uint) return shortInt(value.value);
  if (value instanceof Double) {
    const { value: double } = value;
    return Number.isInteger(double) && !Number.isSafeInteger(double) ? BigInt(double) : double;
  }
  return undefined;
}

/** A map that a program made. */
export class EntryMap extends MapValue {
  private readonly entries: Map<Key, readonly [CelValue, CelValue]>;

  constructor(entries: Map<Key, readonly [CelValue, CelValue]>) {
    super();
    this.entries = entries;
  }

  override get size(): number {
    return this.entries.size;
  }

  /** A map of keys and values in turn; later ones replace earlier ones. */
  static of(pairs: Iterable<readonly [CelValue, CelValue]>): CelResult {
    const entries = new Map<Key, readonly [CelValue, CelValue]>();
    for (const pair of pairs) {
      const key = keyOf(pair[0]);
      if (key === undefined) return new CelError(`unsupported key type: ${runtimeType(pair[0]).name}`);
      entries.set(key, pair);
    }
    return new EntryMap(entries);
  }

  override find(key: CelValue): CelResult | undefined {
    const plain = keyOf(key);
    return plain === undefined ? undefined : this.entries.get(plain)?.[1];
  }

  override keys(): readonly CelValue[] {
    work(this.entries.size);
    return [...this.entries.values()].map(([key]) => key);
  }

  override equals(other: CelValue): CelResult {
    return mapsEqual(this, other);
  }
}

/** Whether two maps have equal values under the same keys. */
export function mapsEqual(a: MapValue, b: CelValue): CelResult {
  if (!(b instanceof MapValue)) return false;
  if (a.size !== b.size) return false;
  work(20 * a.size);
  let problem: CelError | undefined;
  for (const key of a.keys()) {
    const y = b.find(key);
    if (y === undefined) return false;
    const x = a.find(key) ?? null;
    const same = x instanceof CelError ? x : y instanceof CelError ? y : equals(x, y);
    if (same === false) return false;
    if (same instanceof CelError) problem ??= same;
  }
  return problem ?? true;
}

/** Whether a list has an element equal to a value. */
export function listHas(list: ListValue, value: CelValue): CelResult {
  let problem: CelError | undefined;
  for (let i = 0; i < list.size; i += 1) {
    const element = list.at(i);
    const same = element instanceof CelError ? element : equals(element, value);
    if (same === true) return true;
    if (same instanceof CelError) problem ??= same;
  }
  return problem ?? false;
}

/** `value in container`. */
export function isIn(value: CelValue, container: CelValue): CelResult {
  if (container instanceof ListValue) return listHas(container, value);
  if (!(container instanceof MapValue)) return noSuchOverload;
  const found = container.find(value);
  return found instanceof CelError ? found : found !== undefined;
}

/** An object that a program made of a declared type, `Type{field: value}`. */
export class StructValue extends MapValue {
  override readonly celType: CelType;
  readonly fields: ReadonlyMap<string, CelValue>;

  constructor(type: CelType, fields: ReadonlyMap<string, CelValue>) {
    super();
    this.celType = type;
    this.fields = fields;
  }

  override get size(): number {
    return this.fields.size;
  }

  override find(key: CelValue): CelResult | undefined {
    return typeof key === 'string' ? this.fields.get(key) : undefined;
  }

  override keys(): readonly CelValue[] {
    return [...this.fields.keys()];
  }

  override equals(other: CelValue): CelResult {
    return other instanceof StructValue && other.celType.name === this.celType.name && mapsEqual(this, other);
  }
}
