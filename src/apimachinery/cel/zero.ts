import { JsonList, JsonMap } from './json-value.ts';
import { minSeconds } from './time.ts';
import { type CelValue, Double, Duration, ListValue, MapValue, OpaqueValue, Timestamp, Uint } from './values.ts';

/** Whether a value is its type's zero. As in stock, lists and maps with a schema never are. */
export function isZero(value: CelValue): boolean {
  switch (typeof value) {
    case 'string':
      return value === '';
    case 'number':
      return value === 0;
    case 'boolean':
      return !value;
    case 'bigint':
      return false;
    default:
  }
  if (value === null) return true;
  if (value instanceof JsonList || value instanceof JsonMap) return !value.hasSchema && value.size === 0;
  if (value instanceof ListValue || value instanceof MapValue) return value.size === 0;
  if (value instanceof Double) return value.value === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  if (value instanceof Timestamp) return value.seconds === minSeconds && value.nanos === 0;
  return value instanceof OpaqueValue && value.isZero();
}
