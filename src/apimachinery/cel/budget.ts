import { CelCostExceeded } from './frame.ts';

/** What one evaluation may cost in stock, whatever else is left. */
export const perCallLimit = 1_000_000;

/**
 * What the evaluations of one request may cost together. As in stock, an evaluation runs to its own limit and is charged
 * when it is over.
 */
export class Budget {
  readonly perCall: number;
  private left: number;
  private used = 0;

  /** @param total what all evaluations may cost together @param perCall what one of them may cost */
  constructor(total: number, perCall: number = perCallLimit) {
    this.left = total;
    this.perCall = perCall;
  }

  /** What is left; below zero once the budget was exceeded. */
  get remaining(): number {
    return this.left;
  }

  /** What all evaluations so far have cost. */
  get spent(): number {
    return this.used;
  }

  /** Takes the cost of an evaluation. @throws CelCostExceeded (`budget`) if that is more than what is left */
  charge(cost: number): void {
    this.used += cost;
    if (cost > this.left) {
      this.left = -1;
      throw new CelCostExceeded(
        'budget',
        'validation failed due to running out of cost budget, no further validation rules will be run',
      );
    }
    this.left -= cost;
  }
}
