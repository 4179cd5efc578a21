import { isObject } from '../json.ts';
import { elementsOf, joined, type Key, keyOf, listHas, listsEqual, mapsEqual } from './collections.ts';
import { work } from './effort.ts';
import { decodeBase64, parseSchemaDuration, parseSchemaTime } from './formats.ts';
import { equals } from './equality.ts';
import { isInt64, maxInt64 } from './int64.ts';
import { escapeName, unescapeName } from './names.ts';
import { type CelType, DYN, ObjectType } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  ListValue,
  MapValue,
  noSuchOverload,
  OpaqueValue,
  Optional,
  shortInt,
  Timestamp,
  Uint,
} from './values.ts';
import { CelType as TypeValue } from './type.ts';

/** JSON as a value of CEL, read by its declared type; nothing is converted before it is asked for. */
export function fromJson(raw: unknown, type: CelType): CelResult {
  switch (typeof raw) {
    case 'string':
      return type.kind === 'string' ? raw : fromText(raw, type);
    case 'boolean':
      return raw;
    case 'number':
      return fromNumber(raw, type);
    case 'bigint':
      return fromBigint(raw, type);
    case 'object':
      return fromObject(raw, type);
    default:
      return new CelError('no such key');
  }
}

function fromObject(raw: object | null, type: CelType): CelResult {
  if (raw === null) return fromNull(type);
  if (Array.isArray(raw)) return new JsonList(raw, type);
  if (isValue(raw)) return raw;
  return new JsonMap(raw as Readonly<Record<string, unknown>>, type);
}

/** Whether something is a value of CEL already rather than JSON. */
function isValue(
  raw: object,
): raw is
  | ListValue
  | MapValue
  | Optional
  | OpaqueValue
  | Timestamp
  | Duration
  | Double
  | Uint
  | Uint8Array
  | TypeValue {
  return (
    raw instanceof MapValue ||
    raw instanceof ListValue ||
    raw instanceof Optional ||
    raw instanceof OpaqueValue ||
    raw instanceof Timestamp ||
    raw instanceof Duration ||
    raw instanceof Double ||
    raw instanceof Uint ||
    raw instanceof Uint8Array ||
    raw instanceof TypeValue
  );
}

function fromNull(type: CelType): CelResult {
  if (type.hints.nullable === false) return new CelError('invalid data, got null for schema with nullable=false');
  return null;
}

function fromNumber(raw: number, type: CelType): CelResult {
  if (type.kind === 'double') return new Double(raw);
  if (Number.isSafeInteger(raw)) return Object.is(raw, -0) ? 0 : raw;
  return new Double(raw);
}

function fromBigint(raw: bigint, type: CelType): CelResult {
  if (type.kind === 'double' || !isInt64(raw)) {
    if (type.kind === 'uint' && raw >= 0n && raw <= 2n * maxInt64 + 1n) return new Uint(raw);
    return new Double(Number(raw));
  }
  return shortInt(raw);
}

function fromText(raw: string, type: CelType): CelResult {
  switch (type.kind) {
    case 'bytes':
      return decodeBase64(raw);
    case 'timestamp':
      return parseSchemaTime(raw, type.hints.dateOnly === true);
    case 'duration':
      return parseSchemaDuration(raw);
    default:
      return raw;
  }
}

/** What a value stands for as JSON; undefined for values that have no form there. */
export type Unwrapped = unknown;

/** A list in JSON. */
export class JsonList extends ListValue {
  readonly raw: readonly unknown[];
  private readonly type: CelType;
  private readonly element: CelType;

  constructor(raw: readonly unknown[], type: CelType) {
    super();
    this.raw = raw;
    this.type = type;
    this.element = type.kind === 'list' ? (type.parameters[0] ?? DYN) : DYN;
  }

  /** Whether the list has a schema rather than being whatever JSON holds. */
  get hasSchema(): boolean {
    return this.type.hints.nullable !== undefined;
  }

  override get size(): number {
    return this.raw.length;
  }

  override at(index: number): CelResult {
    return fromJson(this.raw[index], this.element);
  }

  override equals(other: CelValue): CelResult {
    const { listType } = this.type.hints;
    // A list with a schema knows nothing to say of what is no list.
    if (!(other instanceof ListValue)) return this.hasSchema ? noSuchOverload : false;
    if (listType === undefined) return listsEqual(this, other);
    if (other.size !== this.size) return false;
    return listType === 'set' ? this.equalsSet(other) : this.equalsMap(other);
  }

  override concat(other: ListValue): CelResult {
    const { listType } = this.type.hints;
    const rest = other instanceof JsonList ? other.raw : undefined;
    if (listType === 'set' && rest === undefined) return this.union(other);
    if (listType === undefined || rest === undefined) {
      return this.size === 0 && listType === undefined ? other : joined(this, other);
    }
    const key = listType === 'set' ? setKey : (item: unknown) => this.mapKey(item);
    const items = [...this.raw];
    const places = new Map(items.map((item, index) => [key(item), index]));
    for (const item of rest) {
      const place = places.get(key(item));
      if (place === undefined) places.set(key(item), items.push(item) - 1);
      else if (listType === 'map') items[place] = item;
    }
    return new JsonList(items, this.type);
  }

  private equalsSet(other: ListValue): CelResult {
    work(10 * this.size);
    const members = this.members();
    for (let i = 0; i < other.size; i += 1) {
      const value = other.at(i);
      if (value instanceof CelError) return value;
      const key = keyOf(value);
      const has = key === undefined ? listHas(this, value) : members.has(key);
      if (has !== true) return has;
    }
    return true;
  }

