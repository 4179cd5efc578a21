import { add, divide, modulo, multiply, negate, subtract } from './arithmetic.ts';
import { compare, equals } from './equality.ts';
import type { Eval } from './frame.ts';
import type { CallCost } from './runtime-cost.ts';
import type { TypeKind } from './type.ts';
import { CelError, type CelResult, type CelValue, noSuchOverload, runtimeType } from './values.ts';

type Operator = (left: Eval, right: Eval, cost: CallCost) => Eval;

/** The code of an operator with one operand. */
export function unaryOperator(fn: string): ((a: CelValue) => CelResult) | undefined {
  if (fn === '!_') return not;
  return fn === '-_' ? (a) => named(negate(a), a, fn) : undefined;
}

/** The code of an operator with two operands; the quick way is for numbers. */
export function binaryOperator(fn: string): Operator | undefined {
  return Object.hasOwn(operators, fn) ? operators[fn] : undefined;
}

const operators: Readonly<Record<string, Operator>> = {
  '_==_': (left, right, cost) => equality(left, right, cost, true),
  '_!=_': (left, right, cost) => equality(left, right, cost, false),
  '_<_': (left, right, cost) => (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === 'number' && typeof b === 'number') {
      frame.cost += 1;
      return a < b;
    }
    frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    return ordered(a, b, '_<_', (order) => order < 0);
  },
  '_<=_': (left, right, cost) => (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === 'number' && typeof b === 'number') {
      frame.cost += 1;
      return a <= b;
    }
    frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    return ordered(a, b, '_<=_', (order) => order <= 0);
  },
  '_>_': (left, right, cost) => (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === 'number' && typeof b === 'number') {
      frame.cost += 1;
      return a > b;
    }
    frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    return ordered(a, b, '_>_', (order) => order > 0);
  },
  '_>=_': (left, right, cost) => (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === 'number' && typeof b === 'number') {
      frame.cost += 1;
      return a >= b;
    }
    frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    return ordered(a, b, '_>=_', (order) => order >= 0);
  },
  '_+_': arithmetic('_+_', add),
  '_-_': arithmetic('_-_', subtract),
  '_*_': arithmetic('_*_', multiply),
  '_/_': arithmetic('_/_', divide),
  '_%_': arithmetic('_%_', modulo),
};

function not(value: CelValue): CelResult {
  return typeof value === 'boolean' ? !value : noSuchOverload;
}

function equality(left: Eval, right: Eval, cost: CallCost, wanted: boolean): Eval {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === 'number' && typeof b === 'number') {
      frame.cost += 1;
      return (a === b) === wanted;
    }
    frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    if (a instanceof CelError) return a;
    if (b instanceof CelError) return b;
    const same = equals(a, b);
    // A comparison that fails is not equal: only == hands its error on.
    if (same instanceof CelError) return wanted ? same : true;
    return same === wanted;
  };
}

function ordered(a: CelResult, b: CelResult, fn: string, holds: (order: number) => boolean): CelResult {
  if (a instanceof CelError) return a;
  if (b instanceof CelError) return b;
  const order = compare(a, b);
  return typeof order === 'number' ? holds(order) : named(order, a, fn);
}

function arithmetic(fn: string, work: (a: CelValue, b: CelValue) => CelResult): Operator {
  return (left, right, cost) => (frame) => {
    const a = left(frame);
    const b = right(frame);
    // The cost comes first: a sum of texts may be as big as it is dear.
    frame.spend(typeof cost === 'number' ? cost : cost(a, b, null));
    if (a instanceof CelError) return a;
    return b instanceof CelError ? b : named(work(a, b), a, fn);
  };
}

/** Operators that a value has no part in say so by name. */
function named(result: CelResult, first: CelValue, fn: string): CelResult {
  if (result !== noSuchOverload) return result;
  return knows(fn, first) ? result : new CelError(`no such overload: ${fn}`);
}

const arithmeticKinds: Readonly<Record<string, readonly TypeKind[]>> = {
  '_+_': ['int', 'uint', 'double', 'bytes', 'list'],
  '_-_': ['int', 'uint', 'double'],
  '_*_': ['int', 'uint', 'double'],
  '_/_': ['int', 'uint', 'double'],
  '_%_': ['int', 'uint'],
  '-_': ['int', 'double'],
};
const comparedKinds: readonly TypeKind[] = ['bool', 'bytes', 'double', 'int', 'uint'];

/** Whether a value takes part in an operator at all; texts and times answer for every function. */
function knows(fn: string, value: CelValue): boolean {
  const { kind } = runtimeType(value);
  if (kind === 'string' || kind === 'timestamp' || kind === 'duration') return true;
  return (Object.hasOwn(arithmeticKinds, fn) ? arithmeticKinds[fn] : comparedKinds)?.includes(kind) === true;
}
