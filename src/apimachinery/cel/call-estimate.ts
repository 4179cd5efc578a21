import type { Expr } from './ast.ts';
import { fixed, plus, type Range, scaled, times, union, unknownSize, unlimited } from './cost.ts';
import type { SizeEstimator } from './size-hints.ts';
import { type CelType, sameType } from './type.ts';

/** An argument as the estimate of a call sees it. */
export type Sized = {
  readonly type: CelType;
  readonly path: readonly string[] | undefined;
  readonly size: Range | undefined;
  readonly expr: Expr | undefined;
};

export type CallEstimate = { readonly cost: Range; readonly size?: Range | undefined };

const perCharacter = 0.1;
const perPatternCharacter = 0.25;
const one = fixed(1);
const addressSize: Range = { min: 4, max: 16 };
const maxFormatPattern = 128;
const maxFormatSize = 64;

/** The size of an argument; unknown where nobody knows it. */
function sizeOf(node: Sized | undefined, sizes: SizeEstimator): Range {
  if (node === undefined) return unknownSize;
  return node.size ?? (node.path === undefined ? undefined : sizes(node.path)) ?? unknownSize;
}

function elementOf(node: Sized | undefined): Sized | undefined {
  const type = node?.type.parameters[0];
  if (node === undefined || type === undefined) return undefined;
  return {
    type,
    path: node.path === undefined ? undefined : [...node.path, '@items'],
    size: undefined,
    expr: undefined,
  };
}

const trivial: ReadonlySet<string> = new Set(
  (
    'serviceAccount path group resource subresource namespace name allowed reason error errored masked prefixLength ' +
    'family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast format.named sign ' +
    'asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch getScheme ' +
    'getHostname getHost getPort getEscapedPath getQuery'
  ).split(' '),
);

/** What Kubernetes says of a call; undefined for functions that CEL's own rules price. */
export function kubernetesEstimate(
  fn: string,
  overload: string,
  target: Sized | undefined,
  args: readonly Sized[],
  sizes: SizeEstimator,
): CallEstimate | undefined {
  if (trivial.has(fn)) return { cost: one };
  const size = (node: Sized | undefined): Range => sizeOf(node, sizes);
  const [first, second] = args;
  const characters = (node: Sized | undefined, factor = 1): Range => scaled(size(node), factor * perCharacter);
  switch (fn) {
    case 'check':
      return { cost: fixed(350_000) };
    case 'fieldSelector':
    case 'labelSelector':
      return args.length === 1 ? { cost: selectorCost(size(first)) } : undefined;
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return { cost: traversalCost(target, size) };
    case 'url':
    case 'jsonpatch.escapeKey':
      return args.length === 1 ? { cost: characters(first), size: size(first) } : undefined;
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return { cost: characters(target), size: size(target) };
    case 'replace':
      if (args.length < 2) return undefined;
      return { cost: characters(target, 2), size: replacedSize(size(target), size(first), size(second)) };
    case 'split':
      return { cost: characters(target, 2), size: { min: 0, max: splitLimit(second) ?? size(target).max } };
    case 'join': {
      const joined = joinedSize(target, first, size);
      return { cost: scaled(joined, perCharacter), size: joined };
    }
    case 'find':
    case 'findAll': {
      if (args.length === 0) return undefined;
      const text = scaled(plus(size(target), one), perCharacter);
      const pattern = scaled(size(first), perPatternCharacter);
      return { cost: times(text, pattern), size: { min: 0, max: size(target).max } };
    }
    case 'ip':
      if (args.length === 0 || overload === 'cidr_ip') return { cost: one };
      return { cost: characters(first) };
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return { cost: characters(first) };
    case 'ip.isCanonical':
      return { cost: characters(first, 2) };
    case 'containsIP':
    case 'containsCIDR':
      return args.length === 0 ? undefined : { cost: containsCost(fn, overload, size(first)) };
    case 'validate':
      return { cost: scaled(characters(first), maxFormatPattern * perPatternCharacter) };
    case 'sets.contains':
    case 'sets.intersects':
      return { cost: plus(times(size(first), size(second)), one) };
    case 'sets.equivalent':
      return { cost: plus(scaled(times(size(first), size(second)), 2), one) };
    case '_==_':
      return equalityEstimate(first, second);
    default:
      return undefined;
  }
}

