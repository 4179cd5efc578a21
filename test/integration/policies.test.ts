import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { startAdmissionStack } from '../support/admission-stack.ts';
import { makeCluster, type Stack } from '../support/http-stack.ts';
import { http, type HttpAnswer } from '../support/http.ts';

type Json = Record<string, unknown>;
type Status = { message: string; reason?: string; details?: Json };

/** Policies that a stock server was given, and what it said of them or of a ConfigMap that they are about. */
type Vector = {
  readonly name: string;
  /** Of a policy that is only to be created. */
  readonly creates?: Json;
  readonly spec?: Json;
  readonly binding?: Json;
  readonly object?: Json;
  readonly status: number;
  readonly warnings?: readonly string[];
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Json;
};
const vectors = JSON.parse(readFileSync(new URL('policy-answers.json', import.meta.url), 'utf8')) as readonly Vector[];

const api = '/apis/admissionregistration.k8s.io/v1';
const policies = `${api}/validatingadmissionpolicies`;
const bindings = `${api}/validatingadmissionpolicybindings`;
const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }];
const maps = '/api/v1/namespaces/vectors/configmaps';
const tenants = ['dddddddddddddda1', 'dddddddddddddda2'] as const;

describe('validating admission policies', () => {
  let stack: Stack;
  before(async () => {
    stack = await startAdmissionStack();
    for (const name of tenants) await makeCluster(stack.store, 'root', name, name);
    const labels = { vap: 'vectors' };
    await ok(
      send('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'vectors', labels },
      }),
    );
  });
  afterEach(async () => {
    for (const cluster of ['root', ...tenants])
      for (const path of [bindings, policies]) await ok(send('DELETE', path, undefined, cluster));
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
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: { matchConstraints: { resourceRules: rules }, ...spec },
  });
  const binding = (spec: Json, name = 'binding', policyName = 'policy'): Json => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName, validationActions: ['Deny'], ...spec },
  });
  const bind = async (spec: Json, more: Json = {}, cluster = 'root'): Promise<void> => {
    await ok(send('POST', policies, policy('policy', spec), cluster));
    await ok(send('POST', bindings, binding(more), cluster));
  };
  const map = (name: string, more: Json = {}): Json => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { a: 'b' },
    ...more,
  });
  const compare = (got: HttpAnswer, expected: Vector): void => {
    assert.equal(got.status, expected.status, `${expected.name}: ${got.text}`);
    assert.equal(got.headers['warning'], expected.warnings?.join(', '), expected.name);
    if (expected.message === undefined) return;
    const { message, reason, details } = got.json<Status>();
    assert.equal(message, expected.message, expected.name);
    assert.equal(reason, expected.reason, expected.name);
    assert.deepEqual(details, expected.details, expected.name);
  };

  it('are refused for expressions that do not compile, as by a stock server', async () => {
    for (const vector of vectors) {
      if (vector.creates === undefined) continue;
      compare(await send('POST', `${policies}?dryRun=All`, policy('bad', vector.creates)), vector);
    }
  });

  it('decide as on a stock server', async () => {
    for (const name of ['param1', 'param2'])
      await ok(send('POST', maps, map(name, { metadata: { name, labels: { sel: 'a' } }, data: { want: name } })));
    for (const vector of vectors) {
      if (vector.spec === undefined) continue;
      await bind(vector.spec, vector.binding);
      compare(await send('POST', `${maps}?dryRun=All`, map('cm', vector.object)), vector);
      for (const path of [bindings, policies]) await ok(send('DELETE', path));
    }
  });

  it('are about every way to change an object', async () => {
    await ok(send('POST', maps, map('changed', { metadata: { name: 'changed', labels: { way: 'x' } } })));
    await bind({ validations: [{ expression: 'false' }] });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    const named = 'configmaps "changed" is forbidden: ValidatingAdmissionPolicy';
    for (const [answer, text] of [
      [send('PUT', `${maps}/changed`, map('changed', { data: {} })), named],
      [send('PATCH', `${maps}/changed`, { data: { c: 'd' } }, 'root', merge), named],
      [send('PATCH', `${maps}/changed?fieldManager=x`, map('changed'), 'root', apply), named],
      [send('DELETE', `${maps}/changed`), named],
      [send('DELETE', `${maps}?labelSelector=way%3Dx`), 'configmaps "Unknown" is forbidden: ValidatingAdmissionPolicy'],
    ] as const) {
      const got = await answer;
      assert.equal(got.status, 422);
      assert.ok(got.json<Status>().message.startsWith(text), got.text);
    }
  });

  it('take parameters of custom kinds, as they are now', async () => {
    const properties = { spec: { type: 'object', properties: { most: { type: 'integer' } } } };
    await ok(
      send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'limits.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Cluster',
          names: { plural: 'limits', kind: 'Limit' },
          versions: [
            { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } },
          ],
        },
      }),
    );
    const limit = (most: number): Json => ({
      apiVersion: 'example.com/v1',
      kind: 'Limit',
      metadata: { name: 'small' },
      spec: { most },
    });
    const limits = '/apis/example.com/v1/limits';
    await ok(send('POST', limits, limit(1)));
    await bind(
      {
        paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' },
        validations: [
          {
            expression: 'size(object.data) <= params.spec.most',
            messageExpression: '"at most " + string(params.spec.most)',
          },
        ],
      },
      { paramRef: { name: 'small', parameterNotFoundAction: 'Deny' } },
    );
    const two = map('sized', { data: { a: 'b', c: 'd' } });
    const refused = await send('POST', maps, two);
    assert.match(refused.json<Status>().message, /denied request: at most 1$/);
    const merge = { 'content-type': 'application/merge-patch+json' };
    await ok(send('PATCH', `${limits}/small`, { spec: { most: 2 } }, 'root', merge));
    await ok(send('POST', maps, two));
  });

  it('decide at once after they have been bound, and in their own logical cluster only', async () => {
    const [one, other] = tenants;
    const inDefault = '/api/v1/namespaces/default/configmaps';
    await bind({ validations: [{ expression: 'false' }] }, {}, one);
    assert.equal((await send('POST', inDefault, map('x'), one)).status, 422);
    await ok(send('POST', inDefault, map('x'), other));
    await ok(send('DELETE', `${bindings}/binding`, undefined, one));
    await ok(send('POST', inDefault, map('x'), one));
  });

  it('are written by those only who may read what they are given', async () => {
    const role = { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] };
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: 'policy-author' };
    await ok(send('POST', `${rbac}/clusterroles`, { apiVersion, kind: 'ClusterRole', metadata, rules: [role] }));
    const subjects = [{ kind: 'User', name: 'nobody', apiGroup: 'rbac.authorization.k8s.io' }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'policy-author' };
    const grant = { apiVersion, kind: 'ClusterRoleBinding', metadata, subjects, roleRef };
    await ok(send('POST', `${rbac}/clusterrolebindings`, grant));
    const author = (path: string, body: Json): Promise<HttpAnswer> =>
      http(stack.nobody, 'POST', `/clusters/root${path}`, body);
    const validations = [{ expression: 'true' }];
    const user = '&{nobody 2 [system:authenticated] map[]}';
    const secret = { apiVersion: 'v1', kind: 'Secret' };
    const refused = await author(policies, policy('policy', { paramKind: secret, validations }));
    assert.equal(refused.status, 422);
    assert.equal(
      refused.json<Status>().message,
      `ValidatingAdmissionPolicy.admissionregistration.k8s.io "policy" is invalid: spec.paramKind: Forbidden: user ${user} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)`,
    );
    await ok(send('POST', policies, policy('policy', { paramKind: secret, validations })));
    const paramRef = { name: 'x', namespace: 'default', parameterNotFoundAction: 'Deny' };
    const unbound = await author(bindings, binding({ paramRef }));
    assert.equal(
      unbound.json<Status>().message,
      `ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "binding" is invalid: spec.paramRef: Forbidden: user ${user} does not have "get" permission on the object referenced by paramRef`,
    );
    await ok(author(policies, policy('plain', { validations })));
  });

  it('do not decide about themselves', async () => {
    const everything = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }];
    await bind({ matchConstraints: { resourceRules: everything }, validations: [{ expression: 'false' }] });
    assert.equal((await send('POST', maps, map('any'))).status, 422);
    await ok(send('POST', policies, policy('another', { validations: [{ expression: 'true' }] })));
  });
});
