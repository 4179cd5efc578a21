import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  escapeName,
  INT,
  listOf,
  mapOf,
  type ObjectField,
  ObjectType,
  STRING,
  TIMESTAMP,
  type TypeHints,
  withHints,
} from '../../cel/index.ts';
import type { Json } from '../../json.ts';
import { type Structural, structuralOf } from '../structural.ts';

/** The largest request that a stock server takes; estimates of sizes that nothing bounds go by it. */
export const maxRequestBytes = 3 * 1024 * 1024;
const longestTime = 32;
const dateBytes = 12;

/** What a schema says of its values' sizes; undefined for values that CEL does not see. */
export type Sizes = {
  /** Fewest bytes in JSON. */
  readonly minimum: number;
  /** Most items, entries or bytes. */
  readonly elements: number;
};

const sizes = new WeakMap<Structural, { own?: Sizes | null; root?: Sizes | null }>();

/**
 * The sizes of a schema's values. Undefined when rules cannot see them: values without a type, lists and maps of such (apiserver's SchemaDeclType gives no
 * declaration for them). `isRoot`: it is a resource, so that it has a type and metadata.
 */
export function sizesOf(schema: Structural, isRoot: boolean): Sizes | undefined {
  let known = sizes.get(schema);
  if (known === undefined) sizes.set(schema, (known = {}));
  const slot = isRoot ? 'root' : 'own';
  if (known[slot] === undefined) known[slot] = computeSizes(schema, isRoot) ?? null;
  return known[slot] ?? undefined;
}

function computeSizes(schema: Structural, isRoot: boolean): Sizes | undefined {
  if (schema.intOrString) return { minimum: 1, elements: maxRequestBytes - 2 };
  switch (schema.type) {
    case 'array': {
      const { items } = schema;
      const item = items === undefined ? undefined : sizesOf(items, items.embeddedResource);
      if (item === undefined) return undefined;
      const elements = limit(schema, 'maxItems') ?? Math.floor((maxRequestBytes - 2) / (item.minimum + 1));
      return { minimum: 2, elements };
    }
    case 'object': {
      const { additional } = schema;
      if (typeof additional === 'object') {
        const value = sizesOf(additional, additional.embeddedResource);
        if (value === undefined) return undefined;
        const elements = limit(schema, 'maxProperties') ?? Math.floor((maxRequestBytes - 2) / (value.minimum + 6));
        return { minimum: 2, elements };
      }
      return { minimum: objectMinimum(schema, isRoot), elements: 0 };
    }
    case 'string':
      return textSizes(schema);
    case 'boolean':
      return { minimum: 4, elements: 0 };
    case 'number':
    case 'integer':
      return { minimum: 1, elements: 0 };
    default:
      return undefined;
  }
}

function objectMinimum(schema: Structural, isRoot: boolean): number {
  const { required } = schema.props;
  const properties = propertiesOf(schema, isRoot);
  let minimum = 2;
  for (const name of new Set(Array.isArray(required) ? required : [])) {
    const property = typeof name === 'string' ? properties.get(name) : undefined;
    if (property === undefined || property.default !== undefined) continue;
    const field = sizesOf(property, property.embeddedResource);
    if (field !== undefined) minimum += Buffer.byteLength(name as string) + field.minimum + 4;
  }
  return minimum;
}

function textSizes(schema: Structural): Sizes {
  const { format, enum: allowed } = schema.props;
  const longest = limit(schema, 'maxLength');
  switch (format) {
    case 'byte':
      return { minimum: 2, elements: longest ?? maxRequestBytes - 2 };
    case 'duration':
      return { minimum: 3, elements: longestTime };
    case 'date':
      return { minimum: dateBytes, elements: dateBytes };
    case 'date-time':
      return { minimum: 21, elements: longestTime };
    default:
  }
  // A length counts runes, of which each takes at most four bytes.
  if (longest !== undefined) return { minimum: 2, elements: longest * 4 };
  if (!Array.isArray(allowed) || allowed.length === 0) return { minimum: 2, elements: maxRequestBytes - 2 };
  const lengths = allowed.map((each) => (typeof each === 'string' ? Buffer.byteLength(each) : 0));
  return { minimum: 2, elements: Math.max(0, ...lengths) };
}