function selectorCost(size: Range): Range {
  const requirements = scaled(scaled(size, 0.5), 50);
  return plus(plus(fixed(10), scaled(size, perCharacter)), requirements);
}

function traversalCost(target: Sized | undefined, size: (node: Sized | undefined) => Range): Range {
  const element = elementOf(target);
  if (element === undefined) return scaled(size(target), perCharacter);
  const text = element.type.kind === 'string' || element.type.kind === 'bytes';
  return times(size(target), text ? plus(one, scaled(size(element), perCharacter)) : one);
}

/** The size of a text in which something is replaced by something longer or shorter. */
function replacedSize(text: Range, old: Range, fresh: Range): Range {
  const after = (length: number): number => (length < unlimited ? length + 1 : length);
  let most: { count: number; kept: number };
  if (old.min === 0) most = { count: after(text.max), kept: text.max };
  else if (fresh.max <= old.min) most = { count: 0, kept: text.max };
  else most = { count: Math.ceil(text.max / old.min), kept: 0 };
  let least: { count: number; kept: number };
  if (old.max === 0) least = { count: after(text.min), kept: text.min };
  else if (old.max <= fresh.min) least = { count: 0, kept: text.min };
  else least = { count: Math.ceil(text.min / old.max), kept: 0 };
  return plus(times({ min: least.count, max: most.count }, fresh), { min: least.kept, max: most.kept });
}

function splitLimit(limit: Sized | undefined): number | undefined {
  const expr = limit?.expr;
  if (expr?.kind !== 'literal' || (typeof expr.value !== 'number' && typeof expr.value !== 'bigint')) return undefined;
  // A negative limit is a huge one once it has lost its sign.
  return expr.value < 0 ? unlimited : Number(expr.value);
}

function joinedSize(
  list: Sized | undefined,
  separator: Sized | undefined,
  size: (node: Sized | undefined) => Range,
): Range {
  const items = size(list);
  const element = elementOf(list);
  const texts = element === undefined ? fixed(0) : times(items, size(element));
  if (separator === undefined) return texts;
  const gaps = { min: Math.max(items.min - 1, 0), max: Math.max(items.max - 1, 0) };
  return plus(texts, times(size(separator), gaps));
}

function containsCost(fn: string, overload: string, other: Range): Range {
  let cost = scaled(plus(addressSize, addressSize), perCharacter);
  if (fn === 'containsCIDR') cost = plus(plus(cost, scaled(addressSize, perCharacter)), one);
  return overload.endsWith('_string') ? plus(cost, scaled(other, perCharacter)) : cost;
}

const comparedAtOnce: ReadonlySet<string> = new Set([
  'net.IP',
  'net.CIDR',
  'kubernetes.Quantity',
  'kubernetes.Semver',
  'kubernetes.authorization.Authorizer',
  'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck',
  'kubernetes.authorization.ResourceCheck',
  'kubernetes.authorization.Decision',
]);

function equalityEstimate(a: Sized | undefined, b: Sized | undefined): CallEstimate | undefined {
  if (a === undefined || b === undefined || !sameType(a.type, b.type)) return undefined;
  const { name } = a.type;
  if (comparedAtOnce.has(name)) return { cost: one };
  if (name === 'kubernetes.NamedFormat') return { cost: scaled({ min: 1, max: maxFormatSize }, perCharacter) };
  if (name !== 'kubernetes.URL') return undefined;
  const size = b.size === undefined ? one : union(b.size, b.size);
  return { cost: scaled({ min: 1, max: size.max }, perCharacter) };
}
