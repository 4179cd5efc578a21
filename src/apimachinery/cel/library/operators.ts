import { declare, type FunctionDeclaration, type Overload, overload } from '../declarations.ts';
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  INT,
  listOf,
  mapOf,
  STRING,
  TIMESTAMP,
  typeParam,
  UINT,
} from '../type.ts';

const A = typeParam('A');
const B = typeParam('B');
const listOfA = listOf(A);
const mapOfAB = mapOf(A, B);

/** The names that types have in the names of overloads. */
const wide: Readonly<Record<string, CelType>> = {
  bytes: BYTES,
  double: DOUBLE,
  duration: DURATION,
  int64: INT,
  string: STRING,
  timestamp: TIMESTAMP,
  uint64: UINT,
};

function same(prefix: string, ...names: readonly string[]): Overload[] {
  return names.map((name) => {
    const type = wide[name] ?? A;
    return overload(`${prefix}_${name}`, [type, type], type);
  });
}

/** Comparisons of equal types, and of numbers of any types. */
function comparison(fn: string, prefix: string): FunctionDeclaration {
  const between = (id: string, a: CelType, b: CelType): Overload => overload(`${prefix}_${id}`, [a, b], BOOL);
  return declare(
    fn,
    between('bool', BOOL, BOOL),
    between('int64', INT, INT),
    between('int64_double', INT, DOUBLE),
    between('int64_uint64', INT, UINT),
    between('uint64', UINT, UINT),
    between('uint64_double', UINT, DOUBLE),
    between('uint64_int64', UINT, INT),
    between('double', DOUBLE, DOUBLE),
    between('double_int64', DOUBLE, INT),
    between('double_uint64', DOUBLE, UINT),
    between('string', STRING, STRING),
    between('bytes', BYTES, BYTES),
    between('timestamp', TIMESTAMP, TIMESTAMP),
    between('duration', DURATION, DURATION),
  );
}

/** The operators; the planner knows what they do. */
export const operators: readonly FunctionDeclaration[] = [
  declare('_?_:_', overload('conditional', [BOOL, A, A], A)),
  declare('_&&_', overload('logical_and', [BOOL, BOOL], BOOL)),
  declare('_||_', overload('logical_or', [BOOL, BOOL], BOOL)),
  declare('!_', overload('logical_not', [BOOL], BOOL)),
  declare('@not_strictly_false', overload('not_strictly_false', [BOOL], BOOL)),
  declare('_==_', overload('equals', [A, A], BOOL)),
  declare('_!=_', overload('not_equals', [A, A], BOOL)),
  declare(
    '_+_',
    ...same('add', 'bytes', 'double'),
    overload('add_duration_duration', [DURATION, DURATION], DURATION),
    overload('add_duration_timestamp', [DURATION, TIMESTAMP], TIMESTAMP),
    overload('add_timestamp_duration', [TIMESTAMP, DURATION], TIMESTAMP),
    ...same('add', 'int64'),
    overload('add_list', [listOfA, listOfA], listOfA),
    ...same('add', 'string', 'uint64'),
  ),
  declare('_/_', ...same('divide', 'double', 'int64', 'uint64')),
  declare('_%_', ...same('modulo', 'int64', 'uint64')),
  declare('_*_', ...same('multiply', 'double', 'int64', 'uint64')),
  declare('-_', overload('negate_double', [DOUBLE], DOUBLE), overload('negate_int64', [INT], INT)),
  declare(
    '_-_',
    ...same('subtract', 'double'),
    overload('subtract_duration_duration', [DURATION, DURATION], DURATION),
    ...same('subtract', 'int64'),
    overload('subtract_timestamp_duration', [TIMESTAMP, DURATION], TIMESTAMP),
    overload('subtract_timestamp_timestamp', [TIMESTAMP, TIMESTAMP], DURATION),
    ...same('subtract', 'uint64'),
  ),
  comparison('_<_', 'less'),
  comparison('_<=_', 'less_equals'),
  comparison('_>_', 'greater'),
  comparison('_>=_', 'greater_equals'),
  declare('_[_]', overload('index_list', [listOfA, INT], A), overload('index_map', [mapOfAB, A], B)),
  declare('@in', overload('in_list', [A, listOfA], BOOL), overload('in_map', [A, mapOfAB], BOOL)),
];
