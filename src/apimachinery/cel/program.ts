import { childrenOf, type Expr } from './ast.ts';
import { type Budget, perCallLimit } from './budget.ts';
import type { Range } from './cost.ts';
import { beginWork, endWork, tooMuch } from './effort.ts';
import { estimate } from './estimate.ts';
import { type Activation, Frame } from './frame.ts';
import type { Planned } from './plan.ts';
import type { SizeEstimator } from './size-hints.ts';
import type { CelType } from './type.ts';
import { CelError, type CelResult, type CelValue } from './values.ts';

/** An evaluation that came to an error; the message is stock's. */
export class CelEvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CelEvaluationError';
  }
}

/** A compiled expression. It holds no state of its evaluations: many may share it. */
export class Program {
  readonly source: string;
  /** The type that the checker found for the whole. */
  readonly outputType: CelType;
  /** The variables that the expression reads. */
  readonly variables: ReadonlySet<string>;
  private readonly expr: Expr;
  private readonly planned: Planned;

  constructor(source: string, expr: Expr, outputType: CelType, planned: Planned, variables: ReadonlySet<string>) {
    this.source = source;
    this.expr = expr;
    this.outputType = outputType;
    this.planned = planned;
    this.variables = variables;
  }

  /**
   * Evaluates the expression and charges the budget with what that costs, also if it fails.
   * @throws CelEvaluationError when the expression comes to an error
   * @throws CelCostExceeded when it costs more than one call, or what is left of the budget, allows
   */
  evaluate(activation: Activation, budget?: Budget): CelValue {
    const result = this.run(activation, budget);
    if (result instanceof CelError) throw new CelEvaluationError(result.message);
    return result;
  }

  /** The same, but an error of evaluation is the result rather than an exception. */
  run(activation: Activation, budget?: Budget): CelResult {
    const frame = new Frame(activation, this.planned.slots, budget?.perCall ?? perCallLimit);
    const counting = beginWork();
    let result: CelResult;
    try {
      result = this.planned.run(frame);
      frame.spend(0);
    } catch (error) {
      budget?.charge(frame.cost);
      // A text too long for the machine, or data nested too deeply for it.
      throw error instanceof RangeError ? tooMuch() : error;
    } finally {
      if (counting) endWork();
    }
    budget?.charge(frame.cost);
    return result;
  }

  /** What one evaluation costs at least and at most; sizes say how big the values of variables may be. */
  estimateCost(sizes: SizeEstimator = () => undefined): Range {
    return estimate(this.expr, sizes);
  }

  /** Whether the expression reads a field of a variable as `operand.field`, `has(operand.field)` or `operand.?field`. */
  selects(operand: string, field: string): boolean {
    const isOperand = (expr: Expr | undefined): boolean => expr?.kind === 'ident' && expr.name === operand;
    const visit = (expr: Expr): boolean => {
      if (expr.kind === 'select' && expr.field === field && isOperand(expr.operand)) return true;
      if (expr.kind === 'call' && expr.fn === '_?._' && isOperand(expr.args[0])) {
        const name = expr.args[1];
        if (name?.kind === 'literal' && name.value === field) return true;
      }
      return childrenOf(expr).some(visit);
    };
    return visit(this.expr);
  }
}