  /** Its own elements, and those of the other that are none of them, each once. */
  private union(other: ListValue): CelResult {
    work(10 * (this.size + other.size));
    const members = this.members();
    const values = elementsOf(this);
    const more = elementsOf(other);
    if (values instanceof CelError) return values;
    if (more instanceof CelError) return more;
    const all = [...values];
    for (const value of more) {
      const key = keyOf(value);
      if (key !== undefined && members.has(key)) continue;
      if (key !== undefined) members.add(key);
      all.push(value);
    }
    return new JsonList(all, this.type);
  }

  /** The scalars of a set. */
  private members(): Set<Key> {
    const members = new Set<Key>();
    for (const item of this.raw) if (isScalar(item)) members.add(typeof item === 'bigint' ? shortInt(item) : item);
    return members;
  }

  private equalsMap(other: ListValue): CelResult {
    work(100 * this.size);
    const byKey = new Map(this.raw.map((item) => [this.mapKey(item), item]));
    for (let i = 0; i < other.size; i += 1) {
      const value = other.at(i);
      if (value instanceof CelError) return value;
      const mine = byKey.get(this.mapKey(value instanceof JsonMap ? value.raw : undefined));
      if (mine === undefined) return false;
      const same = fromJson(mine, this.element);
      const result = same instanceof CelError ? same : equals(same, value);
      if (result !== true) return result;
    }
    return true;
  }

  private mapKey(item: unknown): string {
    const keys = this.type.hints.listKeys ?? [];
    return JSON.stringify(keys.map((key) => (isObject(item) && Object.hasOwn(item, key) ? setKey(item[key]) : null)));
  }
}

function isScalar(item: unknown): item is string | boolean | number | bigint {
  return ['string', 'boolean', 'number', 'bigint'].includes(typeof item);
}

function setKey(item: unknown): string {
  return typeof item === 'bigint' ? `${item}` : JSON.stringify(item);
}

/** An object in JSON: a struct with declared fields, or a map. */
export class JsonMap extends MapValue {
  readonly raw: Readonly<Record<string, unknown>>;
  private readonly type: CelType;

  constructor(raw: Readonly<Record<string, unknown>>, type: CelType) {
    super();
    this.raw = raw;
    this.type = type;
  }

  /** Whether the object has a schema rather than being whatever JSON holds. */
  get hasSchema(): boolean {
    return this.type.hints.nullable !== undefined;
  }

  override get size(): number {
    return this.names().length;
  }

  private names(): string[] {
    const names = Object.keys(this.raw);
    work(10 * names.length);
    return names;
  }

  override find(key: CelValue): CelResult | undefined {
    if (typeof key !== 'string') return this.type instanceof ObjectType ? noSuchOverload : undefined;
    if (!(this.type instanceof ObjectType)) {
      return Object.hasOwn(this.raw, key) ? fromJson(this.raw[key], this.valueType) : undefined;
    }
    const field = this.type.field(key);
    const name = field?.jsonName ?? (this.type.nullIsAbsent ? unescapeName(key) : key);
    if (name === undefined || !Object.hasOwn(this.raw, name)) return undefined;
    const value = this.raw[name];
    if (this.type.nullIsAbsent && (value === null || field === undefined)) return undefined;
    return fromJson(value, field?.type ?? DYN);
  }

  override keys(): readonly CelValue[] {
    const { type } = this;
    const names = this.names();
    if (!(type instanceof ObjectType) || !type.nullIsAbsent) return names;
    return names.map((name) => escapeName(name) ?? name).filter((name) => type.fields.has(name));
  }

  override equals(other: CelValue): CelResult {
    const { type } = this;
    if (!(other instanceof MapValue)) return this.hasSchema ? noSuchOverload : false;
    if (!(type instanceof ObjectType) || !type.nullIsAbsent) return mapsEqual(this, other);
    if (this.size !== other.size) return false;
    for (const [name, value] of Object.entries(this.raw)) {
      const escaped = escapeName(name);
      const field = escaped === undefined ? undefined : type.fields.get(escaped);
      const same =
        field === undefined ? this.sameUndeclared(other, name, value) : sameField(other, name, value, field.type);
      if (same !== true) return same;
    }
    return true;
  }

  private sameUndeclared(other: MapValue, name: string, value: unknown): CelResult {
    if (!(other instanceof JsonMap)) return noSuchOverload;
    if (!Object.hasOwn(other.raw, name)) return true;
    return sameJson(value, other.raw[name]);
  }

  private get valueType(): CelType {
    return this.type.kind === 'map' ? (this.type.parameters[1] ?? DYN) : DYN;
  }
}

function sameField(other: MapValue, name: string, value: unknown, type: CelType): CelResult {
  const theirs = other instanceof JsonMap ? other.find(escapeName(name) ?? name) : other.find(name);
  if (theirs === undefined) return false;
  const mine = fromJson(value, type);
  if (mine instanceof CelError) return mine;
  return theirs instanceof CelError ? theirs : equals(mine, theirs);
}

function sameJson(a: unknown, b: unknown): CelResult {
  const x = fromJson(a, DYN);
  const y = fromJson(b, DYN);
  if (x instanceof CelError) return x;
  return y instanceof CelError ? y : equals(x, y);
}
