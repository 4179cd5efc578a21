import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Budget,
  CelCompileError,
  CelCostExceeded,
  CelEvaluationError,
  DYN,
  kubernetesEnvironment,
  listOf,
  Program,
  STRING,
} from './index.ts';

const environment = kubernetesEnvironment().extend({
  variables: { list: listOf(DYN), text: STRING, value: DYN },
});

function program(source: string): Program {
  const compiled = environment.compile(source);
  assert.ok(compiled instanceof Program, compiled instanceof CelCompileError ? compiled.message : '');
  return compiled;
}

function problem(source: string): string {
  const compiled = environment.compile(source);
  assert.ok(compiled instanceof CelCompileError, 'the expression compiles');
  return compiled.message;
}

describe('hostile expressions', () => {
  it('end a nest of loops at the limit of one call', () => {
    const nest = program('list.all(a, list.all(b, list.all(c, a + b + c >= 0)))');
    const list = Array.from({ length: 300 }, (_, index) => index);
    assert.throws(
      () => nest.evaluate({ list }),
      (error) =>
        error instanceof CelCostExceeded &&
        error.scope === 'call' &&
        error.message === 'operation cancelled: actual cost limit exceeded',
    );
  });

  it('end loops that only fail as well', () => {
    const failing = program("list.all(a, list.all(b, a < 'x' || true))");
    assert.throws(() => failing.evaluate({ list: Array.from({ length: 3000 }, () => 1) }), CelCostExceeded);
  });

  it('end texts that grow with every turn before they fill the memory', () => {
    const growing = program("list.map(a, text + text + text + text).map(b, b + b).join('').size() > 0");
    const list = Array.from({ length: 1000 }, () => 1);
    assert.throws(() => growing.evaluate({ list, text: 'x'.repeat(1_000_000) }), CelCostExceeded);
  });

  it('end calls that cost one unit however much there is to look at', () => {
    const list = Array.from({ length: 20_000 }, (_, index) => index);
    const long = { list, text: 'é'.repeat(500_000) + '\u{1f600}' };
    for (const source of [
      "list.all(x, text.charAt(x) == 'é')",
      'list.all(x, text.size() > 0)',
      'list.all(x, (list + list).size() > 0)',
      "list.all(x, timestamp(x).getHours('Europe/Paris') >= 0)",
      "list.all(x, text.substring(499990).matches('(a|b|c){200}' + string(x)) || true)",
      "list.map(x, text.replace('', text)).size() > 0",
    ]) {
      assert.throws(() => program(source).evaluate(long), CelCostExceeded, source);
    }
  });

  it('end values that are too long or too deep for the machine', () => {
    let deep: unknown = [];
    for (let i = 0; i < 50_000; i += 1) deep = [deep];
    assert.throws(() => program('value == value').evaluate({ value: deep }), CelCostExceeded);
    const list = Array.from({ length: 2000 }, () => 1);
    const joined = program('list.map(x, text).join(text).size() > 0');
    assert.throws(() => joined.evaluate({ list, text: 'x'.repeat(1_000_000) }), CelCostExceeded);
    // An evaluation that was ended leaves nothing behind that would end the next one.
    assert.equal(program('text.size()').evaluate({ text: 'abc' }), 3);
  });

  it('charge a budget that many share, and stop it when it is spent', () => {
    const loop = program('list.all(a, a >= 0)');
    const list = Array.from({ length: 1000 }, () => 1);
    const budget = new Budget(12_000);
    loop.evaluate({ list }, budget);
    const spent = budget.spent;
    assert.equal(budget.remaining, 12_000 - spent);
    loop.evaluate({ list }, budget);
    assert.throws(
      () => loop.evaluate({ list }, budget),
      (error) => error instanceof CelCostExceeded && error.scope === 'budget',
    );
    assert.equal(budget.remaining, -1);
  });

  it('charge evaluations that fail', () => {
    const budget = new Budget(100);
    assert.throws(() => program('list[5] == 1').evaluate({ list: [] }, budget), CelEvaluationError);
    assert.equal(budget.spent, 3);
  });

  it('refuse a source that is too long, in code points', () => {
    const message = problem(`text == '${'\u{1f600}'.repeat(100_000)}'`);
    assert.equal(message, 'ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100010, limit 100000');
  });

  it('refuse nesting that is too deep, whatever nests', () => {
    const limit = 'ERROR: <input>:-1:0: expression recursion limit exceeded: 250';
    for (const source of [
      `${'('.repeat(300)}1${')'.repeat(300)}`,
      `${'['.repeat(300)}1${']'.repeat(300)}`,
      `value${'.a'.repeat(300)}`,
      `value${'[0]'.repeat(300)}`,
      `1${' + 1'.repeat(300)} == 1`,
      `${'true ? 1 : '.repeat(300)}1 == 1`,
      `${'value.map(x, '.repeat(300)}1${')'.repeat(300)}`,
    ]) {
      assert.equal(problem(source), limit);
    }
    assert.equal(
      problem(`${'value.a'.repeat(1)}${'.a'.repeat(200)}${' + 1'.repeat(200)} == 1`)
        .split(': ')
        .at(-1),
      'max recursion depth exceeded',
    );
  });

  it('take long chains of && and ||, which do not nest', () => {
    const chain = Array.from({ length: 5000 }, (_, index) => `value != ${index}`).join(' && ');
    assert.equal(program(chain).evaluate({ value: -1 }), true);
  });

  it('pay once for a target that a macro repeats', () => {
    // Written out, every optMap would double the expression before it.
    const doubling = program(`optional.of(value)${'.optMap(x, x)'.repeat(60)}.hasValue()`);
    assert.ok(doubling.estimateCost().max > 0);
    assert.throws(() => doubling.evaluate({ value: 1 }), CelCostExceeded);
  });

  it('match patterns that would take another engine an age', () => {
    const match = program("text.matches('^(a+)+$')");
    assert.equal(match.evaluate({ text: `${'a'.repeat(5000)}!` }), false);
  });

  it('report no more errors than stock', () => {
    const message = problem(Array.from({ length: 500 }, (_, index) => `x${index}`).join(' && '));
    assert.equal(message.split('\n').at(-1), '400 more errors were truncated');
  });

  it('see only own keys of objects, whatever these are called', () => {
    const values: [string, unknown][] = [
      ['value.constructor', 'no such key: constructor'],
      ['value.__proto__', 'no such key: __proto__'],
      ["value['toString']", 'no such key: toString'],
    ];
    for (const [source, message] of values) {
      assert.throws(() => program(source).evaluate({ value: {} }), { message });
    }
    const own: unknown = JSON.parse('{"__proto__": 1, "constructor": 2}');
    assert.equal(program('value.__proto__ + value.constructor').evaluate({ value: own }), 3);
    assert.equal(program('[1, 2].map(__proto__, __proto__ + 1) == [2, 3]').evaluate({}), true);
  });
});
