import { badRequest } from '../errors.ts';
import { type Json, type JsonObject, isObject, setOwn } from '../json.ts';
import { maxDepth, parseJson } from '../json-parse.ts';
import { formatApiVersion, type GroupVersionKind, type KubeObject, parseApiVersion } from '../object.ts';
import { decodeObject } from '../schema/decode.ts';
import { formatDuration } from '../schema/duration.ts';
import type {
  AnySchema,
  FieldSchema,
  ListSchema,
  MapSchema,
  ScalarType,
  Schema,
  StructSchema,
} from '../schema/schema.ts';
import { formatUnixTime } from '../schema/time.ts';
import { readProtobufEnvelope } from './envelope.ts';
import { listMessages, type Message, messageOf } from './messages.ts';
import { WireReader, wireType } from './wire.ts';

/**
 * Decodes a whole protobuf body: envelope and object. The object is in the form that `decodeObject` gives for its JSON.
 *
 * @param schemaFor the type of a kind, undefined when there is none.
 * @param defaults stand in for what the envelope leaves out.
 * @throws ApiError 400 with the bare texts of a stock server; how a request's error wraps them is the endpoint's business.
 */
export function decodeProtobufObject(
  bytes: Uint8Array,
  schemaFor: (gvk: GroupVersionKind) => StructSchema | undefined,
  defaults?: GroupVersionKind,
): KubeObject {
  const envelope = readProtobufEnvelope(bytes);
  const apiVersion =
    envelope.apiVersion === '' && defaults !== undefined
      ? formatApiVersion(defaults.group, defaults.version)
      : envelope.apiVersion;
  const kind = envelope.kind === '' && defaults !== undefined ? defaults.kind : envelope.kind;
  const schema = schemaFor({ ...parseApiVersion(apiVersion), kind });
  if (schema === undefined)
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    );
  return decodeProtobufMessage(envelope.raw, schema, { apiVersion, kind });
}

/** Decodes the message inside an envelope. Throws like `decodeProtobufObject`, and DecodeError for values that are not what their type says. */
export function decodeProtobufMessage(
  raw: Uint8Array,
  schema: StructSchema,
  typeMeta: { apiVersion: string; kind: string },
): KubeObject {
  const object: JsonObject = { ...typeMeta };
  new MessageReader(raw).message(messageOf(schema), object, 0);
  return decodeObject(object, schema).object;
}

class MessageReader {
  readonly #wire: WireReader;

  constructor(raw: Uint8Array) {
    this.#wire = new WireReader(raw);
  }

  /** Reads fields up to the wire's end into `object`; what is there already is merged with, as protobuf wants. */
  message(message: Message, object: JsonObject, depth: number): void {
    if (depth > maxDepth) throw badRequest('exceeded max depth');
    const wire = this.#wire;
    while (wire.next(message.goName)) {
      const found = message.fields.get(wire.field);
      if (found === undefined) wire.skip();
      else if (found.kind === 'embedded')
        this.#within(found.goName, () => this.message(found.message, object, depth + 1));
      else {
        const { field, goName } = found;
        const value = this.#field(field, goName, object[field.name], depth);
        if (value !== undefined) object[field.name] = value;
      }
    }
  }

