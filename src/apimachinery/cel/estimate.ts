import type { Call, Comprehension, Expr } from './ast.ts';
import { type CallEstimate, kubernetesEstimate, type Sized } from './call-estimate.ts';
import { fixed, noCost, plus, type Range, times, union, unknownSize, unlimited } from './cost.ts';
import { accumulator } from './macros.ts';
import { listCost, mapCost, structCost } from './runtime-cost.ts';
import { standardEstimate } from './standard-estimate.ts';
import type { SizeEstimator } from './size-hints.ts';
import { codePoints } from './source.ts';
import { type CelType, DYN, isOptionalType } from './type.ts';
import type { CelValue } from './values.ts';

/** How big the entries of a container may be. */
type Entries = { readonly kind: 'list' | 'map'; readonly key: Range; readonly value: Range };
type Local = {
  readonly name: string;
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entries: Entries | undefined;
};

const one = fixed(1);
const joining: ReadonlySet<string> = new Set(['add_string', 'add_bytes', 'add_list']);

/** What an evaluation of a checked expression costs at least and at most, as stock estimates it. */
export function estimate(expr: Expr, sizes: SizeEstimator): Range {
  return new Estimate(sizes).cost(expr);
}

class Estimate {
  private readonly sizes: SizeEstimator;
  private readonly locals: Local[] = [];
  private readonly paths = new Map<Expr, readonly string[]>();
  private readonly computed = new Map<Expr, Range>();
  private readonly entries = new Map<Expr, Entries>();
  private readonly known = new Map<Expr, Range>();

  constructor(sizes: SizeEstimator) {
    this.sizes = sizes;
  }

  cost(expr: Expr): Range {
    const known = this.known.get(expr);
    if (known !== undefined) return known;
    const cost = this.costOf(expr);
    this.known.set(expr, cost);
    return cost;
  }

