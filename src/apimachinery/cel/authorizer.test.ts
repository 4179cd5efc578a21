import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AUTHORIZER,
  type AuthorizerAnswer,
  AuthorizerAnswerNeeded,
  type AuthorizerQuestion,
  AuthorizerValue,
  Budget,
  CelCompileError,
  CelCostExceeded,
  kubernetesEnvironment,
  Program,
  RESOURCE_CHECK,
  ResourceCheck,
} from './index.ts';

const environment = kubernetesEnvironment().extend({
  variables: { authorizer: AUTHORIZER, 'authorizer.requestResource': RESOURCE_CHECK },
});

function program(source: string): Program {
  const compiled = environment.compile(source);
  assert.ok(compiled instanceof Program, compiled instanceof CelCompileError ? compiled.message : '');
  return compiled;
}

/** Evaluates until every question has its answer. */
function ask(
  source: string,
  authorize: (question: AuthorizerQuestion) => AuthorizerAnswer,
): { value: unknown; asked: AuthorizerQuestion[]; cost: number } {
  const answers = new Map<string, AuthorizerAnswer>();
  const asked: AuthorizerQuestion[] = [];
  const authorizer = new AuthorizerValue((question) => answers.get(JSON.stringify(question)));
  const requestResource = new ResourceCheck(authorizer, {
    group: 'apps',
    resource: 'deployments',
    namespace: 'default',
    name: 'web',
  });
  for (;;) {
    const budget = new Budget(10_000_000);
    try {
      const value = program(source).evaluate({ authorizer, 'authorizer.requestResource': requestResource }, budget);
      return { value, asked, cost: budget.spent };
    } catch (error) {
      if (!(error instanceof AuthorizerAnswerNeeded)) throw error;
      asked.push(error.question);
      answers.set(JSON.stringify(error.question), authorize(error.question));
    }
  }
}

const allow: AuthorizerAnswer = { allowed: true, reason: 'so it is' };
const deny: AuthorizerAnswer = { allowed: false, reason: 'not today' };

describe('questions to the authorizer', () => {
  it('name what is asked for, with what was left out empty', () => {
    const { value, asked } = ask(
      "authorizer.group('apps').resource('deployments').subresource('scale').namespace('n').name('x').check('update').allowed()",
      () => allow,
    );
    assert.equal(value, true);
    assert.deepEqual(asked, [
      {
        kind: 'resource',
        group: 'apps',
        resource: 'deployments',
        subresource: 'scale',
        namespace: 'n',
        name: 'x',
        fieldSelector: '',
        labelSelector: '',
        verb: 'update',
        serviceAccount: undefined,
      },
    ]);
  });

  it('may be about the request, about paths and about service accounts', () => {
    const own = ask(
      "authorizer.requestResource.check('get').allowed() || authorizer.path('/x').check('get').allowed()",
      () => deny,
    );
    assert.equal(own.value, false);
    assert.deepEqual(
      own.asked.map(({ kind, serviceAccount }) => [kind, serviceAccount]),
      [
        ['resource', undefined],
        ['path', undefined],
      ],
    );
    const other = ask("authorizer.serviceAccount('ns', 'robot').path('/x').check('get').allowed()", () => allow);
    assert.deepEqual(other.asked[0]?.serviceAccount, { namespace: 'ns', name: 'robot' });
  });

  it('are too dear to be asked three times in one expression', () => {
    const check = "authorizer.path('/x').check('get').allowed()";
    assert.throws(() => ask(`${check} && ${check} && ${check}`, () => allow), CelCostExceeded);
  });

  it('show which of the two variables a program reads', () => {
    assert.deepEqual(
      [...program("authorizer.requestResource.check('get').allowed()").variables],
      ['authorizer.requestResource'],
    );
    assert.deepEqual([...program("authorizer.path('/x').check('get').allowed()").variables], ['authorizer']);
  });

  it('carry selectors', () => {
    const { asked } = ask(
      "authorizer.group('').resource('pods').fieldSelector('a=b').labelSelector('c in (d)').check('list').allowed()",
      () => deny,
    );
    const [question] = asked;
    assert.ok(question?.kind === 'resource');
    assert.deepEqual([question.fieldSelector, question.labelSelector], ['a=b', 'c in (d)']);
  });

  it('give reasons and errors', () => {
    const source =
      "[authorizer.path('/x').check('get')].map(d, d.reason() + '/' + d.error() + '/' + string(d.errored()))[0]";
    assert.equal(ask(source, () => ({ ...deny, error: 'no reply' })).value, 'not today/no reply/true');
  });

  it('cost 350,000 each', () => {
    const { cost } = ask("authorizer.path('/x').check('get').allowed()", () => allow);
    assert.equal(cost, 350_003);
  });

  it('are never swallowed by || and &&', () => {
    assert.equal(ask("authorizer.path('/x').check('get').allowed() || true", () => deny).asked.length, 1);
  });

  it('must name a path and a resource', () => {
    assert.throws(() => ask("authorizer.path(' ').check('get').allowed()", () => allow), {
      message: 'path must not be empty',
    });
    assert.throws(() => ask("authorizer.group('').resource('').check('get').allowed()", () => allow), {
      message: 'resource must not be empty',
    });
    assert.throws(() => ask("authorizer.serviceAccount('A', 'b').path('/').check('get').allowed()", () => allow), {
      message: 'Invalid service account namespace',
    });
  });
});
