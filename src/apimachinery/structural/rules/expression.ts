import {
  BOOL,
  Budget,
  CelCompileError,
  CelCostExceeded,
  CelError,
  type CelResult,
  type CelType,
  type Environment,
  fromJson,
  kubernetesEnvironment,
  newMinor,
  Optional,
  sizesOf,
  storedMinor,
  STRING,
} from '../../cel/index.ts';
import { optionalOf } from '../../cel/type.ts';
import type { Json } from '../../json.ts';

/** An expression over a value (`self`) and what it was (`oldSelf`). */
export type CompiledExpression = {
  readonly usesOldSelf: boolean;
  /** Estimated cost of an evaluation over the largest value that the type allows. */
  readonly maxCost: number;
  /** `old` undefined: there is no earlier state. */
  evaluate(self: Json, old: Json | undefined): { readonly result: CelResult; readonly cost: number };
};

/** What an expression is compiled for. */
export type ExpressionOptions = {
  readonly self: CelType;
  /** `oldSelf` may be missing. */
  readonly optionalOldSelf: boolean;
  readonly result: 'bool' | 'string';
  /** It has been accepted before: it may use what this release brought, which a new one may not yet. */
  readonly stored: boolean;
};

/** Why an expression cannot be used: it does not compile, comes to another type, or has a constant that cannot be read. */
export type Compilation = CompiledExpression | { readonly error: string; readonly stage: CelCompileError['stage'] };

/** Compiles an expression over `self` and `oldSelf`. What is wrong with it is the result. */
export function compileExpression(text: string, options: ExpressionOptions): Compilation {
  const { self, optionalOldSelf } = options;
  const program = environmentOf(options).compile(text, { resultTypes: [options.result === 'bool' ? BOOL : STRING] });
  if (program instanceof CelCompileError) return { error: program.message, stage: program.stage };
  const usesOldSelf = program.variables.has('oldSelf');
  return {
    usesOldSelf,
    maxCost: program.estimateCost(sizesOf(self)).max,
    evaluate(value, old) {
      const budget = new Budget(Number.MAX_SAFE_INTEGER);
      const oldSelf = usesOldSelf ? earlier(old, self, optionalOldSelf) : undefined;
      try {
        const result = program.run(oldSelf === undefined ? { self: value } : { self: value, oldSelf }, budget);
        return { result, cost: budget.spent };
      } catch (error) {
        if (!(error instanceof CelCostExceeded)) throw error;
        return { result: new CelError(error.message), cost: budget.spent };
      }
    },
  };
}

function earlier(old: Json | undefined, type: CelType, optional: boolean): unknown {
  if (!optional) return old;
  if (old === undefined) return Optional.none;
  const value = fromJson(old, type);
  return value instanceof CelError ? value : Optional.of(value);
}

const environments = new WeakMap<CelType, Map<string, Environment>>();

/** The rules of a node share its environments. */
function environmentOf({ self, optionalOldSelf, stored }: ExpressionOptions): Environment {
  let known = environments.get(self);
  if (known === undefined) environments.set(self, (known = new Map<string, Environment>()));
  const key = `${optionalOldSelf} ${stored}`;
  let environment = known.get(key);
  if (environment === undefined) {
    const oldSelf = optionalOldSelf ? optionalOf(self) : self;
    environment = kubernetesEnvironment(stored ? storedMinor : newMinor).extend({ variables: { self, oldSelf } });
    known.set(key, environment);
  }
  return environment;
}
