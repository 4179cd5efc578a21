import type { Expr } from './ast.ts';
import type { Issue } from './source.ts';
import type { CelType } from './type.ts';
import type { MacroTable } from './macros.ts';
import type { CelResult, CelValue } from './values.ts';

/** What a function does with values of the types of its overload; arguments it does not take are null. */
export type Implementation = (a: CelValue, b: CelValue, c: CelValue, d: CelValue) => CelResult;

/** One signature of a function. */
export type Overload = {
  readonly id: string;
  readonly member: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  readonly generic: boolean;
  /** None for the operators that the planner knows itself. */
  readonly call?: Implementation;
  /** Takes whatever its argument came to, errors too. */
  readonly prepare?: PatternCheck;
};

/** Reads an argument that is a constant once, when a program is made; throws a string of what is wrong with it. */
export type PatternCheck = {
  readonly argument: number;
  readonly compile: (constant: CelValue) => Implementation | string;
};

export type FunctionDeclaration = { readonly name: string; readonly overloads: readonly Overload[] };

/** A set of functions, types and macros that an environment takes in. */
export type Library = {
  readonly functions?: readonly FunctionDeclaration[];
  /** Names that stand for types. */
  readonly types?: readonly CelType[];
  /** Types that are made of their names, and what such names begin with. */
  readonly typeNamed?: (name: string) => CelType | undefined;
  readonly prefixes?: readonly string[];
  readonly macros?: MacroTable;
  /** Looks for what the checker lets pass but can only be a mistake. */
  readonly validate?: (expr: Expr, issues: Issue[]) => void;
  /** Turns on `.?`, `[?` and optional elements of literals. */
  readonly optionals?: boolean;
};

/** A function with its signatures. */
export function declare(name: string, ...overloads: readonly Overload[]): FunctionDeclaration {
  return { name, overloads };
}

/** A signature `name(args)`. */
export function overload(
  id: string,
  args: readonly CelType[],
  result: CelType,
  call?: Implementation,
  prepare?: PatternCheck,
): Overload {
  const generic = result.isGeneric || args.some((arg) => arg.isGeneric);
  return {
    id,
    member: false,
    args,
    result,
    generic,
    ...(call === undefined ? {} : { call }),
    ...(prepare === undefined ? {} : { prepare }),
  };
}

/** A signature `target.name(args)`; the first type is the target's. */
export function method(
  id: string,
  args: readonly CelType[],
  result: CelType,
  call?: Implementation,
  prepare?: PatternCheck,
): Overload {
  return { ...overload(id, args, result, call, prepare), member: true };
}
