import { Document, Scalar, stringify as toYaml, visit } from 'yaml';
import { isObject, type Json, type JsonObject, stringify } from '../json.ts';
import { BackwardWriter } from '../protobuf/writer.ts';

/**
 * Encodes an OpenAPI v2 document as gnostic's protobuf message (openapi.v2.Document of google/gnostic-models, whose field numbers these are): what kubectl up to
 * 1.28, Argo CD and others read. Of the format only what `openApiV2Document` and CustomResourceDefinitions use.
 */
export function encodeGnostic(document: JsonObject): Uint8Array {
  const writer = new BackwardWriter(1 << 20);
  security(writer, document);
  each(writer, 10, document['parameters'], 1, plainParameter);
  each(writer, 9, document['definitions'], 1, schema);
  each(writer, 8, document['paths'], 2, pathItem);
  const info = object(document['info']);
  const before = writer.written;
  text(writer, 2, info['version']);
  text(writer, 1, info['title']);
  writer.message(2, before);
  text(writer, 1, document['swagger']);
  return writer.finish();
}

type Encode = (writer: BackwardWriter, value: JsonObject) => void;

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function text(writer: BackwardWriter, field: number, value: Json | undefined): void {
  if (typeof value === 'string' && value !== '') writer.string(field, value);
}

function flag(writer: BackwardWriter, field: number, value: Json | undefined): void {
  if (value === true) writer.varint(field, 1);
}

function texts(writer: BackwardWriter, field: number, value: Json | undefined): void {
  for (const item of list(value).toReversed()) if (typeof item === 'string') writer.string(field, item);
}

function nested(writer: BackwardWriter, field: number, value: Json | undefined, encode: Encode): void {
  const before = writer.written;
  encode(writer, object(value));
  writer.message(field, before);
}

/** A message that holds, in its field `entry`, a `{ name = 1, value = 2 }` for each member. */
function each(writer: BackwardWriter, field: number, value: Json | undefined, entry: number, encode: Encode): void {
  if (!isObject(value)) return;
  const before = writer.written;
  for (const name of Object.keys(value).toReversed()) {
    const inner = writer.written;
    nested(writer, 2, value[name], encode);
    text(writer, 1, name);
    writer.message(entry, inner);
  }
  writer.message(field, before);
}

/** Any { yaml = 2 }, in the form that stock's encoder gives YAML. */
function any(writer: BackwardWriter, field: number, value: Json | undefined): void {
  const before = writer.written;
  writer.string(2, yamlOf(value));
  writer.message(field, before);
}

const maxTexts = 4096;
/** A document repeats few values thousands of times. */
const yamlTexts = new Map<string, string>();

function yamlOf(value: Json | undefined): string {
  const json = stringify(value);
  let text = yamlTexts.get(json);
  if (text === undefined) {
    const parsed = new Document(JSON.parse(json) as unknown);
    visit(parsed, {
      Scalar: (_, scalar) => {
        const { value: inner } = scalar;
        if (inner === '') scalar.type = Scalar.QUOTE_DOUBLE;
        // Stock quotes with single quotes what has to be quoted, also where it has some of its own.
        else if (typeof inner === 'string' && /^[^\n]*'[^\n]*$/.test(inner) && toYaml(inner).startsWith('"'))
          scalar.type = Scalar.QUOTE_SINGLE;
      },
    });
    text = parsed.toString({ lineWidth: 0, singleQuote: true, indentSeq: false });
    if (yamlTexts.size >= maxTexts) yamlTexts.clear();
    yamlTexts.set(json, text);
  }
  return text;
}

/** The `x-…` members, as NamedAny. */
function extensions(writer: BackwardWriter, field: number, value: JsonObject): void {
  for (const name of Object.keys(value).toReversed()) {
    if (!name.startsWith('x-')) continue;
    const before = writer.written;
    any(writer, 2, value[name]);
    text(writer, 1, name);
    writer.message(field, before);
  }
}

function number(writer: BackwardWriter, field: number, value: Json | undefined): void {
  if (typeof value === 'number') writer.double(field, value);
}

function integer(writer: BackwardWriter, field: number, value: Json | undefined): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value !== 0) writer.varint(field, value);
}

