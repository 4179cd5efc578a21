import { type Json, type JsonObject, isObject, stringify } from '../json.ts';
import type {
  AnySchema,
  FieldSchema,
  ListSchema,
  MapSchema,
  ScalarType,
  Schema,
  StructSchema,
} from '../schema/schema.ts';
import { parseDuration } from '../schema/duration.ts';
import { listMessages, type Message, messageOf } from './messages.ts';
import { magic } from './wire.ts';
import { BackwardWriter } from './writer.ts';

/** Whether a type has a protobuf form: kinds that are not built in have none. */
export function hasProtobufForm(schema: StructSchema): boolean {
  return messageOf(schema).fields.size > 0;
}

/**
 * A whole `application/vnd.kubernetes.protobuf` body, byte for byte as upstream writes it: objects, lists and Status alike. Kind and apiVersion of the envelope are
 * the object's.
 */
export function encodeProtobufObject(object: JsonObject, schema: StructSchema): Buffer {
  const writer = new BackwardWriter();
  writeEnvelope(writer, object, schema);
  return writer.finish();
}

/** One frame of a protobuf watch: its length, and a WatchEvent around the encoded object. */
export function encodeWatchFrame(type: string, encodedObject: Uint8Array): Buffer {
  const writer = new BackwardWriter(encodedObject.byteLength + 64);
  const before = writer.written;
  writer.bytesField(1, encodedObject);
  writer.message(2, before);
  writer.string(1, type);
  const length = writer.written;
  writer.bytes(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length));
  return writer.finish();
}

function writeEnvelope(writer: BackwardWriter, object: JsonObject, schema: StructSchema): void {
  writer.string(4, '');
  writer.string(3, '');
  let before = writer.written;
  writeMessage(writer, messageOf(schema), object);
  writer.message(2, before);
  before = writer.written;
  writer.string(2, textOf(object['kind']));
  writer.string(1, textOf(object['apiVersion']));
  writer.message(1, before);
  writer.bytes(magic);
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function writeMessage(writer: BackwardWriter, message: Message, object: JsonObject): void {
  for (const [number, field] of message.descending) {
    if (field.kind === 'embedded') {
      const before = writer.written;
      writeMessage(writer, field.message, object);
      writer.message(number, before);
    } else writeField(writer, number, field.field, object[field.field.name] ?? null);
  }
}

function writeField(writer: BackwardWriter, number: number, field: FieldSchema, value: Json): void {
  const { schema } = field;
  if (schema.kind === 'list') writeList(writer, number, schema, value);
  else if (schema.kind === 'map') writeMap(writer, number, schema, value);
  // What Go holds in place is written even when it is empty; bytes are a slice, and may be nil.
  else if (value !== null || (!field.pointer && !(schema.kind === 'scalar' && schema.type === 'bytes')))
    writeValue(writer, number, schema, value);
}

function writeList(writer: BackwardWriter, number: number, schema: ListSchema, value: Json): void {
  if (!Array.isArray(value)) return;
  if (schema.goType !== undefined && listMessages.has(schema.goType)) writeWrappedList(writer, number, schema, value);
  else for (let i = value.length - 1; i >= 0; i--) writeValue(writer, number, schema.items, value[i] ?? null);
}

/** `{ repeated items = 1 }`. */
function writeWrappedList(writer: BackwardWriter, number: number, schema: ListSchema, value: readonly Json[]): void {
  const before = writer.written;
  for (let i = value.length - 1; i >= 0; i--) writeValue(writer, 1, schema.items, value[i] ?? null);
  writer.message(number, before);
}

/** Entries `{ key = 1, value = 2 }` in the order of their keys. */
function writeMap(writer: BackwardWriter, number: number, schema: MapSchema, value: Json): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value).sort().reverse()) {
    const before = writer.written;
    const item = value[key] ?? null;
    if (schema.values.kind === 'list') writeWrappedList(writer, 2, schema.values, Array.isArray(item) ? item : []);
    else writeValue(writer, 2, schema.values, item);
    writer.string(1, key);
    writer.message(number, before);
  }
}

function writeValue(writer: BackwardWriter, number: number, schema: Schema, value: Json): void {
  switch (schema.kind) {
    case 'struct': {
      const before = writer.written;
      writeMessage(writer, messageOf(schema), isObject(value) ? value : {});
      writer.message(number, before);
      return;
    }
    case 'scalar':
      writeScalar(writer, number, schema.type, value);
      return;
    case 'any':
      writeAny(writer, number, schema, value);
      return;
    default:
      throw new Error('a list or map inside a list has no protobuf form');
  }
}

function writeScalar(writer: BackwardWriter, number: number, type: ScalarType, value: Json): void {
  switch (type) {
    case 'string':
      writer.string(number, textOf(value));
      return;
    case 'bytes':
      writer.bytesField(number, Buffer.from(textOf(value), 'base64'));
      return;
    case 'boolean':
      writer.varint(number, value === true ? 1 : 0);
      return;
    case 'int32':
    case 'int64':
      writer.varint(number, integerOf(value));
      return;
    case 'double':
      writer.double(number, Number(value ?? 0));
      return;
    default: {
      const before = writer.written;
      writeLeaf(writer, type, value);
      writer.message(number, before);
    }
  }
}

function integerOf(value: Json): number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value)) ? value : 0;
}

function writeLeaf(
  writer: BackwardWriter,
  type: 'time' | 'microTime' | 'quantity' | 'duration' | 'intOrString',
  value: Json,
): void {
  switch (type) {
    case 'time':
    case 'microTime': {
      if (typeof value !== 'string') return;
      const milliseconds = Date.parse(value);
      if (Number.isNaN(milliseconds)) return;
      const microseconds = type === 'microTime' ? Number(/\.(\d{6})/.exec(value)?.[1] ?? '0') : 0;
      writer.varint(2, microseconds * 1000);
      writer.varint(1, Math.floor(milliseconds / 1000));
      return;
    }
    case 'quantity':
      writer.string(1, value === null ? '0' : String(value as string));
      return;
    case 'duration':
      writer.varint(1, parseDuration(textOf(value)) ?? 0);
      return;
    case 'intOrString':
      writer.string(3, textOf(value));
      writer.varint(2, integerOf(value));
      writer.varint(1, typeof value === 'string' ? 1 : 0);
      return;
  }
}

function writeAny(writer: BackwardWriter, number: number, schema: AnySchema, value: Json): void {
  const before = writer.written;
  const { props } = schema;
  if (props === undefined) {
    if (value !== null) writer.bytesField(1, Buffer.from(stringify(value), 'utf8'));
  } else if (schema.form === 'propsOrBool') {
    if (isObject(value)) writeValue(writer, 2, props, value);
    writer.varint(1, isObject(value) || value === true ? 1 : 0);
  } else {
    for (const item of Array.isArray(value) ? value.toReversed() : [])
      if (schema.form === 'propsOrArray') writeValue(writer, 2, props, item);
      else writer.string(2, textOf(item));
    if (isObject(value)) writeValue(writer, 1, props, value);
  }
  writer.message(number, before);
}
