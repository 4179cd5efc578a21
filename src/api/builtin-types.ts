import type { Json } from '../apimachinery/json.ts';
import type {
  AnyForm,
  AnySchema,
  FieldSchema,
  ListSchema,
  ScalarSchema,
  ScalarType,
  Schema,
  StructSchema,
} from '../apimachinery/schema/schema.ts';
import tables from './generated/types.json' with { type: 'json' };

/*
 * The table (made by generate/main.ts) has, per definition package and type name, `[header, field, …]`:
 *   header  `typed` (has apiVersion and kind), `@group/version` (is a kind there), `atomic`, `unions=<json>`
 *   field   `<json name> <type> <protobuf number, with the numbers of embedding messages before it> <flags> <attributes>`
 *   flags   o omitempty, p pointer, r required
 *   type    `[]T`, `{key type}T`, `.Struct` of the same package, `<n>.Struct` of package n, a scalar, or `goName=T`; `string|a|b` has only these values (URI-encoded)
 * Types are parsed when they are first asked for, so an unused one costs nothing.
 */
const packages: readonly string[] = tables.packages;
const types: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = tables.types;

const scalarTypes: Readonly<Record<ScalarType, ScalarSchema>> = {
  string: { kind: 'scalar', type: 'string' },
  boolean: { kind: 'scalar', type: 'boolean' },
  int32: { kind: 'scalar', type: 'int32' },
  int64: { kind: 'scalar', type: 'int64' },
  double: { kind: 'scalar', type: 'double' },
  intOrString: { kind: 'scalar', type: 'intOrString' },
  quantity: { kind: 'scalar', type: 'quantity' },
  time: { kind: 'scalar', type: 'time' },
  microTime: { kind: 'scalar', type: 'microTime' },
  duration: { kind: 'scalar', type: 'duration' },
  bytes: { kind: 'scalar', type: 'bytes' },
};

function isScalarType(text: string): text is ScalarType {
  return Object.hasOwn(scalarTypes, text);
}

const anyForms = new Map<string, AnyForm>(
  (['raw', 'json', 'fieldsV1', 'propsOrArray', 'propsOrBool', 'propsOrStringArray'] as const).map((f) => [f, f]),
);

const typeMeta: readonly FieldSchema[] = ['kind', 'apiVersion'].map((name) => ({
  name,
  schema: scalarTypes.string,
  required: false,
  omitEmpty: true,
  pointer: false,
  proto: 0,
  patchStrategy: [],
}));

/** Parses its fields when they are first read: types may refer to each other in circles. */
class LazyStruct implements StructSchema {
  readonly kind = 'struct';
  readonly name: string;
  readonly atomic: boolean;
  readonly preserveUnknown = false;
  readonly gvk?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
  readonly unions?: Json;
  readonly #package: string;
  readonly #entry: readonly string[];
  #fields: ReadonlyMap<string, FieldSchema> | undefined;

