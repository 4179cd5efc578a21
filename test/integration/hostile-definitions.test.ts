import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { type HttpAnswer, http } from '../support/http.ts';
import { makeCluster, type Stack, startStack } from '../support/http-stack.ts';

type Json = Record<string, unknown>;

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const hostile = 'ccccccccccccccc1';
const neighbour = 'ccccccccccccccc2';
const text = { type: 'string' };
const object = (properties: Json, more: Json = {}): Json => ({ type: 'object', properties, ...more });
const many = <T>(count: number, make: (i: number) => T): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, make(i)]));
const rules = (...list: string[]): Json => ({ 'x-kubernetes-validations': list.map((rule) => ({ rule })) });

describe('hostile definitions', () => {
  let stack: Stack;
  let count = 0;
  before(async () => {
    stack = await startStack();
    for (const name of [hostile, neighbour]) await makeCluster(stack.store, 'root', name, name);
  });
  after(() => stack.stop());
  afterEach(async () => {
    const answers = await Promise.all([
      ask(neighbour, 'GET', '/api/v1/namespaces/default/configmaps'),
      ask(neighbour, 'GET', '/apis/hostile.example.com'),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 404],
    );
    assert.ok(stack.logged.every(({ level }) => typeof level !== 'number' || level < 50));
  });

  const ask = (cluster: string, method: string, path: string, body?: unknown): Promise<HttpAnswer> =>
    http(stack.admin, method, `/clusters/${cluster}${path}`, body);

  /** Defines a kind with this schema of its spec; gives the answer and where its objects are. */
  async function define(spec: Json, more: Json = {}): Promise<{ answer: HttpAnswer; path: string; kind: string }> {
    const plural = `things${count++}`;
    const kind = `T${plural}`;
    const answer = await ask(hostile, 'POST', definitions, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.hostile.example.com` },
      spec: {
        group: 'hostile.example.com',
        scope: 'Namespaced',
        names: { plural, kind },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: object({ spec }) } }],
        ...more,
      },
    });
    return { answer, kind, path: `/apis/hostile.example.com/v1/namespaces/default/${plural}` };
  }
  const create = (path: string, kind: string, spec: unknown): Promise<HttpAnswer> =>
    ask(hostile, 'POST', path, {
      apiVersion: 'hostile.example.com/v1',
      kind,
      metadata: { name: 'a' },
      spec,
    });
  const messageOf = (answer: HttpAnswer): string => answer.json<{ message: string }>().message;

  it('may have ten thousand properties, and rules, defaults and patterns by the thousand', async () => {
    for (const [schema, spec] of [
      [object(many(10_000, () => ({ ...text, default: 'x' }))), {}],
      [object(many(1000, () => ({ ...text, pattern: '^(x+x+)+y$' }))), many(1000, () => 'xxy')],
      [
        object(
          many(100, () => ({ ...text, maxLength: 9 })),
          rules(...Array.from({ length: 2000 }, (_, i) => `self.p${i % 100} != '${i}'`)),
        ),
        many(100, () => 'x'),
      ],
    ] as const) {
      const { answer, path, kind } = await define(schema);
      assert.equal(answer.status, 201, answer.text.slice(0, 500));
      const made = await create(path, kind, spec);
      assert.equal(made.status, 201, made.text.slice(0, 500));
      assert.equal((await ask(hostile, 'GET', path)).status, 200);
    }
    assert.equal((await ask(hostile, 'GET', '/openapi/v3/apis/hostile.example.com/v1')).status, 200);
  });

  it('may not refer to themselves, nor nest without end', async () => {
    const recursive = await define({ type: 'object', $ref: '#/properties/spec' });
    assert.equal(recursive.answer.status, 422);
    assert.match(messageOf(recursive.answer), /\$ref is not supported/);
    let deep: Json = text;
    for (let i = 0; i < 400; i++) deep = object({ a: deep });
    const nested = await define(deep);
    assert.equal(nested.answer.status, 422);
    assert.match(messageOf(nested.answer), /must not be nested deeper than 100 levels/);
  });

  it('bring patterns that are matched in linear time, and not without end', async () => {
    const { answer, path, kind } = await define(
      object({ a: { ...text, pattern: '^(a+)+$' }, b: { ...text, pattern: '(.*a){60}$' } }),
    );
    assert.equal(answer.status, 201, answer.text);
    const exponential = await create(path, kind, { a: `${'a'.repeat(50_000)}!` });
    assert.equal(exponential.status, 422);
    const long = await create(path, kind, { b: 'a'.repeat(1_000_000) });
    assert.equal(long.status, 422);
    assert.match(messageOf(long), /that takes too long to find out/);
  });

  it('bring no rules that could cost too much, and rules that do are stopped', async () => {
    const list = { type: 'array', items: { type: 'array', items: text } };
    const bomb = await define(object({ l: { ...list, ...rules('self.all(x, x.all(y, x.all(z, y.contains(z))))') } }));
    assert.equal(bomb.answer.status, 422);
    assert.match(messageOf(bomb.answer), /estimated rule cost exceeds budget by factor of more than 100x/);
    const squares = { type: 'array', maxItems: 640, items: { ...text, maxLength: 10 } };
    const slow = await define(
      object(many(5, () => ({ ...squares, ...rules('self.all(x, self.all(y, x != y || x == y))') }))),
    );
    assert.equal(slow.answer.status, 201, slow.answer.text);
    const stopped = await create(
      slow.path,
      slow.kind,
      many(5, () => Array.from({ length: 640 }, (_, i) => `i${i}`)),
    );
    assert.equal(stopped.status, 422);
    assert.match(messageOf(stopped), /call cost exceeds limit for rule/);
  });

  it('may be as large as a request may be, and no larger', async () => {
    const large = await define(object({ a: { ...text, description: 'x'.repeat(1 << 20) } }));
    assert.equal(large.answer.status, 201, large.answer.text.slice(0, 500));
    const huge = await define(object({ a: { ...text, description: 'x'.repeat(4 << 20) } }));
    assert.equal(huge.answer.status, 413);
  });

  it('look up values of long enumerations and sets at once', async () => {
    const values = Array.from({ length: 30_000 }, (_, i) => `value-${i}`);
    const { answer, path, kind } = await define(
      object({
        e: { type: 'array', items: { ...text, enum: values } },
        s: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
      }),
    );
    assert.equal(answer.status, 201, answer.text.slice(0, 500));
    assert.equal((await create(path, kind, { e: values, s: values })).status, 201);
    const wrong = await create(path, kind, { e: values.map((each) => `${each}!`) });
    assert.equal(wrong.status, 422);
    assert.ok(wrong.text.length < 16 << 20);
  });

  it('may use the names that JavaScript gives a meaning', async () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'then'];
    const schema = object({});
    const properties: Json = JSON.parse(
      `{${names.map((name) => `${JSON.stringify(name)}:{"type":"string"}`).join(',')}}`,
    );
    const { answer, path, kind } = await define({ ...schema, properties });
    assert.equal(answer.status, 201, answer.text);
    const spec = JSON.parse(
      `{${names.map((name) => `${JSON.stringify(name)}:"x"`).join(',')},"valueOf":"gone"}`,
    ) as Json;
    const made = await create(path, kind, spec);
    assert.equal(made.status, 201, made.text);
    const kept = made.text.slice(made.text.indexOf('"spec":'));
    for (const name of names) assert.ok(kept.includes(`${JSON.stringify(name)}:"x"`), name);
    assert.ok(!kept.includes('valueOf'));
    assert.equal((await create(path, kind, JSON.parse('{"__proto__":5}'))).status, 422);
  });

  it('do not take the names of what is built in', async () => {
    const taken = (group: string, plural: string, kind: string): Promise<HttpAnswer> =>
      ask(hostile, 'POST', definitions, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: {
          name: `${plural}.${group}`,
          annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/kubernetes/pull/1' },
        },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural, kind },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      });
    assert.equal((await taken('apps', 'deployments', 'Deployment')).status, 422);
    const policies = await taken('networking.k8s.io', 'networkpolicies', 'NetworkPolicy');
    assert.equal(policies.status, 201, policies.text);
    const { status } = policies.json<{ status: { conditions: { type: string; status: string }[] } }>();
    assert.equal(status.conditions.find(({ type }) => type === 'Established')?.status, 'False');
    assert.equal((await ask(hostile, 'GET', '/apis/networking.k8s.io/v1/networkpolicies')).status, 200);
  });
});
