import type { Call, Expr } from './ast.ts';
import { isIn, type Key, keyOf } from './collections.ts';
import type { Implementation, Overload } from './declarations.ts';

import { type Eval, Frame } from './frame.ts';
import { binaryOperator, unaryOperator } from './operators.ts';
import { resolveChain, type Step } from './plan-attribute.ts';
import { ownerOf, prolong } from './plan-chain.ts';
import { constantPlan, type Plan, PlanError, type Planner, type Scope } from './plan-types.ts';
import { type CallCost, callCost } from './runtime-cost.ts';
import { accepts } from './runtime-match.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  ListValue,
  noSuchOverload,
  Optional,
  overloadError,
  runtimeType,
} from './values.ts';

/** Functions that are done once, when the program is made, if their argument is a constant. */
const conversions: ReadonlySet<string> = new Set(
  'bool bytes double dyn duration int string timestamp type uint'.split(' '),
);

/** The plan of a call. @throws PlanError if a constant conversion fails. */
export function planCall(planner: Planner, expr: Call, scope: Scope | undefined): Plan {
  const qualified = expr.resolved?.qualified === true;
  const parts: readonly Expr[] = expr.target === undefined || qualified ? expr.args : [expr.target, ...expr.args];
  const args = parts.map((part) => planner.plan(part, scope));
  const fn = expr.resolved?.fn ?? expr.fn;
  const overloads = expr.resolved?.overloads ?? [];
  const overload = overloads.length === 1 ? (overloads[0] ?? '') : '';
  const [a, b, c] = args;
  if (a !== undefined && b !== undefined) {
    switch (fn) {
      case '_&&_':
        return { run: and(a.run, b.run) };
      case '_||_':
        return { run: or(a.run, b.run) };
      case '_?_:_':
        return c === undefined ? constantPlan(null) : condition(a, b, c);
      case '_[_]':
        return index(parts[0], a, b, false);
      case '_[?_]':
      case '_?._':
        return index(parts[0], a, b, true);
      case 'or':
      case 'orValue':
        return { run: alternative(a.run, b.run, fn === 'orValue') };
      case '@in':
        if (overload === 'in_list' && b.constant?.value instanceof ListValue) {
          const planned = membership(a, b.constant.value);
          if (planned !== undefined) return planned;
        }
        break;
      default:
    }
  }
  const run = callOf(planner, fn, overload, overloads, args);
  return conversions.has(fn) && a?.constant !== undefined && args.length === 1 ? foldedConversion(run) : { run };
}

function foldedConversion(run: Eval): Plan {
  const value = run(new Frame({}, 0, Infinity));
  if (value instanceof CelError) throw new PlanError(value.message);
  return constantPlan(value);
}

function and(left: Eval, right: Eval): Eval {
  return (frame) => {
    const a = left(frame);
    if (a === false) return false;
    const b = right(frame);
    if (b === false) return false;
    if (a !== true) return overloadError(a);
    return b === true ? true : overloadError(b);
  };
}

function or(left: Eval, right: Eval): Eval {
  return (frame) => {
    const a = left(frame);
    if (a === true) return true;
    const b = right(frame);
    if (b === true) return true;
    if (a !== false) return overloadError(a);
    return b === false ? false : overloadError(b);
  };
}

function condition(test: Plan, yes: Plan, no: Plan): Plan {
  const [when, then, otherwise] = [test.run, branch(yes), branch(no)];
  const resolve: Eval = (frame) => {
    const value = when(frame);
    if (value === true) return then(frame);
    return value === false ? otherwise(frame) : overloadError(value);
  };
  return { run: resolve, chain: { root: { kind: 'condition', resolve }, steps: [] } };
}

/** A branch reads its chain without the cost of the root. */
function branch(plan: Plan): Eval {
  return plan.chain === undefined || plan.chain.test === true ? plan.run : resolveChain(plan.chain);
}

function index(operandExpr: Expr | undefined, operand: Plan, key: Plan, optional: boolean): Plan {
  const owner = operandExpr === undefined ? {} : ownerOf(operandExpr);
  const step: Step =
    key.constant === undefined
      ? { key: branch(key), optional, ...owner }
      : { key: key.constant.value, optional, ...owner };
  return prolong(operand, step);
}

/** `or` and `orValue` cost nothing and look at the other value only if they need it. */
function alternative(left: Eval, right: Eval, unwrap: boolean): Eval {
  return (frame) => {
    const a = left(frame);
    if (!(a instanceof Optional)) return a;
    if (a.value === undefined) return right(frame);
    return unwrap ? a.value : a;
  };
}

