import type { Comprehension, Expr } from './ast.ts';
import { ArrayList, EntryMap, type Key, keyOf } from './collections.ts';
import type { Eval, Frame } from './frame.ts';
import { JsonList } from './json-value.ts';
import { type Root, shown, unset } from './plan-attribute.ts';
import type { Plan, Planner, Scope } from './plan-types.ts';
import { listCost } from './runtime-cost.ts';
import { CelType, DYN, INT, ObjectType, type TypeKind } from './type.ts';
import {
  CelError,
  type CelResult,
  type CelValue,
  ListValue,
  MapValue,
  noSuchOverload,
  overloadError,
  runtimeType,
} from './values.ts';

/**
 * The plan of a loop. Each macro has code of its own; what it adds to the cost is what the loop in CEL's terms, as the
 * macro spells it, costs in stock.
 */
export function planLoop(planner: Planner, expr: Comprehension, scope: Scope | undefined): Plan {
  if (expr.loop.kind === 'bind') return planBinding(planner, expr, scope);
  const range = planner.plan(expr.range, scope).run;
  const [first, second] = variableTypes(expr);
  // The slot of the accumulator stands for nothing here but keeps slots and scopes in step.
  const accumulator: Scope = {
    parent: scope,
    name: expr.accumulator,
    root: { kind: 'slot', slot: planner.slot(scope), type: DYN },
  };
  const one = variable(planner, accumulator, expr.variable, first);
  const inner = expr.variable2 === undefined ? one : variable(planner, one, expr.variable2, second);
  const items = iteration(expr, range, slotOf(one), expr.variable2 === undefined ? undefined : slotOf(inner), first);
  const part = (inside: Expr): Plan => planner.plan(inside, inner);
  const { loop } = expr;
  switch (loop.kind) {
    case 'all':
    case 'exists':
      return { run: quantifier(items, part(loop.predicate).run, loop.kind === 'exists') };
    case 'existsOne':
      return { run: existsOne(items, part(loop.predicate).run) };
    case 'list': {
      const filter = loop.filter === undefined ? undefined : part(loop.filter).run;
      const element = part(loop.element);
      return { run: list(items, filter, element.run, element.constant === undefined ? listCost : 0) };
    }
    case 'entries': {
      const filter = loop.filter === undefined ? undefined : part(loop.filter).run;
      return { run: entries(items, filter, [part(loop.key).run, part(loop.value).run], putOne) };
    }
    case 'merge': {
      const filter = loop.filter === undefined ? undefined : part(loop.filter).run;
      return { run: entries(items, filter, [part(loop.entry).run], putAll) };
    }
  }
}

function planBinding(planner: Planner, expr: Comprehension, scope: Scope | undefined): Plan {
  const init = planner.plan(expr.init, scope).run;
  const slot = planner.slot(scope);
  const root: Root = { kind: 'slot', slot, type: expr.init.type ?? DYN, init };
  const { run } = planner.plan(expr.result, { parent: scope, name: expr.accumulator, root });
  return {
    run: (frame) => {
      frame.slots[slot] = unset;
      return run(frame);
    },
  };
}

function variable(planner: Planner, parent: Scope, name: string, type: CelType): Scope {
  return { parent, name, root: { kind: 'slot', slot: planner.slot(parent), type } };
}

function slotOf({ root }: Scope): number {
  return root.kind === 'slot' ? root.slot : 0;
}

function variableTypes(expr: Comprehension): [CelType, CelType] {
  const [a = DYN, b = DYN] = expr.range.type?.parameters ?? [];
  if (expr.range.type?.kind !== 'list') return [a, b];
  return expr.variable2 === undefined ? [a, DYN] : [INT, a];
}

/** Walks a range: prepares the slots of the variables and calls the body until it says to stop. */
type Items = (frame: Frame, body: () => boolean) => CelError | undefined;

function iteration(expr: Comprehension, range: Eval, slot: number, slot2: number | undefined, element: CelType): Items {
  // Structs are read field by field from the JSON, so no value is made of the whole.
  const raw = element instanceof ObjectType && slot2 === undefined;
  return (frame, body) => {
    const over = range(frame);
    const { slots } = frame;
    if (over instanceof ListValue) {
      const items = raw && over instanceof JsonList ? over.raw : over instanceof ArrayList ? over.values : undefined;
      const { size } = over;
      for (let i = 0; i < size; i += 1) {
        const item: unknown = items === undefined ? over.at(i) : items[i];
        if (slot2 === undefined) {
          slots[slot] = item;
        } else {
          slots[slot] = i;
          slots[slot2] = item;
        }
        if (!body()) return undefined;
      }
      return undefined;
    }
    if (over instanceof CelError) return over;
    if (!(over instanceof MapValue)) return notIterable(over, expr.variable2 !== undefined);
    for (const key of over.keys()) {
      slots[slot] = key;
      if (slot2 !== undefined) slots[slot2] = over.find(key);
      if (!body()) return undefined;
    }
    return undefined;
  };
}

