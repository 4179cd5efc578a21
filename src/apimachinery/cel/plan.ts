import type { Expr } from './ast.ts';
import { ArrayList, EntryMap, StructValue } from './collections.ts';
import type { FunctionDeclaration } from './declarations.ts';
import { type Eval, Frame } from './frame.ts';
import type { Step } from './plan-attribute.ts';
import { planCall } from './plan-call.ts';
import { chainPlan, ownerOf, prolong } from './plan-chain.ts';
import { planLoop } from './plan-loop.ts';
import { constantPlan, type Plan, type Planner, type Scope } from './plan-types.ts';
import { listCost, mapCost, structCost } from './runtime-cost.ts';
import { type CelType, DYN, ERROR } from './type.ts';
import { CelError, type CelResult, type CelValue, Optional } from './values.ts';

/** A program: its code and how many slots its loops need. */
export type Planned = { readonly run: Eval; readonly slots: number };

/** What the plan of a checked expression needs to know. */
export type PlanNames = {
  variable(name: string): CelType | undefined;
  fn(name: string): FunctionDeclaration | undefined;
};

/** Turns a checked expression into closures. @throws PlanError where a constant conversion fails. */
export function planProgram(expr: Expr, names: PlanNames): Planned {
  const planner = new ProgramPlanner(names);
  const { run } = planner.plan(expr, undefined);
  return { run, slots: planner.slots };
}

class ProgramPlanner implements Planner {
  slots = 0;
  private readonly names: PlanNames;
  private readonly planned = new Map<Expr, Plan>();

  constructor(names: PlanNames) {
    this.names = names;
  }

  fn(name: string): FunctionDeclaration | undefined {
    return this.names.fn(name);
  }

  slot(scope: Scope | undefined): number {
    let slot = 0;
    for (let at = scope; at !== undefined; at = at.parent) slot += 1;
    this.slots = Math.max(this.slots, slot + 1);
    return slot;
  }

  plan(expr: Expr, scope: Scope | undefined): Plan {
    // An expression that a macro put in two places stands in the same scope in both.
    const known = this.planned.get(expr);
    if (known !== undefined) return known;
    const plan = this.make(expr, scope);
    if (expr.kind === 'call' || expr.kind === 'comprehension') this.planned.set(expr, plan);
    return plan;
  }

  private make(expr: Expr, scope: Scope | undefined): Plan {
    switch (expr.kind) {
      case 'literal':
        return constantPlan(expr.value);
      case 'ident':
        return expr.constant === undefined ? this.name(expr.name, scope) : constantPlan(expr.constant);
      case 'select':
        return this.select(expr, scope);
      case 'call':
        return planCall(this, expr, scope);
      case 'list':
        return this.list(expr, scope);
      case 'map':
        return this.map(expr, scope);
      case 'struct':
        return this.struct(expr, scope);
      case 'comprehension':
        return planLoop(this, expr, scope);
    }
  }

  private name(name: string, scope: Scope | undefined): Plan {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    for (let at = scope; at !== undefined; at = at.parent) if (at.name === plain) return chainPlan(at.root);
    return chainPlan({ kind: 'variable', name: plain, type: this.names.variable(plain) ?? ERROR });
  }

  private select(expr: Expr & { kind: 'select' }, scope: Scope | undefined): Plan {
    if (expr.resolved !== undefined) {
      const { name, constant } = expr.resolved;
      return constant === undefined ? this.name(name, scope) : constantPlan(constant);
    }
    const operand = this.plan(expr.operand, scope);
    const step: Step = { key: expr.field, optional: false, ...ownerOf(expr.operand) };
    return prolong(operand, step, expr.test);
  }

  private list(expr: Expr & { kind: 'list' }, scope: Scope | undefined): Plan {
    const elements = expr.elements.map((element) => this.plan(element, scope));
    const { optionals } = expr;
    const build: Eval = (frame) => {
      const values: CelValue[] = [];
      for (let i = 0; i < elements.length; i += 1) {
        const value = elements[i]?.run(frame) ?? null;
        if (value instanceof CelError) return value;
        if (!optionals.has(i)) values.push(value);
        else if (!(value instanceof Optional)) return notOptional('list element');
        else if (value.value !== undefined) values.push(value.value);
      }
      return new ArrayList(values);
    };
    return folded(elements, build, listCost);
  }

  private map(expr: Expr & { kind: 'map' }, scope: Scope | undefined): Plan {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.plan(key, scope),
      value: this.plan(value, scope),
      optional,
    }));
    const build: Eval = (frame) => {
      const pairs: [CelValue, CelValue][] = [];
      for (const entry of entries) {
        const key = entry.key.run(frame);
        if (key instanceof CelError) return key;
        const value = entry.value.run(frame);
        if (value instanceof CelError) return value;
        if (!entry.optional) pairs.push([key, value]);
        else if (!(value instanceof Optional)) return notOptional('entry');
        else if (value.value !== undefined) pairs.push([key, value.value]);
      }
      return EntryMap.of(pairs);
    };
    return folded(
      entries.flatMap(({ key, value }) => [key, value]),
      build,
      mapCost,
    );
  }

  private struct(expr: Expr & { kind: 'struct' }, scope: Scope | undefined): Plan {
    const type = expr.type ?? DYN;
    const entries = expr.entries.map(({ name, value, optional }) => ({
      name,
      value: this.plan(value, scope),
      optional,
    }));
    const build: Eval = (frame) => {
      const fields = new Map<string, CelValue>();
      for (const entry of entries) {
        const value: CelResult = entry.value.run(frame);
        if (value instanceof CelError) return value;
        if (!entry.optional) fields.set(entry.name, value);
        else if (!(value instanceof Optional)) return notOptional('entry');
        else if (value.value !== undefined) fields.set(entry.name, value.value);
      }
      return new StructValue(type, fields);
    };
    return { run: costing(build, structCost) };
  }
}

function costing(build: Eval, cost: number): Eval {
  return (frame) => {
    const value = build(frame);
    frame.spend(cost);
    return value;
  };
}

/** A literal of constants is a constant. */
function folded(parts: readonly Plan[], build: Eval, cost: number): Plan {
  const run = costing(build, cost);
  if (parts.some(({ constant }) => constant === undefined)) return { run };
  const value = build(new Frame({}, 0, Infinity));
  return value instanceof CelError ? { run } : constantPlan(value);
}

function notOptional(what: string): CelError {
  return new CelError(`cannot initialize optional ${what} from non-optional value`);
}
