import type { Expr } from './ast.ts';
import type { Eval } from './frame.ts';
import { type Chain, readChain, type Root, type Step } from './plan-attribute.ts';
import type { Plan } from './plan-types.ts';
import { ObjectType } from './type.ts';

/** The plan of what a chain of no steps reads. */
export function chainPlan(root: Root): Plan {
  return new ChainPlan({ root, steps: [] });
}

/** Most chains grow before anybody reads them: their code is made when it is asked for. */
class ChainPlan implements Plan {
  readonly chain: Chain;
  private read: Eval | undefined;

  constructor(chain: Chain) {
    this.chain = chain;
  }

  get run(): Eval {
    this.read ??= readChain(this.chain);
    return this.read;
  }
}

/** A plan with one more step; whatever is no chain yet becomes the root of one. */
export function prolong(operand: Plan, step: Step, test = false): Plan {
  const chain: Chain =
    operand.chain !== undefined && operand.chain.test !== true
      ? operand.chain
      : { root: { kind: 'value', resolve: operand.run }, steps: [] };
  const steps = [...chain.steps, step];
  return new ChainPlan(test ? { root: chain.root, steps, test: true } : { root: chain.root, steps });
}

/** The struct that an operand is, as far as the checker knows. */
export function ownerOf(operand: Expr): { owner?: ObjectType } {
  return operand.type instanceof ObjectType ? { owner: operand.type } : {};
}