function schema(writer: BackwardWriter, value: JsonObject): void {
  extensions(writer, 31, value);
  each(writer, 25, value['properties'], 1, schema);
  for (const part of list(value['allOf']).toReversed()) nested(writer, 24, part, schema);
  if (value['items'] !== undefined)
    nested(writer, 23, value['items'], (inner, items) => nested(inner, 1, items, schema));
  if (value['type'] !== undefined) {
    const before = writer.written;
    if (Array.isArray(value['type'])) texts(writer, 1, value['type']);
    else text(writer, 1, value['type']);
    writer.message(22, before);
  }
  additionalProperties(writer, value['additionalProperties']);
  for (const item of list(value['enum']).toReversed()) any(writer, 20, item);
  texts(writer, 19, value['required']);
  integer(writer, 18, value['minProperties']);
  integer(writer, 17, value['maxProperties']);
  flag(writer, 16, value['uniqueItems']);
  integer(writer, 15, value['minItems']);
  integer(writer, 14, value['maxItems']);
  text(writer, 13, value['pattern']);
  integer(writer, 12, value['minLength']);
  integer(writer, 11, value['maxLength']);
  flag(writer, 10, value['exclusiveMinimum']);
  number(writer, 9, value['minimum']);
  flag(writer, 8, value['exclusiveMaximum']);
  number(writer, 7, value['maximum']);
  number(writer, 6, value['multipleOf']);
  if (value['default'] !== undefined) any(writer, 5, value['default']);
  text(writer, 4, value['description']);
  text(writer, 3, value['title']);
  text(writer, 2, value['format']);
  text(writer, 1, value['$ref']);
}

function additionalProperties(writer: BackwardWriter, value: Json | undefined): void {
  if (value === undefined) return;
  const before = writer.written;
  if (typeof value === 'boolean') writer.varint(2, value ? 1 : 0);
  else nested(writer, 1, value, schema);
  writer.message(21, before);
}

/** SecurityDefinitions with API keys in headers, and which of them requests need. */
function security(writer: BackwardWriter, document: JsonObject): void {
  each(writer, 13, document['securityDefinitions'], 1, (item, definition) => {
    nested(item, 2, definition, (key, { type, name, in: place, description }) => {
      text(key, 4, description);
      text(key, 3, place);
      text(key, 2, name);
      text(key, 1, type);
    });
  });
  for (const requirement of list(document['security']).toReversed())
    nested(writer, 12, requirement, (inner, names) => {
      for (const name of Object.keys(names).toReversed()) {
        const before = inner.written;
        nested(inner, 2, {}, () => undefined);
        text(inner, 1, name);
        inner.message(1, before);
      }
    });
}

/** ParametersItem: a parameter or a reference to one. */
function parameter(writer: BackwardWriter, value: JsonObject): void {
  const before = writer.written;
  if (value['$ref'] === undefined) {
    plainParameter(writer, value);
    writer.message(1, before);
  } else {
    text(writer, 1, value['$ref']);
    writer.message(2, before);
  }
}

function plainParameter(writer: BackwardWriter, value: JsonObject): void {
  if (value['in'] === 'body') {
    const inner = writer.written;
    if (value['schema'] !== undefined) nested(writer, 5, value['schema'], schema);
    flag(writer, 4, value['required']);
    text(writer, 3, value['in']);
    text(writer, 2, value['name']);
    text(writer, 1, value['description']);
    writer.message(1, inner);
  } else {
    const inPath = value['in'] === 'path';
    const outer = writer.written;
    const inner = writer.written;
    flag(writer, inPath ? 19 : 20, value['uniqueItems']);
    text(writer, inPath ? 6 : 7, value['format']);
    text(writer, inPath ? 5 : 6, value['type']);
    text(writer, 4, value['name']);
    text(writer, 3, value['description']);
    text(writer, 2, value['in']);
    flag(writer, 1, value['required']);
    writer.message(inPath ? 4 : 3, inner);
    writer.message(2, outer);
  }
}

function response(writer: BackwardWriter, value: JsonObject): void {
  const before = writer.written;
  if (value['schema'] !== undefined)
    nested(writer, 2, value['schema'], (inner, content) => nested(inner, 1, content, schema));
  text(writer, 1, value['description']);
  writer.message(1, before);
}

function operation(writer: BackwardWriter, value: JsonObject): void {
  extensions(writer, 13, value);
  texts(writer, 10, value['schemes']);
  each(writer, 9, value['responses'], 1, response);
  for (const item of list(value['parameters']).toReversed()) nested(writer, 8, item, parameter);
  texts(writer, 7, value['consumes']);
  texts(writer, 6, value['produces']);
  text(writer, 5, value['operationId']);
  text(writer, 3, value['description']);
  texts(writer, 1, value['tags']);
}

const methods = [
  ['patch', 8],
  ['head', 7],
  ['options', 6],
  ['delete', 5],
  ['post', 4],
  ['put', 3],
  ['get', 2],
] as const;

function pathItem(writer: BackwardWriter, value: JsonObject): void {
  for (const item of list(value['parameters']).toReversed()) nested(writer, 9, item, parameter);
  for (const [method, field] of methods)
    if (value[method] !== undefined) nested(writer, field, value[method], operation);
}
