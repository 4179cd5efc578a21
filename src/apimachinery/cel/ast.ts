import type { CelType } from './type.ts';
import type { CelValue } from './values.ts';

type Node = {
  /** Where the node's own token begins in the source. */
  readonly at: number;
  /** Set by the checker. */
  type?: CelType;
};

/** A constant. */
export type Literal = Node & { readonly kind: 'literal'; readonly value: CelValue };
/** A name; the checker says what a name that is not a variable stands for. */
export type Ident = Node & { readonly kind: 'ident'; readonly name: string; constant?: CelValue };
/** A field of an operand, or (`test`) whether there is one. A qualified name resolves to a constant or a variable. */
export type Select = Node & {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  readonly test: boolean;
  resolved?: { readonly name: string; readonly constant?: CelValue };
};
/** A call; operators are calls of functions with names such as `_+_`. */
export type Call = Node & {
  readonly kind: 'call';
  readonly fn: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
  /** Set by the checker: the name after qualification, whether the target was part of it, the overloads that fit. */
  resolved?: { readonly fn: string; readonly qualified: boolean; readonly overloads: readonly string[] };
};
export type ListExpr = Node & {
  readonly kind: 'list';
  readonly elements: readonly Expr[];
  readonly optionals: ReadonlySet<number>;
};
export type MapEntry = { readonly at: number; readonly key: Expr; readonly value: Expr; readonly optional: boolean };
export type MapExpr = Node & { readonly kind: 'map'; readonly entries: readonly MapEntry[] };
export type StructEntry = {
  readonly at: number;
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
};
export type StructExpr = Node & {
  readonly kind: 'struct';
  readonly name: string;
  readonly entries: readonly StructEntry[];
};

/** What a macro made: the loop in CEL's own terms, which the checker and the cost estimate read, and how to run it. */
export type Comprehension = Node & {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly variable: string;
  readonly variable2: string | undefined;
  readonly accumulator: string;
  readonly init: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
  readonly loop: Loop;
};

/** The shape of a loop, by the macro that wrote it, with the parts that the user wrote. */
export type Loop =
  | { readonly kind: 'all' | 'exists' | 'existsOne'; readonly predicate: Expr }
  | { readonly kind: 'list'; readonly filter: Expr | undefined; readonly element: Expr }
  | { readonly kind: 'entries'; readonly filter: Expr | undefined; readonly key: Expr; readonly value: Expr }
  | { readonly kind: 'merge'; readonly filter: Expr | undefined; readonly entry: Expr }
  | { readonly kind: 'bind' };

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension;

/** The expressions directly inside one. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case 'list':
      return expr.elements;
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.entries.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result];
  }
}

/** The dotted name that an expression of names and fields spells, if it does. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.test) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}