/** The types of values in stock's code, which one of its errors names. */
const goNames: Readonly<Partial<Record<TypeKind, string>>> = {
  bool: 'types.Bool',
  int: 'types.Int',
  uint: 'types.Uint',
  double: 'types.Double',
  string: 'types.String',
  bytes: 'types.Bytes',
  timestamp: 'types.Timestamp',
  duration: 'types.Duration',
  null: 'types.Null',
  type: '*types.Type',
};

function notIterable(value: CelValue, two: boolean): CelError {
  const { kind, name } = runtimeType(value);
  const type = goNames[kind] ?? (name === 'optional_type' ? '*types.Optional' : name);
  return new CelError(two ? `unsupported comprehension range type: ${type}` : `got '${type}', expected iterable type`);
}

function quantifier(items: Items, predicate: Eval, exists: boolean): Eval {
  // Reading the accumulator, asking whether it is decided (and for exists: its negation), reading it for the step.
  const decide = exists ? 3 : 2;
  return (frame) => {
    let result: CelResult = !exists;
    const problem = items(frame, () => {
      frame.spend(decide);
      if (result === exists) return false;
      frame.cost += 1;
      const value = predicate(frame);
      if (value === exists) result = exists;
      else if (result === !exists && value !== !exists) result = overloadError(value);
      return true;
    });
    if (problem !== undefined) return problem;
    frame.spend(1);
    return result;
  };
}

function existsOne(items: Items, predicate: Eval): Eval {
  return (frame) => {
    let count = 0;
    let failed: CelError | undefined;
    const problem = items(frame, () => {
      const value = predicate(frame);
      if (value === true) {
        frame.cost += 2;
        count += 1;
      } else if (value !== false) {
        failed = overloadError(value);
      }
      return within(frame);
    });
    if (problem !== undefined) return problem;
    frame.spend(2);
    return failed ?? count === 1;
  };
}

function list(items: Items, filter: Eval | undefined, element: Eval, elementCost: number): Eval {
  return (frame) => {
    const values: CelValue[] = [];
    let failed: CelError | undefined;
    const problem = items(frame, () => {
      const wanted = filter === undefined ? true : filter(frame);
      if (wanted === true) {
        frame.cost += 1;
        const value = element(frame);
        frame.spend(elementCost + 1);
        if (value instanceof CelError) failed ??= value;
        else if (failed === undefined) values.push(value);
      } else if (wanted !== false) {
        failed = overloadError(wanted);
      }
      return within(frame);
    });
    if (problem !== undefined) return problem;
    frame.spend(1);
    return failed ?? new ArrayList(values);
  };
}

type Entries = Map<Key, readonly [CelValue, CelValue]>;

function entries(
  items: Items,
  filter: Eval | undefined,
  parts: readonly Eval[],
  put: (entries: Entries, values: readonly CelValue[]) => CelError | undefined,
): Eval {
  return (frame) => {
    const made: Entries = new Map();
    let failed: CelError | undefined;
    const problem = items(frame, () => {
      const wanted = filter === undefined ? true : filter(frame);
      if (wanted === false) return within(frame);
      if (wanted !== true) {
        failed = overloadError(wanted);
        return within(frame);
      }
      frame.spend(1);
      // With three arguments a call ends at the first error, and then costs nothing.
      if (failed !== undefined && parts.length === 2) return true;
      const values = parts.map((part) => part(frame));
      frame.spend(1);
      const wrong = values.find((value) => value instanceof CelError);
      if (wrong instanceof CelError) failed ??= wrong;
      else failed ??= put(made, values as readonly CelValue[]);
      return true;
    });
    if (problem !== undefined) return problem;
    frame.spend(1);
    return failed ?? new EntryMap(made);
  };
}

function putOne(made: Entries, [key = null, value = null]: readonly CelValue[]): CelError | undefined {
  const plain = keyOf(key);
  if (plain === undefined) return new CelError(`unsupported key type: ${runtimeType(key).name}`);
  if (made.has(plain)) return new CelError(`insert failed: key ${shown(key)} already exists`);
  made.set(plain, [key, value]);
  return undefined;
}

function putAll(made: Entries, [map = null]: readonly CelValue[]): CelError | undefined {
  if (!(map instanceof MapValue)) return noSuchOverload;
  for (const key of map.keys()) {
    const value = map.find(key) ?? null;
    const problem = value instanceof CelError ? value : putOne(made, [key, value]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A body that costs too little to notice still ends with its budget. */
function within(frame: Frame): true {
  frame.spend(0);
  return true;
}
