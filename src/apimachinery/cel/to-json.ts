import { type Json, type JsonObject, setOwn } from '../json.ts';
import { elementsOf, StructValue } from './collections.ts';
import { toText } from './conversions.ts';
import { JsonList, JsonMap } from './json-value.ts';
import { CelType } from './type.ts';
import {
  CelError,
  type CelValue,
  Double,
  Duration,
  ListValue,
  MapValue,
  OpaqueValue,
  Optional,
  Timestamp,
  Uint,
} from './values.ts';

/** A value as JSON: times and bytes as texts, integers beyond 2^53 as bigint; undefined where it has no form there. */
export function toJson(value: CelValue): Json | undefined {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof JsonList || value instanceof JsonMap) return value.raw as Json;
  if (value instanceof ListValue) return listJson(value);
  if (value instanceof MapValue) return mapJson(value);
  if (value instanceof Double) return Number.isFinite(value.value) ? value.value : undefined;
  if (value instanceof Uint) return value.value <= Number.MAX_SAFE_INTEGER ? Number(value.value) : value.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Optional) return value.value === undefined ? undefined : toJson(value.value);
  if (value instanceof OpaqueValue) {
    const text = value.toJson();
    return typeof text === 'string' ? text : undefined;
  }
  if (value instanceof Timestamp || value instanceof Duration) {
    const text = toText(value);
    return text instanceof CelError ? undefined : toJson(text);
  }
  return value instanceof CelType ? value.name : undefined;
}

function listJson(list: ListValue): Json | undefined {
  const elements = elementsOf(list);
  if (elements instanceof CelError) return undefined;
  const items: Json[] = [];
  for (const element of elements) {
    const item = toJson(element);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** Maps whose keys are no texts have no form in JSON. */
function mapJson(map: MapValue): Json | undefined {
  const object: JsonObject = {};
  const keys = map instanceof StructValue ? [...map.fields.keys()] : map.keys();
  for (const key of keys) {
    const value = map.find(key);
    if (typeof key !== 'string' || value instanceof CelError || value === undefined) return undefined;
    const json = toJson(value);
    if (json === undefined) return undefined;
    setOwn(object, key, json);
  }
  return object;
}
