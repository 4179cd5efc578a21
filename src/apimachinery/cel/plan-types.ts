import type { Expr } from './ast.ts';
import type { FunctionDeclaration } from './declarations.ts';
import type { Eval } from './frame.ts';
import type { Chain, Root } from './plan-attribute.ts';
import type { CelValue } from './values.ts';

/** A part of a program: how to run it, and what is known of it before. */
export type Plan = {
  readonly run: Eval;
  /** Its value, where that does not depend on the evaluation; it costs nothing then. */
  readonly constant?: { readonly value: CelValue };
  /** Where it reads a chain, which further fields may prolong. */
  readonly chain?: Chain;
};

/** The names that a part of a program may use. */
export type Scope = { readonly parent: Scope | undefined; readonly name: string; readonly root: Root };

/** What the planners of the kinds of expressions ask of each other. */
export type Planner = {
  plan(expr: Expr, scope: Scope | undefined): Plan;
  fn(name: string): FunctionDeclaration | undefined;
  /** A slot of the frame for a loop variable within a scope. */
  slot(scope: Scope | undefined): number;
};

/** Thrown while a program is made of an expression whose types are right: a constant that cannot be converted. */
export class PlanError extends Error {}

/** The plan of a constant. */
export function constantPlan(value: CelValue): Plan {
  return { run: () => value, constant: { value } };
}