  /** Runs `read` on the length-delimited value of the current field. */
  #within<T>(goName: string, read: () => T): T {
    const wire = this.#wire;
    this.#expect(wireType.bytes, goName);
    const outer = wire.end;
    wire.end = wire.lengthEnd();
    const result = read();
    wire.at = wire.end;
    wire.end = outer;
    return result;
  }

  #expect(type: number, goName: string): void {
    if (this.#wire.type !== type) throw badRequest(`proto: wrong wireType = ${this.#wire.type} for field ${goName}`);
  }

  #field(field: FieldSchema, goName: string, before: Json | undefined, depth: number): Json | undefined {
    const { schema } = field;
    if (schema.kind === 'list') return this.#list(schema, goName, Array.isArray(before) ? before : [], depth);
    if (schema.kind === 'map') return this.#mapEntry(schema, goName, isObject(before) ? before : {}, depth);
    return this.#value(schema, goName, before, depth);
  }

  #list(schema: ListSchema, goName: string, list: Json[], depth: number): Json[] {
    const wire = this.#wire;
    if (schema.goType !== undefined && listMessages.has(schema.goType)) {
      this.#wrappedList(schema, goName, list, depth);
      return list;
    }
    const { items } = schema;
    if (items.kind === 'scalar' && (items.type === 'int32' || items.type === 'int64') && wire.type === wireType.bytes) {
      this.#within(goName, () => {
        while (wire.at < wire.end) list.push(items.type === 'int32' ? wire.int32() : wire.int64());
      });
      return list;
    }
    list.push(this.#value(items, goName, undefined, depth) ?? null);
    return list;
  }

  /** `{ repeated items = 1 }`. */
  #wrappedList(schema: ListSchema, goName: string, list: Json[], depth: number): void {
    const wire = this.#wire;
    this.#within(goName, () => {
      while (wire.next(goName))
        if (wire.field === 1) list.push(this.#value(schema.items, 'Items', undefined, depth + 1) ?? null);
        else wire.skip();
    });
  }

  /** One entry `{ key = 1, value = 2 }`. */
  #mapEntry(schema: MapSchema, goName: string, map: JsonObject, depth: number): JsonObject {
    const wire = this.#wire;
    let key = '';
    let value: Json = null;
    this.#within(goName, () => {
      while (wire.next(goName))
        if (wire.field === 1) {
          this.#expect(wireType.bytes, goName);
          key = wire.string();
        } else if (wire.field === 2) {
          if (schema.values.kind === 'list') {
            const list: Json[] = [];
            this.#wrappedList(schema.values, goName, list, depth + 1);
            value = list;
          } else value = this.#value(schema.values, goName, undefined, depth + 1) ?? null;
        } else wire.skip();
    });
    setOwn(map, key, value);
    return map;
  }

  #value(schema: Schema, goName: string, before: Json | undefined, depth: number): Json | undefined {
    switch (schema.kind) {
      case 'struct': {
        const object = isObject(before) ? before : {};
        this.#within(goName, () => this.message(messageOf(schema), object, depth + 1));
        return object;
      }
      case 'scalar':
        return this.#scalar(schema.type, goName);
      case 'any':
        return this.#within(goName, () => this.#any(schema, depth + 1));
      default:
        throw badRequest(`proto: ${goName}: lists do not nest`);
    }
  }

  #scalar(type: ScalarType, goName: string): Json | undefined {
    const wire = this.#wire;
    switch (type) {
      case 'string':
        this.#expect(wireType.bytes, goName);
        return wire.string();
      case 'bytes':
        this.#expect(wireType.bytes, goName);
        return wire.slice().toString('base64');
      case 'boolean':
        this.#expect(wireType.varint, goName);
        return wire.int64() !== 0;
      case 'int32':
        this.#expect(wireType.varint, goName);
        return wire.int32();
      case 'int64':
        this.#expect(wireType.varint, goName);
        return wire.int64();
      case 'double':
        this.#expect(wireType.fixed64, goName);
        return wire.double();
      case 'time':
      case 'microTime':
        return this.#within(goName, () => this.#time(type === 'microTime'));
      case 'quantity':
        return this.#within(goName, () => this.#quantity());
      case 'duration':
        return this.#within(goName, () => this.#duration());
      case 'intOrString':
        return this.#within(goName, () => this.#intOrString());
    }
  }

  /** Undefined for an empty message: Go's zero time, which JSON has as null. */
  #time(micro: boolean): string | undefined {
    const wire = this.#wire;
    if (wire.at === wire.end) return undefined;
    let seconds: number | bigint = 0;
    let nanoseconds = 0;
    while (wire.next('Timestamp')) {
      if (wire.field > 2) {
        wire.skip();
        continue;
      }
      this.#expect(wireType.varint, wire.field === 1 ? 'Seconds' : 'Nanos');
      if (wire.field === 1) seconds = wire.int64();
      else nanoseconds = wire.int32();
    }
    const text = formatUnixTime(seconds, nanoseconds, micro);
    return text === '' ? undefined : text;
  }

  #quantity(): string {
    const wire = this.#wire;
    let text = '0';
    while (wire.next('Quantity'))
      if (wire.field === 1) {
        this.#expect(wireType.bytes, 'String');
        text = wire.string();
      } else wire.skip();
    return text;
  }

  #duration(): string {
    const wire = this.#wire;
    let nanoseconds: number | bigint = 0;
    while (wire.next('Duration'))
      if (wire.field === 1) {
        this.#expect(wireType.varint, 'Duration');
        nanoseconds = wire.int64();
      } else wire.skip();
    return formatDuration(BigInt(nanoseconds));
  }

  #intOrString(): string | number {
    const wire = this.#wire;
    let isText = false;
    let number = 0;
    let text = '';
    while (wire.next('IntOrString'))
      switch (wire.field) {
        case 1:
          this.#expect(wireType.varint, 'Type');
          isText = wire.int64() === 1;
          break;
        case 2:
          this.#expect(wireType.varint, 'IntVal');
          number = wire.int32();
          break;
        case 3:
          this.#expect(wireType.bytes, 'StrVal');
          text = wire.string();
          break;
        default:
          wire.skip();
      }
    return isText ? text : number;
  }

  #any(schema: AnySchema, depth: number): Json | undefined {
    const wire = this.#wire;
    const { props } = schema;
    if (props !== undefined) return this.#schemaUnion(schema, props, depth);
    let json: Uint8Array | undefined;
    while (wire.next('RawExtension'))
      if (wire.field === 1) {
        this.#expect(wireType.bytes, 'Raw');
        json = wire.slice();
      } else wire.skip();
    return json === undefined || json.byteLength === 0 ? undefined : parseJson(json).value;
  }

  /** JSONSchemaPropsOrBool { allows, schema }, …OrArray { schema, jSONSchemas }, …OrStringArray { schema, property }. */
  #schemaUnion(schema: AnySchema, props: StructSchema, depth: number): Json | undefined {
    const wire = this.#wire;
    let single: Json | undefined;
    let allows = false;
    const list: Json[] = [];
    const schemaField = schema.form === 'propsOrBool' ? 2 : 1;
    while (wire.next('JSONSchemaProps'))
      if (wire.field === schemaField) single = this.#value(props, 'Schema', undefined, depth);
      else if (wire.field > 2) wire.skip();
      else if (schema.form === 'propsOrBool') {
        this.#expect(wireType.varint, 'Allows');
        allows = wire.int64() !== 0;
      } else if (schema.form === 'propsOrArray') list.push(this.#value(props, 'JSONSchemas', undefined, depth) ?? {});
      else {
        this.#expect(wireType.bytes, 'Property');
        list.push(wire.string());
      }
    if (schema.form === 'propsOrBool') return single ?? allows;
    return list.length > 0 ? list : single;
  }
}
