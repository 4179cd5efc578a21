import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { startAdmissionStack } from '../support/admission-stack.ts';
import { makeCluster, type Stack } from '../support/http-stack.ts';
import { http, type HttpAnswer } from '../support/http.ts';

type Json = Record<string, unknown>;
type Status = { message: string; reason?: string; details?: Json };

/** Policies that a stock server was given, and what it said of them or made of an object that they are about. */
type Vector = {
  readonly name: string;
  /** Of a policy that is only to be created, and of a binding. */
  readonly creates?: Json;
  readonly binds?: Json;
  /** Of policies `first` and `second`. */
  readonly specs?: readonly Json[];
  readonly binding?: Json;
  /** Whether they are about a Deployment instead of a ConfigMap. */
  readonly deployment?: boolean;
  readonly applies?: boolean;
  readonly status: number;
  readonly warnings?: readonly string[];
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Json;
  readonly answer?: Json;
};
const vectors = JSON.parse(
  readFileSync(new URL('mutating-policy-answers.json', import.meta.url), 'utf8'),
) as readonly Vector[];

const apiVersion = 'admissionregistration.k8s.io/v1alpha1';
const policies = `/apis/${apiVersion}/mutatingadmissionpolicies`;
const bindings = `/apis/${apiVersion}/mutatingadmissionpolicybindings`;
const resources = ['configmaps', 'deployments', 'deployments/scale', 'serviceaccounts'];
const rules = [{ apiGroups: ['', 'apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources }];
const maps = '/api/v1/namespaces/vectors/configmaps';
const deployments = '/apis/apps/v1/namespaces/vectors/deployments';
const applied = { 'content-type': 'application/apply-patch+yaml' };
const merged = { 'content-type': 'application/merge-patch+json' };
const other = 'dddddddddddddda3';

const map = (name: string): Json => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'b' } });
const deployment: Json = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: '1' }] }] },
    },
  },
};
const setting = (expression: string): Json => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });

