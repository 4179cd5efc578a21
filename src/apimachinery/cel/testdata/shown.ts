import { toText } from '../conversions.ts';
import {
  type CelResult,
  CelError,
  CelType,
  Double,
  Duration,
  ListValue,
  MapValue,
  OpaqueValue,
  Optional,
  Timestamp,
  Uint,
} from '../index.ts';
import { goString } from '../../go-syntax.ts';

/** A value as the recorded answers of stock spell it: with the type of everything that JSON cannot tell apart. */
export function shown(value: CelResult): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') {
    return `${value}`;
  }
  if (typeof value === 'string') return goJson(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Double) return `d${text(value)}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`;
  if (value instanceof Timestamp || value instanceof Duration) return `t:${text(value)}`;
  if (value instanceof Optional)
    return value.value === undefined ? 'optional.none()' : `optional(${shown(value.value)})`;
  if (value instanceof ListValue) {
    return `[${Array.from({ length: value.size }, (_, index) => shown(value.at(index))).join(',')}]`;
  }
  if (value instanceof MapValue) {
    const entries = value.keys().map((key) => `${shown(key)}:${shown(value.find(key) ?? null)}`);
    return `{${entries.sort((a, b) => (a < b ? -1 : 1)).join(',')}}`;
  }
  if (value instanceof CelType) return `type:${value.name}`;
  if (value instanceof CelError) return `error ${value.message}`;
  return `<${value.celType.name}>${opaqueText(value)}`;
}

function opaqueText(value: OpaqueValue): string {
  const json = value.toJson();
  return typeof json === 'string' ? json : '';
}

function text(value: Double | Timestamp | Duration): string {
  const result = toText(value);
  return typeof result === 'string' ? result : goString('?');
}

/** JSON as Go writes it: also what HTML could take for its own is escaped. */
function goJson(value: string): string {
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
