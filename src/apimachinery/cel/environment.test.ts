import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BOOL,
  Budget,
  CelCompileError,
  DYN,
  Environment,
  INT,
  JSON_PATCH,
  kubernetesEnvironment,
  Lazy,
  listOf,
  MapValue,
  mapOf,
  mutationLibrary,
  objectType,
  Program,
  STRING,
  StructValue,
  storedMinor,
  toJson,
} from './index.ts';

function compiled(environment: Environment, source: string, resultTypes?: readonly (typeof BOOL)[]): Program {
  const program = environment.compile(source, resultTypes === undefined ? {} : { resultTypes });
  assert.ok(program instanceof Program, program instanceof CelCompileError ? program.message : '');
  return program;
}

function problem(environment: Environment, source: string): CelCompileError {
  const program = environment.compile(source, { resultTypes: [BOOL] });
  assert.ok(program instanceof CelCompileError);
  return program;
}

const environment = kubernetesEnvironment();

describe('an environment', () => {
  it('lets new expressions use what the release before knows, and stored ones all', () => {
    assert.match(problem(environment, "isSemver('1.2.3')").message, /undeclared reference to 'isSemver'/);
    assert.equal(compiled(kubernetesEnvironment(storedMinor), "isSemver('1.2.3')").evaluate({}), true);
  });

  it('asks for the type of the result', () => {
    const other = problem(environment, '1 + 1');
    assert.deepEqual([other.stage, other.message], ['result', 'must evaluate to bool']);
    assert.equal(compiled(environment, '1 + 1 == 2', [BOOL, STRING]).outputType, BOOL);
  });

  it('tells constants that cannot be converted from texts that do not parse', () => {
    assert.equal(problem(environment, "int('x') == 1").stage, 'program');
    assert.equal(problem(environment, '1 +').stage, 'compile');
  });

  it('says which variables a program reads, not counting names that loops hide', () => {
    const extended = environment.extend({ variables: { self: DYN, oldSelf: DYN, x: DYN } });
    const program = compiled(extended, '[1].all(x, x > 0 && self.a.oldSelf == 1)');
    assert.deepEqual([...program.variables], ['self']);
  });

  it('reads structs declared for values that are no schema: nothing is escaped and null is null', () => {
    const request = objectType('Request', { namespace: STRING, object: DYN, options: mapOf(STRING, listOf(INT)) });
    const extended = environment.extend({ variables: { request } });
    const value = { namespace: 'n', object: null, options: { a: [1, 2] } };
    const run = (source: string): unknown => compiled(extended, source).evaluate({ request: value });
    assert.equal(run("request.namespace == 'n'"), true);
    assert.equal(run('has(request.object) && request.object == null'), true);
    assert.equal(run('request.options.a.sum()'), 3);
    assert.throws(() => compiled(extended, 'request.object').evaluate({ request: {} }), {
      message: 'no such key: object',
    });
    assert.match(problem(extended, 'request.nothing == 1').message, /undefined field 'nothing'/);
  });

  it('works values out when a program first reads them, and only once', () => {
    const extended = environment.extend({ variables: { a: INT, b: INT } });
    let made = 0;
    const lazy = new Lazy(() => {
      made += 1;
      return 5;
    });
    assert.equal(compiled(extended, 'b == 1').evaluate({ a: lazy, b: 1 }), true);
    assert.equal(made, 0);
    assert.equal(compiled(extended, 'a + a').evaluate({ a: lazy, b: 1 }), 10);
    assert.equal(made, 1);
  });

  it('reads variables whose fields are worked out, as composed policies have them', () => {
    class Variables extends MapValue {
      readonly asked: string[] = [];
      override readonly size = 1;
      override find(key: unknown): number | undefined {
        this.asked.push(String(key));
        return key === 'limit' ? 3 : undefined;
      }
      override keys(): readonly string[] {
        return ['limit'];
      }
      override equals(): boolean {
        return false;
      }
    }
    const extended = environment.extend({ variables: { variables: objectType('Variables', { limit: INT }) } });
    const variables = new Variables();
    const budget = new Budget(100);
    assert.equal(compiled(extended, 'variables.limit < 5').evaluate({ variables }, budget), true);
    assert.deepEqual(variables.asked, ['limit']);
    assert.equal(budget.spent, 3);
  });
});

describe('what mutating policies make', () => {
  const mutating = environment.extend({ variables: { object: DYN }, libraries: [mutationLibrary] });

  it('is parts of objects, with the types that their places have', () => {
    const source = "Object{spec: Object.spec{replicas: 1, labels: {'a': 'b'}, list: [Object.spec.list{x: object.y}]}}";
    const value = compiled(mutating, source).evaluate({ object: { y: [1] } });
    assert.ok(value instanceof StructValue);
    assert.equal(value.celType.name, 'Object');
    assert.deepEqual(toJson(value), { spec: { replicas: 1, labels: { a: 'b' }, list: [{ x: [1] }] } });
  });

  it('is lists of patches', () => {
    const source = "[JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c~d'), value: Object{x: 1}}]";
    const program = compiled(mutating, source);
    assert.equal(program.outputType.text, listOf(JSON_PATCH).text);
    assert.deepEqual(toJson(program.evaluate({ object: {} })), [{ op: 'add', path: '/a/b~1c~0d', value: { x: 1 } }]);
  });

  it('is checked field by field', () => {
    assert.match(
      problem(mutating, "JSONPatch{op: 1, pfad: ''} == null").message,
      /expected type of field 'op' is 'string' but provided type is 'int'[^]*undefined field 'pfad'/,
    );
  });
});