/** `x in [constants]` is one look into a set and costs nothing; undefined for lists of other things. */
function membership(value: Plan, list: ListValue): Plan | undefined {
  if (list.size === 0) return constantPlan(false);
  const keys = new Set<Key>();
  for (let i = 0; i < list.size; i += 1) {
    const element = list.at(i);
    if (element === null || element instanceof CelError) return undefined;
    const key = keyOf(element);
    if (key === undefined) return undefined;
    keys.add(key);
  }
  const { run } = value;
  return {
    run: (frame) => {
      const given = run(frame);
      if (typeof given === 'string') return keys.has(given);
      if (given instanceof CelError) return given;
      const key = keyOf(given);
      return key !== undefined && keys.has(key);
    },
  };
}

function callOf(
  planner: Planner,
  fn: string,
  overload: string,
  overloads: readonly string[],
  args: readonly Plan[],
): Eval {
  const cost = callCost(fn, overload);
  const [a, b, c] = args.map(({ run }) => run);
  if (a !== undefined && b === undefined) {
    const operator = unaryOperator(fn);
    if (operator !== undefined) return unary(a, operator, cost);
  }
  if (a !== undefined && b !== undefined && c === undefined) {
    if (fn === '@in') return binary(a, b, isIn, cost);
    const operator = binaryOperator(fn);
    if (operator !== undefined) return operator(a, b, cost);
  }
  const candidates = (planner.fn(fn)?.overloads ?? []).filter(({ id }) => overloads.includes(id));
  const { call, eager } = implementation(fn, candidates, args);
  if (a === undefined) {
    return (frame) => {
      frame.spend(typeof cost === 'number' ? cost : 1);
      return call(null, null, null, null);
    };
  }
  if (b === undefined) return unary(a, call, cost);
  if (c === undefined && !eager && fn !== 'format') return binary(a, b, call, cost);
  return many(
    args.map(({ run }) => run),
    call,
    cost,
  );
}

type Unary = (a: CelValue) => CelResult;
type Binary = (a: CelValue, b: CelValue) => CelResult;

function unary(arg: Eval, call: Unary | Implementation, cost: CallCost): Eval {
  return (frame) => {
    const a = arg(frame);
    const result = a instanceof CelError ? a : call(a, null, null, null);
    frame.spend(typeof cost === 'number' ? cost : cost(a, null, result));
    return result;
  };
}

function binary(left: Eval, right: Eval, call: Binary | Implementation, cost: CallCost): Eval {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    // The cost comes first: what a call makes may be as big as it is dear.
    if (typeof cost === 'number' || cost.length < 3) frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    const result = a instanceof CelError ? a : b instanceof CelError ? b : call(a, b, null, null);
    if (typeof cost !== 'number' && cost.length >= 3) frame.spend(cost(a, b, result));
    return result;
  };
}

/** A call that ends at the first error; unless that is in the last argument, it costs nothing then. */
function many(args: readonly Eval[], call: Implementation, cost: CallCost): Eval {
  const last = args.length - 1;
  return (frame) => {
    const values: CelValue[] = [];
    let failed: CelError | undefined;
    for (const arg of args) {
      const value = arg(frame);
      if (!(value instanceof CelError)) values.push(value);
      else if (values.length < last) return value;
      else failed = value;
    }
    const [a = null, b = null, c = null, d = null] = values;
    const result = failed ?? call(a, b, c, d);
    frame.spend(typeof cost === 'number' ? cost : cost(a, last === 1 && failed !== undefined ? failed : b, result));
    return result;
  };
}

/** Functions whose errors say less of the values that they do not take. */
const named: ReadonlySet<string> = new Set(['size']);
const unnamed: ReadonlySet<string> = new Set(['contains', 'endsWith', 'matches', 'startsWith']);

/** The one overload that the checker chose, or the one among several that fits the values. */
function implementation(
  fn: string,
  candidates: readonly Overload[],
  args: readonly Plan[],
): { call: Implementation; eager: boolean } {
  const prepared = candidates.map((candidate) => ({ candidate, call: preparedCall(candidate, args) }));
  const call: Implementation = (a, b, c, d) => {
    const values = [a, b, c, d];
    for (const { candidate, call: ready } of prepared) {
      if (candidate.args.every((type, i) => accepts(type, values[i] ?? null))) return ready(a, b, c, d);
    }
    if (named.has(fn)) return new CelError(`no such overload: ${fn}`);
    if (unnamed.has(fn)) return noSuchOverload;
    const types = values.slice(0, args.length).map((value) => runtimeType(value).name);
    return new CelError(`no such overload: ${fn}(${types.join(', ')})`);
  };
  // Stock makes calls with a pattern that is known beforehand anew, as calls of any number of arguments.
  return {
    call,
    eager: candidates.some(({ prepare }) => prepare !== undefined && args[prepare.argument]?.constant !== undefined),
  };
}

function preparedCall({ call, prepare }: Overload, args: readonly Plan[]): Implementation {
  const constant = prepare === undefined ? undefined : args[prepare.argument]?.constant;
  if (prepare !== undefined && constant !== undefined) {
    const ready = prepare.compile(constant.value);
    if (typeof ready === 'string') throw new PlanError(ready);
    return ready;
  }
  return call ?? (() => overloadError(null));
}