  constructor(definitionPackage: string, typeName: string, entry: readonly string[]) {
    this.name = `${definitionPackage}.${typeName}`;
    this.#package = definitionPackage;
    this.#entry = entry;
    const header = entry[0]?.split(' ') ?? [];
    this.atomic = header.includes('atomic');
    const gvk = header
      .filter((token) => token.startsWith('@'))
      .map((token) => {
        const slash = token.indexOf('/');
        return {
          group: slash < 0 ? '' : token.slice(1, slash),
          version: token.slice(slash < 0 ? 1 : slash + 1),
          kind: typeName,
        };
      });
    if (gvk.length > 0) this.gvk = gvk;
    const unions = header.find((token) => token.startsWith('unions='));
    if (unions !== undefined) this.unions = JSON.parse(unions.slice('unions='.length)) as Json;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    return (this.#fields ??= this.#parse());
  }

  #parse(): ReadonlyMap<string, FieldSchema> {
    const fields = new Map<string, FieldSchema>();
    if (this.#entry[0]?.split(' ').includes('typed') === true)
      for (const field of typeMeta) fields.set(field.name, field);
    for (let i = 1; i < this.#entry.length; i++) {
      const field = parseField(this.#entry[i] ?? '', this.#package);
      fields.set(field.name, field);
    }
    return fields;
  }
}

/** The same type with another map type, for a field that overrides it. */
class Variant implements StructSchema {
  readonly kind = 'struct';
  readonly declared: StructSchema;
  readonly name: string;
  readonly atomic: boolean;
  readonly preserveUnknown = false;

  constructor(declared: StructSchema, atomic: boolean) {
    this.declared = declared;
    this.name = declared.name;
    this.atomic = atomic;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    return this.declared.fields;
  }
}

type Attributes = {
  list?: { listType: ListSchema['listType']; mapKeys: readonly string[] };
  map?: 'atomic' | 'granular';
  patch: FieldSchema['patchStrategy'];
  key?: string;
  default?: Json;
  noDefault: boolean;
};

function parseAttributes(text: string): Attributes {
  const attributes: Attributes = { patch: [], noDefault: false };
  const defaultAt = text.indexOf('default=');
  if (defaultAt >= 0) attributes.default = JSON.parse(text.slice(defaultAt + 'default='.length)) as Json;
  for (const token of (defaultAt < 0 ? text : text.slice(0, defaultAt)).split(' ')) {
    const equals = token.indexOf('=');
    const value = token.slice(equals + 1);
    if (token.startsWith('list=')) {
      const [listType, ...mapKeys] = value.split(':');
      attributes.list = { listType: listType === 'map' || listType === 'set' ? listType : 'atomic', mapKeys };
    } else if (token.startsWith('map=')) attributes.map = value === 'atomic' ? 'atomic' : 'granular';
    else if (token.startsWith('patch=')) attributes.patch = value.split(',') as ('merge' | 'replace' | 'retainKeys')[];
    else if (token.startsWith('key=')) attributes.key = value;
    else if (token === 'nodefault') attributes.noDefault = true;
  }
  return attributes;
}

const emptyObject: Json = Object.freeze({});

/** What OpenAPI gives as default of a field that Go always writes. */
function impliedDefault(schema: Schema, omitEmpty: boolean): Json | undefined {
  if (schema.kind === 'struct') return emptyObject;
  if (schema.kind !== 'scalar' || omitEmpty) return undefined;
  if (schema.type === 'string') return '';
  if (schema.type === 'boolean') return false;
  return schema.type === 'int32' || schema.type === 'int64' || schema.type === 'double' ? 0 : undefined;
}

function parseField(line: string, home: string): FieldSchema {
  const [name = '', type = '', proto = '0', flags = '', ...rest] = line.split(' ');
  const attributes = parseAttributes(rest.join(' '));
  const omitEmpty = flags.includes('o');
  const pointer = flags.includes('p');
  const numbers = proto.split('.').map(Number);
  const schema = parseType(type, home, attributes);
  const implied =
    attributes.default ?? (pointer || attributes.noDefault ? undefined : impliedDefault(schema, omitEmpty));
  return {
    name,
    schema,
    required: flags.includes('r'),
    omitEmpty,
    pointer,
    proto: numbers.at(-1) ?? 0,
    ...(numbers.length > 1 ? { protoInline: numbers.slice(0, -1) } : {}),
    patchStrategy: attributes.patch,
    ...(attributes.key === undefined ? {} : { patchMergeKey: attributes.key }),
    ...(attributes.map === undefined ? {} : { mapType: attributes.map }),
    ...(implied === undefined ? {} : { default: implied }),
  };
}

const noAttributes: Attributes = { patch: [], noDefault: false };

function parseType(text: string, home: string, attributes: Attributes): Schema {
  const named = /^([\w.]+)=(.+)$/.exec(text);
  const goType = named?.[1] === undefined ? {} : { goType: named[1] };
  const type = named?.[2] ?? text;
  if (type.startsWith('[]')) {
    return {
      kind: 'list',
      items: parseType(type.slice(2), home, noAttributes),
      ...(attributes.list ?? { listType: 'atomic', mapKeys: [], implicit: true }),
      ...goType,
    };
  }
  if (type.startsWith('{')) {
    const end = type.indexOf('}');
    return {
      kind: 'map',
      values: parseType(type.slice(end + 1), home, noAttributes),
      atomic: attributes.map === 'atomic',
      ...(end === 1 ? {} : { goKey: type.slice(1, end) }),
      ...goType,
    };
  }
  const [scalar = '', ...values] = type.split('|');
  if (isScalarType(scalar)) {
    if (named === null) return scalarTypes[scalar];
    return {
      kind: 'scalar',
      type: scalar,
      ...goType,
      ...(values.length === 0 ? {} : { enum: values.map(decodeURIComponent) }),
    };
  }
  const form = anyForms.get(type);
  if (form !== undefined) return anyOf(form);
  const dot = type.indexOf('.');
  const struct = builtinSchema(`${dot === 0 ? home : (packages[Number(type.slice(0, dot))] ?? '')}${type.slice(dot)}`);
  return attributes.map === undefined ? struct : new Variant(struct, attributes.map === 'atomic');
}

const anySchemas = new Map<AnyForm, AnySchema>();

function anyOf(form: AnyForm): AnySchema {
  let schema = anySchemas.get(form);
  if (schema === undefined) {
    schema = form.startsWith('propsOr')
      ? { kind: 'any', form, props: builtinSchema(`${apiextensionsV1}.JSONSchemaProps`) }
      : { kind: 'any', form };
    anySchemas.set(form, schema);
  }
  return schema;
}

const apiextensionsV1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const schemas = new Map<string, StructSchema>();

/** The type of a definition name such as `io.k8s.api.core.v1.ConfigMap`; every call gives the same schema. Throws when there is none. */
export function builtinSchema(name: string): StructSchema {
  const known = schemas.get(name);
  if (known !== undefined) return known;
  const dot = name.lastIndexOf('.');
  const table = types[name.slice(0, dot)];
  const typeName = name.slice(dot + 1);
  const entry = table !== undefined && Object.hasOwn(table, typeName) ? table[typeName] : undefined;
  if (entry === undefined) throw new Error(`no built-in type ${name}`);
  const schema = new LazyStruct(name.slice(0, dot), typeName, entry);
  schemas.set(name, schema);
  return schema;
}

let kinds: Map<string, string> | undefined;

/** `group/version/kind` → definition name. */
function kindIndex(): Map<string, string> {
  if (kinds !== undefined) return kinds;
  kinds = new Map();
  for (const [definitionPackage, table] of Object.entries(types))
    for (const [typeName, entry] of Object.entries(table))
      for (const token of entry[0]?.split(' ') ?? [])
        if (token.startsWith('@')) {
          const groupVersion = token.includes('/') ? token.slice(1) : `/${token.slice(1)}`;
          kinds.set(`${groupVersion}/${typeName}`, `${definitionPackage}.${typeName}`);
        }
  return kinds;
}

/** The type of a built-in kind, also of lists, subresources and reviews; undefined when Kubernetes 1.33 has no such kind. */
export function builtinSchemaForKind(gvk: { group: string; version: string; kind: string }): StructSchema | undefined {
  const name = kindIndex().get(`${gvk.group}/${gvk.version}/${gvk.kind}`);
  return name === undefined ? undefined : builtinSchema(name);
}

/** Every definition name, for documents and tests. */
export function builtinTypeNames(): string[] {
  return Object.entries(types).flatMap(([definitionPackage, table]) =>
    Object.keys(table).map((typeName) => `${definitionPackage}.${typeName}`),
  );
}

export const objectMetaSchema: StructSchema = builtinSchema(`${metaV1}.ObjectMeta`);
export const listMetaSchema: StructSchema = builtinSchema(`${metaV1}.ListMeta`);
