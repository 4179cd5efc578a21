import type { CelResult } from './values.ts';

/** The values of variables: JSON (read by the declared type), values of CEL, or {@link Lazy} for either. */
export type Activation = Readonly<Record<string, unknown>>;

/** A value that is worked out when a program first reads it, once per activation. */
export class Lazy {
  private readonly make: () => unknown;
  private made: { readonly value: unknown } | undefined;

  constructor(make: () => unknown) {
    this.make = make;
  }

  get value(): unknown {
    this.made ??= { value: this.make() };
    return this.made.value;
  }
}

/** Thrown when an evaluation costs more than it may: one call (`call`), or all that share a budget (`budget`). */
export class CelCostExceeded extends Error {
  readonly scope: 'call' | 'budget';

  constructor(scope: 'call' | 'budget', message: string) {
    super(message);
    this.name = 'CelCostExceeded';
    this.scope = scope;
  }
}

/** One evaluation: what it read, its loop variables, what it has cost so far. */
export class Frame {
  cost = 0;
  readonly limit: number;
  readonly activation: Activation;
  readonly slots: unknown[];

  constructor(activation: Activation, slots: number, limit: number) {
    this.activation = activation;
    this.slots = slots === 0 ? noSlots : Array.from({ length: slots });
    this.limit = limit;
  }

  /** Adds to the cost; throws CelCostExceeded past the limit. */
  spend(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) this.stop();
  }

  private stop(): never {
    throw new CelCostExceeded('call', 'operation cancelled: actual cost limit exceeded');
  }
}

const noSlots: unknown[] = [];

/** A piece of a program, ready to run. Errors of evaluation are results, not exceptions. */
export type Eval = (frame: Frame) => CelResult;
