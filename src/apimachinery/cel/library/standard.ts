import { toBool, toBytes, toDouble, toDuration, toInt, toText, toTimestamp, toUint } from '../conversions.ts';
import {
  declare,
  type FunctionDeclaration,
  type Implementation,
  type Library,
  method,
  type Overload,
  overload,
} from '../declarations.ts';
import { work } from '../effort.ts';
import { standardMacros } from '../macros.ts';
import { patternCheck, regexMatches } from '../regex.ts';
import { type ClockPart, clockPart } from '../time.ts';
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  LIST,
  listOf,
  MAP,
  mapOf,
  NULL,
  STRING,
  TIMESTAMP,
  TYPE,
  typeOf,
  typeParam,
  UINT,
} from '../type.ts';
import { codePoints } from '../source.ts';
import {
  type CelResult,
  type CelValue,
  Duration,
  ListValue,
  MapValue,
  noSuchOverload,
  runtimeType,
  shortInt,
  Timestamp,
} from '../values.ts';
import { operators } from './operators.ts';

const A = typeParam('A');
const B = typeParam('B');
const listOfA = listOf(A);
const mapOfAB = mapOf(A, B);

/** The length of a text in code points, of bytes, of a list or a map. */
function size(value: CelValue): CelResult {
  if (typeof value === 'string') {
    work(value.length);
    return codePoints(value);
  }
  if (value instanceof ListValue || value instanceof MapValue) return value.size;
  return value instanceof Uint8Array ? value.length : noSuchOverload;
}

function conversion(
  name: string,
  call: Implementation,
  result: CelType,
  ...from: readonly [string, CelType][]
): FunctionDeclaration {
  return declare(name, ...from.map(([id, type]) => overload(id, [type], result, call)));
}

const conversions: readonly FunctionDeclaration[] = [
  conversion('bool', toBool, BOOL, ['bool_to_bool', BOOL], ['string_to_bool', STRING]),
  conversion('bytes', toBytes, BYTES, ['bytes_to_bytes', BYTES], ['string_to_bytes', STRING]),
  conversion(
    'double',
    toDouble,
    DOUBLE,
    ['double_to_double', DOUBLE],
    ['int64_to_double', INT],
    ['string_to_double', STRING],
    ['uint64_to_double', UINT],
  ),
  conversion(
    'duration',
    toDuration,
    DURATION,
    ['duration_to_duration', DURATION],
    ['int64_to_duration', INT],
    ['string_to_duration', STRING],
  ),
  conversion('dyn', (value) => value, DYN, ['to_dyn', A]),
  conversion(
    'int',
    toInt,
    INT,
    ['int64_to_int64', INT],
    ['double_to_int64', DOUBLE],
    ['duration_to_int64', DURATION],
    ['string_to_int64', STRING],
    ['timestamp_to_int64', TIMESTAMP],
    ['uint64_to_int64', UINT],
  ),
  conversion(
    'string',
    toText,
    STRING,
    ['string_to_string', STRING],
    ['bool_to_string', BOOL],
    ['bytes_to_string', BYTES],
    ['double_to_string', DOUBLE],
    ['duration_to_string', DURATION],
    ['int64_to_string', INT],
    ['timestamp_to_string', TIMESTAMP],
    ['uint64_to_string', UINT],
  ),
  conversion(
    'timestamp',
    toTimestamp,
    TIMESTAMP,
    ['timestamp_to_timestamp', TIMESTAMP],
    ['int64_to_timestamp', INT],
    ['string_to_timestamp', STRING],
  ),
  conversion(
    'uint',
    toUint,
    UINT,
    ['uint64_to_uint64', UINT],
    ['double_to_uint64', DOUBLE],
    ['int64_to_uint64', INT],
    ['string_to_uint64', STRING],
  ),
  declare(
    'type',
    overload('type', [A], typeOf(A), (value) => runtimeType(value)),
  ),
];

const textPair = [STRING, STRING] as const;

/** A function of two texts. */
export function onTexts(work: (a: string, b: string) => CelResult): Implementation {
  return (a, b) => (typeof a === 'string' && typeof b === 'string' ? work(a, b) : noSuchOverload);
}

const texts: readonly FunctionDeclaration[] = [
  declare(
    'contains',
    method(
      'contains_string',
      textPair,
      BOOL,
      onTexts((a, b) => a.includes(b)),
    ),
  ),
  declare(
    'endsWith',
    method(
      'ends_with_string',
      textPair,
      BOOL,
      onTexts((a, b) => a.endsWith(b)),
    ),
  ),
  declare(
    'startsWith',
    method(
      'starts_with_string',
      textPair,
      BOOL,
      onTexts((a, b) => a.startsWith(b)),
    ),
  ),
  declare(
    'matches',
    overload('matches', textPair, BOOL, onTexts(regexMatches), patternCheck),
    method('matches_string', textPair, BOOL, onTexts(regexMatches), patternCheck),
  ),
];

function clock(name: ClockPart, id: string, duration?: Overload): FunctionDeclaration {
  const utc: Implementation = (moment) =>
    moment instanceof Timestamp ? clockPart(name, moment, 'UTC') : noSuchOverload;
  const zoned: Implementation = (moment, zone) =>
    moment instanceof Timestamp && typeof zone === 'string' ? clockPart(name, moment, zone) : noSuchOverload;
  return declare(
    name,
    method(`timestamp_to_${id}`, [TIMESTAMP], INT, utc),
    method(`timestamp_to_${id}_with_tz`, [TIMESTAMP, STRING], INT, zoned),
    ...(duration === undefined ? [] : [duration]),
  );
}

function span(unit: string, nanos: bigint): Overload {
  return method(`duration_to_${unit}`, [DURATION], INT, (value) =>
    value instanceof Duration ? shortInt(value.nanos / nanos) : noSuchOverload,
  );
}

const times: readonly FunctionDeclaration[] = [
  clock('getFullYear', 'year'),
  clock('getMonth', 'month'),
  clock('getDayOfYear', 'day_of_year'),
  clock('getDayOfMonth', 'day_of_month'),
  clock('getDate', 'day_of_month_1_based'),
  clock('getDayOfWeek', 'day_of_week'),
  clock('getHours', 'hours', span('hours', 3_600_000_000_000n)),
  clock('getMinutes', 'minutes', span('minutes', 60_000_000_000n)),
  clock('getSeconds', 'seconds', span('seconds', 1_000_000_000n)),
  clock('getMilliseconds', 'milliseconds', span('milliseconds', 1_000_000n)),
];

/** The language itself: operators, conversions, texts, times. */
export const standardLibrary: Library = {
  functions: [
    ...operators,
    declare(
      'size',
      overload('size_bytes', [BYTES], INT, size),
      method('bytes_size', [BYTES], INT, size),
      overload('size_list', [listOfA], INT, size),
      method('list_size', [listOfA], INT, size),
      overload('size_map', [mapOfAB], INT, size),
      method('map_size', [mapOfAB], INT, size),
      overload('size_string', [STRING], INT, size),
      method('string_size', [STRING], INT, size),
    ),
    ...conversions,
    ...texts,
    ...times,
  ],
  types: [BOOL, BYTES, DOUBLE, DURATION, INT, LIST, MAP, NULL, STRING, TIMESTAMP, TYPE, UINT],
  macros: standardMacros,
};
