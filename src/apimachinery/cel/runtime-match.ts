import type { CelType } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  ListValue,
  MapValue,
  OpaqueValue,
  Optional,
  runtimeType,
  Timestamp,
  Uint,
} from './values.ts';

/** Whether a value may be an argument of a type; of what lists and maps hold, the first counts. */
export function accepts(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'list':
      return value instanceof ListValue && (value.size === 0 || acceptsPart(type.parameters[0], value.at(0)));
    case 'map':
      return value instanceof MapValue && acceptsEntry(type, value);
    case 'double':
      return value instanceof Double;
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'opaque':
    case 'struct':
      return value instanceof Optional
        ? type.name === 'optional_type'
        : value instanceof OpaqueValue && value.celType.name === type.name;
    case 'null':
      return value === null;
    case 'type':
      return runtimeType(value).kind === 'type';
    default:
      return true;
  }
}

function acceptsPart(type: CelType | undefined, value: CelResult): boolean {
  if (type === undefined || isAny(type)) return true;
  return !(value instanceof CelError) && accepts(type, value);
}

function acceptsEntry(type: CelType, map: MapValue): boolean {
  const [keyType, valueType] = type.parameters;
  if (isAny(keyType) && isAny(valueType)) return true;
  const key = map.keys()[0];
  if (key === undefined) return true;
  return acceptsPart(keyType, key) && acceptsPart(valueType, map.find(key) ?? null);
}

function isAny(type: CelType | undefined): boolean {
  return type === undefined || type.kind === 'dyn' || type.kind === 'typeParam';
}
