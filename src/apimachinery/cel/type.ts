/** The kinds of CEL types; `struct` has named fields, `opaque` only a name and parameters. */
export type TypeKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'null'
  | 'dyn'
  | 'list'
  | 'map'
  | 'struct'
  | 'opaque'
  | 'type'
  | 'typeParam'
  | 'error';

/** One field of a struct: its type, the key it has in JSON (names of CEL are escaped), and whether it must be there. */
export type ObjectField = { readonly type: CelType; readonly jsonName: string; readonly required?: boolean };

/** What a declaration knows of the values of a type beyond the type itself; it never takes part in type checks. */
export type TypeHints = {
  /** Most items, entries, or bytes; what the static cost estimate assumes. */
  readonly maxElements?: number;
  /** Fewest bytes a value takes in JSON. */
  readonly minSerializedSize?: number;
  readonly nullable?: boolean;
  /** How lists compare and join: as sets, or as maps by the values of keys. */
  readonly listType?: 'set' | 'map';
  readonly listKeys?: readonly string[];
  /** A value of no CEL type that must still be a string or an integer. */
  readonly intOrString?: boolean;
  /** Dates without a time (`2006-01-02`) rather than full timestamps. */
  readonly dateOnly?: boolean;
};

/** A type of CEL. Two types are the same if their names and parameters are; structs go by name alone. */
export class CelType {
  readonly kind: TypeKind;
  /** The name by which programs know the type, such as `google.protobuf.Timestamp`. */
  readonly name: string;
  readonly parameters: readonly CelType[];
  readonly hints: TypeHints;
  readonly isGeneric: boolean;
  private formatted: string | undefined;

  constructor(kind: TypeKind, name: string, parameters: readonly CelType[] = [], hints: TypeHints = {}) {
    this.kind = kind;
    this.name = name;
    this.parameters = parameters;
    this.hints = hints;
    this.isGeneric = kind === 'typeParam' || parameters.some((parameter) => parameter.isGeneric);
  }

  /** The type as error messages print it. */
  get text(): string {
    this.formatted ??= format(this);
    return this.formatted;
  }
}

/** Gives the fields of a struct; called once, on the first use. */
export type FieldSource = () => ReadonlyMap<string, ObjectField>;

/** A struct type; its fields are declared when they are first asked for, so that types may be recursive. */
export class ObjectType extends CelType {
  /** Whether a field that holds null counts as absent, as schemas of custom resources have it. */
  readonly nullIsAbsent: boolean;
  /** Whether every name is a field, of any type. */
  readonly open: boolean;
  private readonly source: FieldSource;
  private known: ReadonlyMap<string, ObjectField> | undefined;

  constructor(
    name: string,
    source: FieldSource,
    options: { nullIsAbsent?: boolean; open?: boolean } = {},
    hints: TypeHints = {},
  ) {
    super('struct', name, [], hints);
    this.source = source;
    this.nullIsAbsent = options.nullIsAbsent ?? false;
    this.open = options.open ?? false;
  }

  /** The field of a CEL name. A word of the language may stand for the field whose name had to be escaped. */
  field(name: string): ObjectField | undefined {
    if (this.open) return { type: DYN, jsonName: name };
    return this.fields.get(name) ?? this.fields.get(`__${name}__`);
  }

  /** All fields by their CEL names. */
  get fields(): ReadonlyMap<string, ObjectField> {
    this.known ??= this.source();
    return this.known;
  }
}

export const BOOL: CelType = new CelType('bool', 'bool');
export const INT: CelType = new CelType('int', 'int');
export const UINT: CelType = new CelType('uint', 'uint');
export const DOUBLE: CelType = new CelType('double', 'double');
export const STRING: CelType = new CelType('string', 'string');
export const BYTES: CelType = new CelType('bytes', 'bytes');
export const TIMESTAMP: CelType = new CelType('timestamp', 'google.protobuf.Timestamp');
export const DURATION: CelType = new CelType('duration', 'google.protobuf.Duration');
export const NULL: CelType = new CelType('null', 'null_type');
export const DYN: CelType = new CelType('dyn', 'dyn');
export const ERROR: CelType = new CelType('error', '!error!');
export const TYPE: CelType = new CelType('type', 'type');
export const LIST: CelType = listOf(DYN);
export const MAP: CelType = mapOf(DYN, DYN);

/** The type of lists of a type. */
export function listOf(element: CelType, hints?: TypeHints): CelType {
  return new CelType('list', 'list', [element], hints);
}

/** The type of maps. */
export function mapOf(key: CelType, value: CelType, hints?: TypeHints): CelType {
  return new CelType('map', 'map', [key, value], hints);
}

/** The type of values that may be missing. */
export function optionalOf(type: CelType): CelType {
  return new CelType('opaque', 'optional_type', [type]);
}

/** The type that a type has as a value. */
export function typeOf(type: CelType): CelType {
  return new CelType('type', 'type', [type]);
}

/** A type of which programs know only the name. */
export function opaqueType(name: string): CelType {
  return new CelType('opaque', name);
}

/** A parameter of a generic declaration. */
export function typeParam(name: string): CelType {
  return new CelType('typeParam', name);
}

/** A struct type whose fields have the same names in JSON and in CEL. */
export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return new ObjectType(
    name,
    () => new Map(Object.entries(fields).map(([key, type]) => [key, { type, jsonName: key }])),
  );
}

/** The same type with other hints. */
export function withHints(type: CelType, hints: TypeHints): CelType {
  return new CelType(type.kind, type.name, type.parameters, hints);
}

/** Whether a type is `optional_type(…)`. */
export function isOptionalType(type: CelType): boolean {
  return type.kind === 'opaque' && type.name === 'optional_type';
}

/** Whether two types are the same in all their parts. */
export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.parameters.length !== b.parameters.length) return false;
  if (a.name !== b.name) return false;
  return a.parameters.every((parameter, index) => sameType(parameter, b.parameters[index] ?? ERROR));
}

const shortNames: Readonly<Partial<Record<TypeKind, string>>> = {
  timestamp: 'timestamp',
  duration: 'duration',
  null: 'null',
};

function format(type: CelType): string {
  const short = shortNames[type.kind];
  if (short !== undefined) return short;
  if (type.parameters.length === 0) return type.name;
  return `${type.name}(${type.parameters.map(({ text }) => text).join(', ')})`;
}
