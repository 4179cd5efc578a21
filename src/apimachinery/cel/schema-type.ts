import { isObject, type JsonObject } from '../json.ts';
import { escapeName } from './names.ts';
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  type ObjectField,
  ObjectType,
  STRING,
  TIMESTAMP,
  type TypeHints,
  withHints,
} from './type.ts';

/** The most bytes of a request, from which stock derives how many items something without a limit may have. */
const maxRequest = 3 * 1024 * 1024;
const maxTimeText = 32;
const dateText = 12;
const minObject = 2;

/**
 * The type that values of a schema have in CEL: an object's fields are those that CEL can reach, sizes are what the
 * schema allows or a request can hold. The schema is that of a CRD or of OpenAPI, valid and without references.
 * @param schema JSON schema properties
 * @param options root: whether the object has apiVersion, kind and metadata whatever the schema says
 * @returns undefined for schemas that have no type (x-kubernetes-preserve-unknown-fields alone)
 */
export function typeOfSchema(
  schema: JsonObject,
  options: { readonly root?: boolean; readonly name?: string } = {},
): CelType | undefined {
  const root = options.root ?? false;
  return withMeta(schemaType(schema, root, options.name ?? 'selfType'), schema);
}

/** How many objects of a type a request can hold: what rules of list and map items are multiplied by. */
export function maxCardinality(type: CelType): number {
  return Math.floor(maxRequest / ((type.hints.minSerializedSize ?? 1) + 1));
}

function withMeta(type: CelType | undefined, schema: JsonObject): CelType | undefined {
  if (type === undefined || type instanceof ObjectType || type.hints.nullable !== undefined) return type;
  return withHints(type, { ...type.hints, nullable: schema['nullable'] === true });
}

function schemaType(schema: JsonObject, root: boolean, name: string): CelType | undefined {
  const nullable = schema['nullable'] === true;
  if (schema['x-kubernetes-int-or-string'] === true) {
    return withHints(DYN, { maxElements: maxRequest - 2, minSerializedSize: 1, nullable, intOrString: true });
  }
  switch (schema['type']) {
    case 'array':
      return arrayType(schema, name, nullable);
    case 'object':
      return mapType(schema, name, nullable) ?? objectTypeOf(schema, root, name, nullable);
    case 'string':
      return textType(schema, nullable);
    case 'boolean':
      return withHints(BOOL, { minSerializedSize: 4, nullable });
    case 'number':
      return withHints(DOUBLE, { minSerializedSize: 1, nullable });
    case 'integer':
      return withHints(INT, { minSerializedSize: 1, nullable });
    default:
      return undefined;
  }
}

function member(schema: JsonObject, name: string): CelType | undefined {
  return schemaType(schema, schema['x-kubernetes-embedded-resource'] === true, name);
}

function arrayType(schema: JsonObject, name: string, nullable: boolean): CelType | undefined {
  const { items } = schema;
  const element = isObject(items) ? member(items, `${name}.@idx`) : undefined;
  if (element === undefined) return undefined;
  const maxElements = limit(schema['maxItems']) ?? Math.floor((maxRequest - 2) / (minSize(element) + 1));
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  const hints: TypeHints = { maxElements, minSerializedSize: minObject, nullable };
  if (listType === 'set') return listOf(element, { ...hints, listType });
  if (listType !== 'map') return listOf(element, hints);
  const listKeys = Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
  return listOf(element, { ...hints, listType, listKeys });
}

function mapType(schema: JsonObject, name: string, nullable: boolean): CelType | undefined {
  const { additionalProperties: values } = schema;
  if (!isObject(values)) return undefined;
  const type = member(values, `${name}.@elem`);
  if (type === undefined) return undefined;
  const maxElements = limit(schema['maxProperties']) ?? Math.floor((maxRequest - 2) / (minSize(type) + 6));
  return mapOf(STRING, type, { maxElements, minSerializedSize: minObject, nullable });
}

const text: JsonObject = { type: 'string' };
const metadata: JsonObject = { type: 'object', properties: { name: text, generateName: text } };

/** The properties of a whole object: CEL sees its name and kind, and of its metadata nothing else. */
function withTypeAndMeta(given: JsonObject): JsonObject {
  const { metadata: declared } = given;
  const meta = isObject(declared) && isObject(declared['properties']) ? declared['properties'] : {};
  const whole = [given['kind'], given['apiVersion'], meta['name'], meta['generateName']].every(isText);
  return whole ? given : { ...given, kind: text, apiVersion: text, metadata };
}

function isText(schema: unknown): boolean {
  return isObject(schema) && schema['type'] === 'string';
}

function objectTypeOf(schema: JsonObject, root: boolean, name: string, nullable: boolean): CelType | undefined {
  // A map of values without a type has none either.
  if (isObject(schema['additionalProperties'])) return undefined;
  const given = isObject(schema['properties']) ? schema['properties'] : {};
  const properties = root ? withTypeAndMeta(given) : given;
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const fields = new Map<string, ObjectField>();
  let minSerializedSize = minObject;
  for (const [jsonName, property] of Object.entries(properties)) {
    const type = isObject(property) ? member(property, `${name}.${escapeName(jsonName) ?? jsonName}`) : undefined;
    if (type === undefined || !isObject(property)) continue;
    const escaped = escapeName(jsonName);
    if (escaped !== undefined) fields.set(escaped, { type, jsonName, required: required.has(jsonName) });
    if (required.has(jsonName) && property['default'] === undefined) {
      minSerializedSize += Buffer.byteLength(jsonName) + minSize(type) + 4;
    }
  }
  return new ObjectType(name, () => fields, { nullIsAbsent: true }, { minSerializedSize, nullable });
}

function textType(schema: JsonObject, nullable: boolean): CelType {
  const maxLength = limit(schema['maxLength']);
  switch (schema['format']) {
    case 'byte':
      return withHints(BYTES, { maxElements: maxLength ?? maxRequest - 2, minSerializedSize: 2, nullable });
    case 'duration':
      return withHints(DURATION, { maxElements: maxTimeText, minSerializedSize: 3, nullable });
    case 'date':
      return withHints(TIMESTAMP, { maxElements: dateText, minSerializedSize: dateText, nullable, dateOnly: true });
    case 'date-time':
      return withHints(TIMESTAMP, { maxElements: maxTimeText, minSerializedSize: 21, nullable });
    default:
  }
  // A character takes up to four bytes.
  const maxElements = maxLength === undefined ? (longestOf(schema['enum']) ?? maxRequest - 2) : maxLength * 4;
  return withHints(STRING, { maxElements, minSerializedSize: 2, nullable });
}

function longestOf(values: unknown): number | undefined {
  if (!Array.isArray(values) || values.length === 0) return undefined;
  const lengths = values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0));
  return lengths.reduce((most, length) => Math.max(most, length), 0);
}

function limit(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  return value < 0 ? 0 : Number(value);
}

function minSize(type: CelType): number {
  return type.hints.minSerializedSize ?? 1;
}
