import type { CelType } from './type.ts';
import {
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

/** Whether a value may be an argument of a type; what lists and maps hold does not matter. */
export function accepts(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'list':
      return value instanceof ListValue;
    case 'map':
      return value instanceof MapValue;
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
