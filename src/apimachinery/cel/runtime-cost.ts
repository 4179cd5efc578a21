import { codePoints } from './source.ts';
import { type CelResult, ListValue, MapValue, OpaqueValue, Optional } from './values.ts';

/** What a call costs, from its arguments and its result. */
export type CallCost = number | ((a: CelResult, b: CelResult, result: CelResult) => number);

/** Costs of the parts of a program, in stock's unit. */
export const listCost = 10;
export const mapCost = 30;
export const structCost = 40;

const perCharacter = 0.1;
const perPatternCharacter = 0.25;
const listPlusStruct = listCost + structCost;

/** The size of a value as costs count it. */
export function sizeOf(value: CelResult): number {
  if (typeof value === 'string') return codePoints(value);
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof ListValue || value instanceof MapValue) return value.size;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof OpaqueValue) return value.costSize();
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value);
  return 1;
}

function characters(value: CelResult): number {
  return Math.ceil(sizeOf(value) * perCharacter);
}

/** What comparing two values costs. */
export function comparisonCost(a: CelResult, b: CelResult): number {
  if (typeof a !== 'string' || typeof b !== 'string') return Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * perCharacter);
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length <= 10) return short.length === 0 ? 0 : 1;
  const points = codePoints(short);
  // A text has at least half as many characters as units: the longer one need not be counted if it is far longer.
  return Math.ceil((long.length >= 2 * points ? points : Math.min(points, codePoints(long))) * perCharacter);
}

function equalityCost(a: CelResult, b: CelResult): number {
  return a instanceof OpaqueValue ? 1 : comparisonCost(a, b);
}

function patternCost(text: CelResult, pattern: CelResult): number {
  return Math.ceil((1 + sizeOf(text)) * perCharacter) * Math.ceil(sizeOf(pattern) * perPatternCharacter);
}

/** The bytes and elements that a walk over all of a value passes. */
function traversal(value: CelResult): number {
  if (typeof value === 'string') return Math.trunc(Buffer.byteLength(value) * perCharacter);
  if (value instanceof Uint8Array) return Math.trunc(value.length * perCharacter);
  let cost = 0;
  if (value instanceof ListValue) {
    for (let i = 0; i < value.size; i += 1) cost += traversal(value.at(i));
    return cost;
  }
  if (value instanceof MapValue) {
    for (const key of value.keys()) cost += traversal(key) + traversal(value.find(key) ?? null);
    return cost;
  }
  return 1;
}

function selectorCost(_target: CelResult, selector: CelResult): number {
  const size = sizeOf(selector);
  return listCost + Math.ceil(size * perCharacter) + Math.ceil(Math.ceil(size * 0.5) * listPlusStruct);
}

const containsIp =
  (text: boolean): CallCost =>
  (network, other) => {
    const size = sizeOf(network);
    return Math.ceil((size + size) * perCharacter) + (text ? characters(other) : 0);
  };

const containsCidr =
  (text: boolean): CallCost =>
  (network, other) => {
    const size = sizeOf(network);
    const masks = Math.ceil((size + size) * perCharacter) + Math.ceil(size * perCharacter) + 1;
    return masks + (text ? characters(other) : 0);
  };

const first: CallCost = (a) => characters(a);
const twice: CallCost = (a) => Math.ceil(sizeOf(a) * 2 * perCharacter);

/** Costs by the name of a function: Kubernetes' own numbers, which come before those of an overload. */
const byFunction: Readonly<Record<string, CallCost>> = {
  check: 350_000,
  fieldSelector: selectorCost,
  labelSelector: selectorCost,
  ...same((a) => traversal(a), 'isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'),
  ...same(first, 'url', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'jsonpatch.escapeKey'),
  ...same(first, 'cidr', 'isIP', 'isCIDR', 'ip', 'quantity', 'isQuantity', 'semver', 'isSemver'),
  ...same(twice, 'replace', 'split', 'ip.isCanonical'),
  join: (_a, _b, result) => Math.ceil(sizeOf(result) * 2 * perCharacter),
  ...same(patternCost, 'find', 'findAll'),
  containsIP: containsIp(false),
  containsCIDR: containsCidr(false),
  validate: (format, text) => {
    const pattern = format instanceof OpaqueValue ? format.costSize() : 1;
    return Math.ceil((1 + sizeOf(text)) * perCharacter) * Math.ceil(pattern * perPatternCharacter);
  },
  '_==_': equalityCost,
  '_!=_': comparisonCost,
  ...same((a, b) => 1 + sizeOf(a) * sizeOf(b), 'sets.contains', 'sets.intersects'),
  'sets.equivalent': (a, b) => 1 + sizeOf(a) * sizeOf(b) * 2,
};

/** Costs by overload, for functions that have no cost of their own above. */
const byOverload: Readonly<Record<string, CallCost>> = {
  ...same(first, 'starts_with_string', 'ends_with_string', 'string_to_bytes', 'bytes_to_string'),
  ...same(first, 'strings_quote', 'string_format'),
  in_list: (_a, b) => sizeOf(b),
  ...same(comparisonCost, 'less_string', 'greater_string', 'less_equals_string', 'greater_equals_string'),
  ...same(comparisonCost, 'less_bytes', 'greater_bytes', 'less_equals_bytes', 'greater_equals_bytes'),
  ...same((a, b) => Math.ceil((sizeOf(a) + sizeOf(b)) * perCharacter), 'add_string', 'add_bytes'),
  matches_string: patternCost,
  contains_string: (a, b) => characters(a) * characters(b),
};

/** Costs that an overload changes within a function. */
const exceptions: Readonly<Record<string, CallCost>> = {
  cidr_ip: 1,
  cidr_contains_ip_string: containsIp(true),
  cidr_contains_cidr_string: containsCidr(true),
};

/** What a call costs; the overload is '' where it is only known at run time. */
export function callCost(fn: string, overload: string): CallCost {
  for (const [table, key] of [
    [exceptions, overload],
    [byFunction, fn],
    [byOverload, overload],
  ] as const) {
    const cost = Object.hasOwn(table, key) ? table[key] : undefined;
    if (cost !== undefined) return cost;
  }
  return 1;
}

function same(cost: CallCost, ...names: readonly string[]): Record<string, CallCost> {
  return Object.fromEntries(names.map((name) => [name, cost]));
}