  private costOf(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return noCost;
      case 'ident': {
        this.paths.set(expr, this.local(expr.name)?.path ?? [expr.name]);
        return one;
      }
      case 'select':
        return this.select(expr);
      case 'call':
        return this.call(expr);
      case 'list':
        return this.list(expr);
      case 'map':
        return this.map(expr);
      case 'struct':
        return plus(this.sum(expr.entries.map(({ value }) => value)), fixed(structCost));
      case 'comprehension':
        return expr.loop.kind === 'bind' ? this.bind(expr) : this.loop(expr);
    }
  }

  private sum(parts: readonly Expr[]): Range {
    return parts.reduce((total, part) => plus(total, this.cost(part)), noCost);
  }

  private select(expr: Expr & { kind: 'select' }): Range {
    if (expr.resolved !== undefined) {
      this.paths.set(expr, [expr.resolved.name]);
      return one;
    }
    const operand = this.cost(expr.operand);
    if (expr.test) return operand;
    const { kind } = expr.operand.type ?? DYN;
    this.paths.set(expr, [...this.path(expr.operand), expr.field]);
    return kind === 'map' || kind === 'struct' || kind === 'typeParam' ? plus(operand, one) : operand;
  }

  private list(expr: Expr & { kind: 'list' }): Range {
    const cost = this.sum(expr.elements);
    this.entries.set(expr, { kind: 'list', key: one, value: this.unionOf(expr.elements) });
    return plus(cost, fixed(listCost));
  }

  private map(expr: Expr & { kind: 'map' }): Range {
    const cost = this.sum(expr.entries.flatMap(({ key, value }) => [key, value]));
    const key = this.unionOf(expr.entries.map((entry) => entry.key));
    this.entries.set(expr, { kind: 'map', key, value: this.unionOf(expr.entries.map((entry) => entry.value)) });
    return plus(cost, fixed(mapCost));
  }

  private unionOf(parts: readonly Expr[]): Range {
    const none: Range = { min: parts.length === 0 ? 0 : unlimited, max: 0 };
    return parts.reduce((range, part) => union(range, this.sizeOrUnknown(part)), none);
  }

  private bind(expr: Comprehension): Range {
    let cost = plus(this.cost(expr.range), this.cost(expr.init));
    this.pushValue(expr.accumulator, expr.init);
    cost = plus(cost, this.cost(expr.result));
    this.locals.pop();
    this.copySizes(expr, expr.result);
    return cost;
  }

  private loop(expr: Comprehension): Range {
    let cost = plus(this.cost(expr.range), this.cost(expr.init));
    this.pushValue(expr.accumulator, expr.init);
    const entries = this.entriesOf(expr.range);
    const container = entries?.kind ?? expr.range.type?.kind;
    const path = this.path(expr.range);
    const iterate = (name: string, part: string, size: Range | undefined): void => {
      this.locals.push({ name, path: [...path, part], size, entries: undefined });
    };
    if (expr.variable2 === undefined) {
      if (container === 'list') iterate(expr.variable, '@items', entries?.value);
      else iterate(expr.variable, '@keys', entries?.key);
    } else {
      iterate(expr.variable, container === 'list' ? '@indices' : '@keys', entries?.key);
      iterate(expr.variable2, container === 'list' ? '@items' : '@values', entries?.value);
    }
    const step = plus(this.cost(expr.condition), this.cost(expr.step));
    this.locals.length -= expr.variable2 === undefined ? 1 : 2;
    cost = plus(cost, this.cost(expr.result));
    this.locals.pop();
    const count = this.sizeOrUnknown(expr.range);
    cost = plus(cost, times(count, step));
    if (expr.init.kind === 'literal') {
      this.setSize(expr, this.size(expr.init));
    } else {
      this.setSize(expr, count);
      const made = this.entriesOf(expr.step);
      if (made !== undefined) this.entries.set(expr, made);
    }
    return cost;
  }

  private call(expr: Call): Range {
    const [first] = expr.args;
    if (expr.fn === 'dyn' && first !== undefined) {
      const cost = this.cost(first);
      this.copySizes(expr, first);
      return plus(one, cost);
    }
    const costs = expr.args.map((arg) => this.cost(arg));
    const args = expr.args.map((arg) => this.node(arg));
    const overloads = expr.resolved?.overloads ?? [];
    if (overloads.length === 0) return noCost;
    const member = expr.target !== undefined && expr.resolved?.qualified !== true;
    let cost = noCost;
    let target: Sized | undefined;
    if (member && expr.target !== undefined) {
      cost = this.cost(expr.target);
      target = this.node(expr.target);
    }
    let fnCost: Range = { min: unlimited, max: 0 };
    let size: Range | undefined;
    for (const overload of overloads) {
      const estimated = this.overload(expr, overload, target, args, costs);
      fnCost = union(fnCost, estimated.cost);
      if (estimated.size !== undefined) size = size === undefined ? estimated.size : union(size, estimated.size);
      if (overload === 'index_list' || overload === 'index_map') {
        if (first === undefined) continue;
        size = this.entriesOf(first)?.value;
        this.paths.set(expr, [...this.path(first), overload === 'index_list' ? '@items' : '@values']);
      }
      size ??= this.size(expr);
    }
    this.setSize(expr, size);
    return plus(cost, fnCost);
  }

  private overload(
    expr: Call,
    overload: string,
    target: Sized | undefined,
    args: readonly Sized[],
    costs: readonly Range[],
  ): CallEstimate {
    const paid = costs.reduce(plus, noCost);
    const fn = expr.resolved?.fn ?? expr.fn;
    const known = kubernetesEstimate(fn, overload, target, args, this.sizes);
    if (known !== undefined) return { cost: plus(known.cost, paid), size: known.size };
    const [a, b, c] = args;
    if (overload === 'conditional') {
      const [when = noCost, yes = noCost, no = noCost] = costs;
      this.joinEntries(expr, b?.expr, c?.expr);
      return { cost: plus(when, union(yes, no)), size: union(b?.size ?? unknownSize, c?.size ?? unknownSize) };
    }
    if (overload === 'logical_or' || overload === 'logical_and') {
      const [left = noCost, right = noCost] = costs;
      return { cost: { min: left.min, max: plus(left, right).max } };
    }
    if (joining.has(overload)) this.joinEntries(expr, a?.expr, b?.expr);
    const priced = standardEstimate(overload, target, args);
    return { cost: plus(priced.cost, paid), size: priced.size };
  }

  private joinEntries(expr: Expr, a: Expr | undefined, b: Expr | undefined): void {
    const x = a === undefined ? undefined : this.entriesOf(a);
    const y = b === undefined ? undefined : this.entriesOf(b);
    if (x === undefined || y === undefined) return;
    this.entries.set(expr, { kind: x.kind, key: union(x.key, y.key), value: union(x.value, y.value) });
  }

  private node(expr: Expr): Sized {
    const path = this.path(expr);
    const known = path.length > 0 && path[0] !== accumulator ? path : undefined;
    return { type: expr.type ?? DYN, path: known, size: this.size(expr), expr };
  }

  private local(name: string): Local | undefined {
    return this.locals.findLast((local) => local.name === name);
  }

  private pushValue(name: string, expr: Expr): void {
    const [path, size, entries] = [this.path(expr), this.size(expr), this.entriesOf(expr)];
    this.locals.push({ name, path, size, entries });
  }

  private path(expr: Expr): readonly string[] {
    if (expr.kind === 'ident') {
      const local = this.local(expr.name);
      if (local !== undefined) return local.path;
    }
    return this.paths.get(expr) ?? [];
  }

  private setSize(expr: Expr, size: Range | undefined): void {
    if (size !== undefined) this.computed.set(expr, size);
  }

  private copySizes(to: Expr, from: Expr): void {
    this.setSize(to, this.size(from));
    const entries = this.entriesOf(from);
    if (entries !== undefined) this.entries.set(to, entries);
  }

  private entriesOf(expr: Expr): Entries | undefined {
    return this.entries.get(expr) ?? (expr.kind === 'ident' ? this.local(expr.name)?.entries : undefined);
  }

  private sizeOrUnknown(expr: Expr): Range {
    return this.size(expr) ?? unknownSize;
  }

  private size(expr: Expr): Range | undefined {
    const known = this.computed.get(expr) ?? sizeOfForm(expr);
    if (known !== undefined) return known;
    const estimated = this.sizes(this.path(expr));
    if (estimated !== undefined) {
      this.computed.set(expr, estimated);
      return estimated;
    }
    if (isScalar(expr.type ?? DYN)) return one;
    return expr.kind === 'ident' ? this.local(expr.name)?.size : undefined;
  }
}

/** The size that an expression shows by itself. */
function sizeOfForm(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return fixed(expr.elements.length);
  if (expr.kind === 'map') return fixed(expr.entries.length);
  return expr.kind === 'literal' ? fixed(sizeOfLiteral(expr.value)) : undefined;
}

function sizeOfLiteral(value: CelValue): number {
  if (typeof value === 'string') return codePoints(value);
  return value instanceof Uint8Array ? value.length : 1;
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true;
    default:
      return isOptionalType(type) && isScalar(type.parameters[0] ?? DYN);
  }
}
