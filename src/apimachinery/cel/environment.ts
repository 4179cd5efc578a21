import { childrenOf, type Expr } from './ast.ts';
import { check } from './checker.ts';
import type { FunctionDeclaration, Library } from './declarations.ts';
import type { Names } from './literal-checker.ts';
import type { Macro, MacroTable } from './macros.ts';
import { parse } from './parser.ts';
import { planProgram } from './plan.ts';
import { PlanError } from './plan-types.ts';
import { Program } from './program.ts';
import { type Issue, renderIssues } from './source.ts';
import { type CelType, ObjectType, sameType } from './type.ts';

/** Why a source is no program. */
export class CelCompileError {
  /**
   * `compile`: it does not parse or its types are wrong (stock puts `compilation failed: ` in front); `result`: it
   * gives another type than was asked for; `program`: a constant in it cannot be converted (`program instantiation
   * failed: `).
   */
  readonly stage: 'compile' | 'result' | 'program';
  readonly message: string;

  constructor(stage: CelCompileError['stage'], message: string) {
    this.stage = stage;
    this.message = message;
  }
}

export type EnvironmentOptions = {
  /** The types of variables. */
  readonly variables?: Readonly<Record<string, CelType>>;
  readonly libraries?: readonly Library[];
  /** Types that expressions may name to make values of them (`Object{…}`). */
  readonly types?: readonly ObjectType[];
};

export type CompileOptions = {
  /** The types that the result may have; any, if none are given. */
  readonly resultTypes?: readonly CelType[];
};

/** What expressions may use. Environments are immutable; extending one is cheap. */
export class Environment implements Names {
  private readonly parent: Environment | undefined;
  private readonly variables: ReadonlyMap<string, CelType>;
  private readonly functions = new Map<string, FunctionDeclaration>();
  private readonly types = new Map<string, CelType>();
  private readonly prefixes = new Set<string>();
  private readonly namers: readonly NonNullable<Library['typeNamed']>[];
  private readonly macros: MacroTable;
  private readonly validators: readonly NonNullable<Library['validate']>[];
  private readonly optionals: boolean;

  constructor(options: EnvironmentOptions = {}, parent?: Environment) {
    this.parent = parent;
    this.variables = new Map(Object.entries(options.variables ?? {}));
    const libraries = options.libraries ?? [];
    this.namers = libraries.flatMap(({ typeNamed }) => (typeNamed === undefined ? [] : [typeNamed]));
    for (const library of libraries) {
      for (const fn of library.functions ?? []) this.addFunction(fn);
      for (const type of library.types ?? []) this.types.set(type.name, type);
      for (const prefix of library.prefixes ?? []) this.prefixes.add(prefix);
    }
    for (const type of options.types ?? []) this.types.set(type.name, type);
    for (const names of [this.variables.keys(), this.functions.keys(), this.types.keys()]) {
      for (const name of names) if (name.includes('.')) this.prefixes.add(name.slice(0, name.indexOf('.')));
    }
    const own = libraries.flatMap(({ validate }) => (validate === undefined ? [] : [validate]));
    this.validators = own.length === 0 ? (parent?.validators ?? []) : [...(parent?.validators ?? []), ...own];
    this.macros = macrosOf(libraries, parent?.macros);
    this.optionals = parent?.optionals === true || libraries.some((library) => library.optionals === true);
  }

  /** An environment with more variables, functions and types. */
  extend(options: EnvironmentOptions): Environment {
    return new Environment(options, this);
  }

  private addFunction(fn: FunctionDeclaration): void {
    const known = this.functions.get(fn.name) ?? this.parent?.fn(fn.name);
    const overloads = known === undefined ? fn.overloads : [...known.overloads, ...fn.overloads];
    this.functions.set(fn.name, { name: fn.name, overloads });
  }

  variable(name: string): CelType | undefined {
    return this.variables.get(name) ?? this.parent?.variable(name);
  }

  typeNamed(name: string): CelType | undefined {
    const known = this.types.get(name) ?? this.parent?.typeNamed(name);
    if (known !== undefined || this.namers.length === 0) return known;
    for (const namer of this.namers) {
      const named = namer(name);
      if (named !== undefined) return named;
    }
    return undefined;
  }

  fn(name: string): FunctionDeclaration | undefined {
    return this.functions.get(name) ?? this.parent?.fn(name);
  }

  isPrefix(name: string): boolean {
    return this.prefixes.has(name) || this.parent?.isPrefix(name) === true;
  }

  /** Compiles a source; what is wrong with it is the result, in stock's words. */
  compile(source: string, options: CompileOptions = {}): Program | CelCompileError {
    const { expr, issues } = parse(source, { macros: this.macros, optionals: this.optionals });
    if (expr === undefined) return failed(source, issues);
    const outputType = check(expr, this, issues);
    if (issues.length === 0) for (const validate of this.validators) validate(expr, issues);
    if (issues.length > 0) return failed(source, issues);
    const { resultTypes } = options;
    if (resultTypes !== undefined && !resultTypes.some((type) => sameType(type, outputType))) {
      const names = resultTypes.map(({ text }) => text);
      const wanted = names.length === 1 ? (names[0] ?? '') : `one of [${names.join(' ')}]`;
      return new CelCompileError('result', `must evaluate to ${wanted}`);
    }
    try {
      return new Program(source, expr, outputType, planProgram(expr, this), variablesOf(expr, this));
    } catch (error) {
      if (error instanceof PlanError) return new CelCompileError('program', error.message);
      throw error;
    }
  }
}

/** Compiles a source in an environment, see {@link Environment.compile}. */
export function compile(
  source: string,
  environment: Environment,
  options: CompileOptions = {},
): Program | CelCompileError {
  return environment.compile(source, options);
}

function failed(source: string, issues: readonly Issue[]): CelCompileError {
  return new CelCompileError('compile', renderIssues(source, issues));
}

function macrosOf(libraries: readonly Library[], inherited: MacroTable | undefined): MacroTable {
  const tables = libraries.flatMap(({ macros }) => (macros === undefined ? [] : [macros]));
  if (inherited !== undefined && tables.length === 0) return inherited;
  return new Map<string, Macro>([inherited ?? new Map<string, Macro>(), ...tables].flatMap((table) => [...table]));
}

/** The variables of the environment that an expression mentions; a loop variable of the same name hides one. */
function variablesOf(root: Expr, environment: Environment): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<Expr>();
  const visit = (expr: Expr, hidden: readonly string[]): void => {
    if (expr.kind === 'ident' && !hidden.includes(expr.name) && environment.variable(expr.name) !== undefined) {
      found.add(expr.name);
    }
    if (expr.kind === 'call') {
      if (seen.has(expr)) return;
      seen.add(expr);
    }
    if (expr.kind === 'select' && expr.resolved !== undefined) {
      if (expr.resolved.constant === undefined) found.add(expr.resolved.name);
      return;
    }
    if (expr.kind !== 'comprehension') {
      for (const child of childrenOf(expr)) visit(child, hidden);
      return;
    }
    visit(expr.range, hidden);
    visit(expr.init, hidden);
    const inner = [...hidden, expr.accumulator, expr.variable, expr.variable2 ?? expr.variable];
    for (const part of [expr.condition, expr.step, expr.result]) visit(part, inner);
  };
  visit(root, []);
  return found;
}