function limit(schema: Structural, name: string): number | undefined {
  const value = schema.props[name] as Json | undefined;
  return typeof value === 'number' || typeof value === 'bigint' ? Math.max(0, Number(value)) : undefined;
}

const metaSchema = structuralOf({
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
  },
});

/** The properties of an object; of a resource with its type, name and generateName, whatever its schema says of them. */
export function propertiesOf(schema: Structural, isRoot: boolean): ReadonlyMap<string, Structural> {
  if (!isRoot) return schema.properties;
  const { properties } = schema;
  const metadata = properties.get('metadata');
  const declared =
    properties.get('kind')?.type === 'string' &&
    properties.get('apiVersion')?.type === 'string' &&
    metadata?.type === 'object' &&
    metadata.properties.get('name')?.type === 'string' &&
    metadata.properties.get('generateName')?.type === 'string';
  return declared ? properties : new Map([...properties, ...metaSchema.properties]);
}

/**
 * The CEL type of a schema's values, or undefined when rules cannot see them. Structs are named by `name` and the path from there, as two fields of the same form are
 * of two types; what they hold is declared when it is first asked for.
 */
export function celTypeOf(schema: Structural, isRoot: boolean, name: string): CelType | undefined {
  const size = sizesOf(schema, isRoot);
  if (size === undefined) return undefined;
  const hints: TypeHints = {
    maxElements: size.elements,
    minSerializedSize: size.minimum,
    nullable: schema.nullable,
  };
  if (schema.intOrString) return withHints(DYN, { ...hints, intOrString: true });
  switch (schema.type) {
    case 'array': {
      const { items } = schema;
      const item = items === undefined ? undefined : celTypeOf(items, items.embeddedResource, `${name}.@idx`);
      return item === undefined ? undefined : listOf(item, { ...hints, ...listHints(schema) });
    }
    case 'object': {
      const { additional } = schema;
      if (typeof additional !== 'object')
        return new ObjectType(name, () => fieldsOf(schema, isRoot, name), { nullIsAbsent: true }, hints);
      const value = celTypeOf(additional, additional.embeddedResource, `${name}.@elem`);
      return value === undefined ? undefined : mapOf(STRING, value, hints);
    }
    case 'string':
      return withHints(textType(schema), schema.props['format'] === 'date' ? { ...hints, dateOnly: true } : hints);
    case 'boolean':
      return withHints(BOOL, hints);
    case 'number':
      return withHints(DOUBLE, hints);
    default:
      return withHints(INT, hints);
  }
}

function fieldsOf(schema: Structural, isRoot: boolean, name: string): ReadonlyMap<string, ObjectField> {
  const { required } = schema.props;
  const needed = new Set(Array.isArray(required) ? required : []);
  const fields = new Map<string, ObjectField>();
  for (const [jsonName, property] of propertiesOf(schema, isRoot)) {
    const escaped = escapeName(jsonName);
    if (escaped === undefined) continue;
    const type = celTypeOf(property, property.embeddedResource, `${name}.${escaped}`);
    if (type !== undefined) fields.set(escaped, { type, jsonName, required: needed.has(jsonName) });
  }
  return fields;
}

function listHints({ listType, listMapKeys }: Structural): TypeHints {
  if (listType === 'set') return { listType };
  return listType === 'map' ? { listType, listKeys: listMapKeys } : {};
}

function textType(schema: Structural): CelType {
  switch (schema.props['format']) {
    case 'byte':
      return BYTES;
    case 'duration':
      return DURATION;
    case 'date':
    case 'date-time':
      return TIMESTAMP;
    default:
      return STRING;
  }
}
