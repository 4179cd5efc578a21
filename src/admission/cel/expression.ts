import {
  type Activation,
  type Budget,
  CelCompileError,
  CelCostExceeded,
  CelError,
  type CelType,
  type CelValue,
  type Environment,
  type Program,
} from '../../apimachinery/cel/index.ts';

/** An expression, or why it is none in stock's words. */
export type Compiled = { readonly source: string; readonly program: Program | undefined; readonly error: string };

/** What an expression came to: its value, or why it came to none. */
export type Evaluated = { readonly value: CelValue; readonly error?: undefined } | { readonly error: string };

const stages = { compile: 'compilation failed: ', result: '', program: 'program instantiation failed: ' } as const;

/** Compiles an expression that must come to one of the types. */
export function compileFor(environment: Environment, source: string, resultTypes: readonly CelType[]): Compiled {
  const program = environment.compile(source);
  if (program instanceof CelCompileError)
    return { source, program: undefined, error: `${stages[program.stage]}${program.message}` };
  const { text } = program.outputType;
  if (resultTypes.length === 0 || resultTypes.some((type) => type.text === text)) return { source, program, error: '' };
  const names = resultTypes.map((type) => type.text);
  const wanted = names.length === 1 ? (names[0] ?? '') : `one of [${names.join(' ')}]`;
  return { source, program: undefined, error: `must evaluate to ${wanted} but got ${text}` };
}

/**
 * Evaluates an expression.
 * @throws CelCostExceeded when the budget is spent, after which nothing more may be evaluated.
 */
export function evaluate({ source, program, error }: Compiled, activation: Activation, budget: Budget): Evaluated {
  if (program === undefined) return { error: `compilation error: ${error}` };
  try {
    const result = program.run(activation, budget);
    return result instanceof CelError ? failed(source, result.message) : { value: result };
  } catch (thrown) {
    if (thrown instanceof CelCostExceeded && thrown.scope === 'call') return failed(source, thrown.message);
    throw thrown;
  }
}

function failed(source: string, why: string): Evaluated {
  return { error: `expression '${source}' resulted in error: ${why}` };
}
