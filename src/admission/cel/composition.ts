import {
  type Activation,
  type Budget,
  CelError,
  type CelResult,
  type CelValue,
  MapValue,
} from '../../apimachinery/cel/index.ts';
import type { Compiled } from '../../api/admissionregistration.k8s.io/expressions/compile.ts';

/** A policy's variables by name, in order. */
export type CompiledVariables = ReadonlyMap<string, Compiled>;

/** The value of `variables`: each is worked out when it is first read, at the cost of whoever reads it. */
export class VariablesValue extends MapValue {
  readonly #compiled: CompiledVariables;
  readonly #budget: Budget;
  readonly #known = new Map<string, CelResult>();
  #activation: Activation = {};

  constructor(compiled: CompiledVariables, budget: Budget) {
    super();
    this.#compiled = compiled;
    this.#budget = budget;
  }

  /** An activation in which `variables` is this. */
  in(activation: Activation): Activation {
    this.#activation = { ...activation, variables: this };
    return this.#activation;
  }

  override get size(): number {
    return this.#compiled.size;
  }

  override find(key: CelValue): CelResult | undefined {
    if (typeof key !== 'string') return undefined;
    let known = this.#known.get(key);
    if (known === undefined) {
      const compiled = this.#compiled.get(key);
      if (compiled === undefined) return undefined;
      known = this.#evaluate(key, compiled);
      this.#known.set(key, known);
    }
    return known;
  }

  override keys(): readonly CelValue[] {
    return [...this.#compiled.keys()];
  }

  override equals(other: CelValue): CelResult {
    return other === this;
  }

  #evaluate(name: string, { program, error }: Compiled): CelResult {
    const what = `composited variable ${JSON.stringify(name)}`;
    if (program === undefined) return new CelError(`${what} fails to compile: ${error}`);
    const result = program.run(this.#activation, this.#budget);
    return result instanceof CelError ? new CelError(`${what} fails to evaluate: ${result.message}`) : result;
  }
}