describe('mutating admission policies', () => {
  let stack: Stack;
  before(async () => {
    stack = await startAdmissionStack({ mutatingPolicies: true });
    await makeCluster(stack.store, 'root', 'other', other);
    for (const cluster of ['root', other])
      await ok(
        send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: namespace }, cluster),
      );
  });
  const namespace = { name: 'vectors', labels: { map: 'vectors' } };
  afterEach(async () => {
    for (const path of [bindings, policies]) await ok(send('DELETE', path));
  });
  after(() => stack.stop());

  const send = (
    method: string,
    path: string,
    body?: unknown,
    cluster = 'root',
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> => http(stack.admin, method, `/clusters/${cluster}${path}`, body, headers);
  const ok = async (answer: Promise<HttpAnswer>): Promise<HttpAnswer> => {
    const got = await answer;
    assert.ok(got.status < 300, got.text);
    return got;
  };
  const policy = (name: string, spec: Json): Json => ({
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name },
    spec: {
      reinvocationPolicy: 'Never',
      matchConstraints: { resourceRules: rules, namespaceSelector: { matchLabels: { map: 'vectors' } } },
      ...spec,
    },
  });
  const binding = (name: string, spec: Json): Json => ({
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec,
  });
  const bind = async (specs: readonly Json[], more: Json = {}): Promise<void> => {
    for (const [index, spec] of specs.entries()) {
      const policyName = ['first', 'second'][index] ?? '';
      await ok(send('POST', policies, policy(policyName, spec)));
      await ok(send('POST', bindings, binding(`b-${policyName}`, { policyName, ...more })));
    }
  };
  const compare = (got: HttpAnswer, expected: Vector): void => {
    assert.equal(got.status, expected.status, `${expected.name}: ${got.text}`);
    assert.equal(got.headers['warning'], expected.warnings?.join(', '), expected.name);
    if (expected.answer !== undefined) {
      const { metadata, ...rest } = got.json<{ metadata: Json }>();
      const { uid: _u, resourceVersion: _r, creationTimestamp: _c, managedFields: _m, ...named } = metadata;
      assert.deepEqual({ ...rest, metadata: named }, expected.answer, expected.name);
    }
    if (expected.message === undefined) return;
    const { message, reason, details } = got.json<Status>();
    assert.equal(message, expected.message, expected.name);
    assert.equal(reason, expected.reason, expected.name);
    assert.deepEqual(details, expected.details, expected.name);
  };

  it('are refused as by a stock server', async () => {
    for (const vector of vectors) {
      const { creates, binds } = vector;
      if (creates !== undefined) compare(await send('POST', `${policies}?dryRun=All`, policy('bad', creates)), vector);
      if (binds !== undefined) compare(await send('POST', `${bindings}?dryRun=All`, binding('bad', binds)), vector);
    }
  });

  it('change what is written as on a stock server', async () => {
    for (const vector of vectors) {
      if (vector.specs === undefined) continue;
      await bind(vector.specs, vector.binding);
      const got = vector.applies
        ? send('PATCH', `${maps}/ssa?dryRun=All&fieldManager=me`, map('ssa'), 'root', applied)
        : vector.deployment
          ? send('POST', `${deployments}?dryRun=All`, deployment)
          : send('POST', `${maps}?dryRun=All`, map('cm'));
      compare(await got, vector);
      for (const path of [bindings, policies]) await ok(send('DELETE', path));
    }
  });

  it('are asked in order of their names, each about what those before have made', async () => {
    await bind([
      { mutations: [setting('Object{data: {"one": "1"}}')] },
      { mutations: [setting('Object{data: {"two": object.data.one + "+1"}}')] },
    ]);
    const { data } = (await ok(send('POST', maps, map('ordered')))).json<{ data: Json }>();
    assert.deepEqual(data, { a: 'b', one: '1', two: '1+1' });
    await ok(send('POST', maps, map('ordered'), other));
    const { data: own } = (await ok(send('GET', `${maps}/ordered`, undefined, other))).json<{ data: Json }>();
    assert.deepEqual(own, { a: 'b' });
  });

  it('take parameters as they are now', async () => {
    const param = { ...map('param'), data: { team: 'blue' } };
    await ok(send('POST', maps, param));
    await bind(
      [
        {
          paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
          matchConditions: [{ name: 'others', expression: 'object.metadata.name != "param"' }],
          mutations: [setting('Object{metadata: Object.metadata{labels: {"team": params.data.team}}}')],
        },
      ],
      { paramRef: { name: 'param', namespace: 'vectors', parameterNotFoundAction: 'Deny' } },
    );
    const labelled = async (name: string): Promise<Json> =>
      (await ok(send('POST', maps, map(name)))).json<{ metadata: { labels: Json } }>().metadata.labels;
    assert.deepEqual(await labelled('x'), { team: 'blue' });
    await ok(send('PATCH', `${maps}/param`, { data: { team: 'red' } }, 'root', merged));
    assert.deepEqual(await labelled('y'), { team: 'red' });
  });

  it('see the object before its change, and scales', async () => {
    await ok(send('POST', deployments, deployment));
    await bind([
      {
        matchConditions: [{ name: 'changes', expression: 'request.operation == "UPDATE"' }],
        mutations: [
          setting(
            'has(request.subResource) ? Object{spec: Object.spec{replicas: 7}} : Object{metadata: Object.metadata{labels: {"was": string(oldObject.spec.replicas)}}}',
          ),
        ],
      },
    ]);
    const five = { spec: { replicas: 5 } };
    const changed = await ok(send('PATCH', `${deployments}/d`, five, 'root', merged));
    assert.deepEqual(changed.json<{ metadata: { labels: Json } }>().metadata.labels, { was: '1' });
    const scaled = await ok(send('PATCH', `${deployments}/d/scale`, five, 'root', merged));
    assert.deepEqual(scaled.json<{ spec: Json }>().spec, { replicas: 7 });
  });
});
