import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { JsonObject } from '../json.ts';
import {
  Budget,
  CelCompileError,
  CelError,
  kubernetesEnvironment,
  sizesOf,
  typeOfSchema,
  unlimitedCost,
} from './index.ts';
import { shown } from './testdata/shown.ts';

/**
 * Expressions over one object with a schema, and what Kubernetes 1.33's own CEL (environment, libraries, cost tracker
 * and cost estimator) says of each: the compile error, or the value or error, its cost and the estimate of it.
 */
type Answer = {
  readonly expr: string;
  /** The release whose libraries the expression may use, if not the usual one. */
  readonly minor?: number;
  readonly compile?: string;
  readonly program?: string;
  readonly value?: string;
  readonly error?: string;
  readonly cost?: number;
  readonly estimate?: readonly [number, number];
};

const recorded = JSON.parse(readFileSync(new URL('./testdata/stock-answers.json', import.meta.url), 'utf8')) as {
  schema: JsonObject;
  self: JsonObject;
  oldSelf: JsonObject;
  cases: Answer[];
};

const self = typeOfSchema(recorded.schema, { name: 'selfType1' });
assert.ok(self !== undefined);

function answer(expr: string, minor: number | undefined): Partial<Answer> {
  assert.ok(self !== undefined);
  const environment = kubernetesEnvironment(minor).extend({ variables: { self, oldSelf: self } });
  const program = environment.compile(expr);
  if (program instanceof CelCompileError) {
    return program.stage === 'compile' ? { compile: program.message } : { program: program.message };
  }
  const budget = new Budget(10_000_000);
  const value = program.run({ self: recorded.self, oldSelf: recorded.oldSelf }, budget);
  const { min, max } = program.estimateCost(sizesOf(self));
  return {
    ...(value instanceof CelError ? { error: value.message } : { value: shown(value) }),
    cost: budget.spent,
    estimate: [min, max],
  };
}

/** Compares one part of all answers; reports what differs, expression by expression. */
function compare(part: (given: Partial<Answer>) => unknown): void {
  const differing: string[] = [];
  for (const wanted of recorded.cases) {
    const given = answer(wanted.expr, wanted.minor);
    const [a, b] = [JSON.stringify(part(wanted)), JSON.stringify(part(given))];
    if (a !== b) differing.push(`${wanted.expr}\n  stock: ${a}\n  here:  ${b}`);
  }
  assert.deepEqual(differing, []);
}

describe('expressions that stock has judged', () => {
  it('compile, or fail to, in the same words', () => {
    compare(({ compile, program }) => [compile, program]);
  });

  it('give the same values and errors', () => {
    compare(({ value, error }) => [value, error]);
  });

  it('cost the same', () => {
    compare(({ cost }) => cost);
  });

  it('are estimated to cost the same', () => {
    // Stock counts in 64 bits; beyond 2^53 a double is near enough.
    const near = (cost: number): string =>
      cost >= unlimitedCost * 0.999 ? 'unlimited' : cost > 2 ** 53 ? cost.toPrecision(12) : `${cost}`;
    compare(({ estimate }) => estimate?.map(near));
  });
});
