import { EntryMap, ArrayList } from '../collections.ts';
import { toDuration, toTimestamp } from '../conversions.ts';
import {
  BOOL,
  BYTES,
  CelError,
  type CelResult,
  CelType,
  type CelValue,
  DOUBLE,
  Double,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaqueType,
  optionalOf,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
  Uint,
} from '../index.ts';
import { shortInt } from '../values.ts';

type Json = Readonly<Record<string, unknown>>;

/** A `cel.expr.Value` in JSON as a value. */
export function expectedValue(spec: unknown): CelValue {
  const value = spec as Json;
  if ('int64Value' in value) return shortInt(BigInt(value['int64Value'] as string));
  if ('uint64Value' in value) return new Uint(BigInt(value['uint64Value'] as string));
  if ('doubleValue' in value) return new Double(Number(value['doubleValue']));
  if ('stringValue' in value) return value['stringValue'] as string;
  if ('boolValue' in value) return value['boolValue'] as boolean;
  if ('nullValue' in value) return null;
  if ('bytesValue' in value) return Buffer.from(value['bytesValue'] as string, 'base64');
  if ('typeValue' in value) return namedType(value['typeValue'] as string);
  if ('listValue' in value)
    return new ArrayList((((value['listValue'] as Json)['values'] as unknown[]) ?? []).map(expectedValue));
  if ('mapValue' in value) {
    const entries = ((value['mapValue'] as Json)['entries'] ?? []) as { key: unknown; value: unknown }[];
    return certain(
      EntryMap.of(entries.map((entry) => [expectedValue(entry.key), expectedValue(entry.value)] as const)),
    );
  }
  const object = value['objectValue'] as Json | undefined;
  const text = object?.['value'];
  if (String(object?.['@type']).endsWith('Duration')) return certain(toDuration(text as string));
  if (String(object?.['@type']).endsWith('Timestamp')) return certain(toTimestamp(text as string));
  return `no value here for ${JSON.stringify(spec)}`;
}

function certain(result: CelResult): CelValue {
  if (result instanceof CelError) throw new Error(result.message);
  return result;
}

function namedType(name: string): CelType {
  return new CelType('type', name);
}

const primitives: Readonly<Record<string, CelType>> = {
  BOOL,
  INT64: INT,
  UINT64: UINT,
  DOUBLE,
  STRING,
  BYTES,
  DURATION,
  TIMESTAMP,
  ANY: DYN,
};

/** A `cel.expr.Type` in JSON as a type. */
export function typeIn(spec: unknown): CelType {
  const type = (spec ?? {}) as Json;
  if ('primitive' in type) return primitives[type['primitive'] as string] ?? DYN;
  if ('wellKnown' in type) return primitives[type['wellKnown'] as string] ?? DYN;
  if ('null' in type) return NULL;
  if ('listType' in type) return listOf(typeIn((type['listType'] as Json)['elemType']));
  if ('mapType' in type) {
    const map = type['mapType'] as Json;
    return mapOf(typeIn(map['keyType']), typeIn(map['valueType']));
  }
  if ('type' in type) return typeOf(typeIn(type['type']));
  if ('abstractType' in type) {
    const { name, parameterTypes } = type['abstractType'] as { name: string; parameterTypes?: unknown[] };
    return name === 'optional_type' ? optionalOf(typeIn(parameterTypes?.[0])) : opaqueType(name);
  }
  return DYN;
}
