import {
  APPLY_OBJECT,
  BOOL,
  CelCompileError,
  type CelType,
  DYN,
  type Environment,
  JSON_PATCH,
  listOf,
  NULL,
  type Program,
  STRING,
} from '../../../apimachinery/cel/index.ts';
import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { admissionEnvironment, withVariables } from './environment.ts';

/** An expression, or why it is none in stock's words. */
export type Compiled = {
  readonly source: string;
  readonly program: Program | undefined;
  readonly error: string;
  /** The error is no mistake of the author's. */
  readonly internal: boolean;
};

const stages = { compile: 'compilation failed: ', result: '', program: 'program instantiation failed: ' } as const;

/** Compiles an expression that must come to one of the types; to any, if none are given. */
export function compileFor(environment: Environment, source: string, resultTypes: readonly CelType[]): Compiled {
  const program = environment.compile(source);
  if (program instanceof CelCompileError) {
    const error = `${stages[program.stage]}${program.message}`;
    return { source, program: undefined, error, internal: program.stage === 'program' };
  }
  const text = shown(program.outputType);
  const names = resultTypes.map(shown);
  if (names.length === 0 || names.includes(text)) return { source, program, error: '', internal: false };
  const wanted = names.length === 1 ? (names[0] ?? '') : `one of [${names.join(' ')}]`;
  return { source, program: undefined, error: `must evaluate to ${wanted} but got ${text}`, internal: false };
}

function shown({ kind, name, text }: CelType): string {
  return kind === 'null' ? name : text;
}

/** What an expression is for: which type it must come to. */
export type ExpressionUse = 'condition' | 'message' | 'annotation' | 'variable' | 'apply' | 'patch';

const resultTypes: Readonly<Record<ExpressionUse, readonly CelType[]>> = {
  condition: [BOOL],
  message: [STRING],
  annotation: [STRING, NULL],
  variable: [],
  apply: [APPLY_OBJECT],
  patch: [listOf(JSON_PATCH)],
};

export type Variable = { readonly name?: string; readonly expression?: string };

/**
 * Compiles the expressions of one policy. Variables may be used by what comes after them; those that do not compile may hold anything. `accepted`: expressions
 * that may use what only stored ones may.
 */
export class PolicyCompiler {
  readonly #params: boolean;
  readonly #accepted: (expression: string) => boolean;
  readonly #variables: Record<string, CelType> = {};
  #composes = false;

  constructor(options: {
    readonly params: boolean;
    readonly accepted: (expression: string) => boolean;
  }) {
    this.#params = options.params;
    this.#accepted = options.accepted;
  }

  /** Policies with variables have `variables` everywhere, those without nowhere. */
  composes(): void {
    this.#composes = true;
  }

  /** Adds a variable; later expressions may use it. */
  addVariable({ name = '', expression = '' }: Variable): Compiled {
    this.#composes = true;
    const compiled = this.compile(expression, 'variable');
    this.#variables[name] = compiled.program?.outputType ?? DYN;
    return compiled;
  }

  compile(expression: string, use: ExpressionUse): Compiled {
    const plain = admissionEnvironment({
      params: this.#params,
      authorizer: use !== 'message',
      stored: this.#accepted(expression),
      mutates: use === 'apply' || use === 'patch',
    });
    const environment = this.#composes ? withVariables(plain, { ...this.#variables }) : plain;
    return compileFor(environment, expression, resultTypes[use]);
  }
}

/** The error of a field that holds an expression; undefined: it compiles. `shown`: the value as the error prints it. */
export function expressionError(compiled: Compiled, path: string, shown = compiled.source): FieldError | undefined {
  if (compiled.program !== undefined) return undefined;
  if (compiled.internal) return { type: 'InternalError', field: path, detail: compiled.error };
  return fieldError.invalid(path, shown, compiled.error);
}
