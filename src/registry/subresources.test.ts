import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { ReviewAuthorizer } from './authorization/reviews.ts';
import type { TokenIssuer } from './core/serviceaccounts/token.ts';
import { alice, apiError, createFixture, type Fixture } from './testing.ts';

const written = { dryRun: false, fieldValidation: 'Strict' } as const;
const object = (value: JsonObject): KubeObject => value as KubeObject;

describe('namespaces/finalize', () => {
  it('takes the last finalizer away, and the namespace with it', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team' },
    });
    assert.deepEqual([created['spec'], created['status']], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
    const answer = await fixture.delete('namespaces', 'team');
    const terminating = answer.object.object();
    assert.equal(answer.done, false);
    assert.deepEqual(terminating['status'], { phase: 'Terminating' });
    assert.ok(terminating.metadata.deletionTimestamp);
    assert.equal(terminating.metadata.deletionGracePeriodSeconds, undefined);
    const again = await fixture.delete('namespaces', 'team');
    assert.equal(again.object.object().metadata.resourceVersion, terminating.metadata.resourceVersion);

    const finalized = { ...terminating, spec: { finalizers: [] } };
    await fixture.update('namespaces', finalized, { subresource: 'finalize' });
    await assert.rejects(fixture.get('namespaces', 'team'), apiError(404, 'namespaces "team" not found'));
  });

  it('sets spec.finalizers, which only the subresource does, and keeps the status', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n' },
    });
    const wanted = { ...created, spec: { finalizers: ['example.com/x'] }, status: { phase: 'Terminating' } };
    const viaMain = await fixture.update('namespaces', wanted);
    assert.deepEqual(viaMain['spec'], { finalizers: ['kubernetes'] });
    const viaFinalize = await fixture.update(
      'namespaces',
      { ...wanted, metadata: { ...viaMain.metadata, labels: { more: 'x' } } },
      { subresource: 'finalize' },
    );
    assert.deepEqual(viaFinalize['spec'], { finalizers: ['example.com/x'] });
    assert.deepEqual(viaFinalize['status'], { phase: 'Active' });
    assert.deepEqual(viaFinalize.metadata.labels, { 'kubernetes.io/metadata.name': 'n', more: 'x' });
    await assert.rejects(
      fixture.update('namespaces', { ...viaFinalize, spec: { finalizers: ['x'] } }, { subresource: 'finalize' }),
      apiError(422, /spec.finalizers\[0\]: Invalid value: "x": name is neither a standard finalizer name/),
    );
  });
});

describe('scale', () => {
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } };
  const get = async (fixture: Fixture): Promise<KubeObject> => {
    const target = fixture.target('widgets.example.com', { name: 'w', subresource: 'scale' });
    return (await fixture.registry.get(fixture.ctx(), target, {})).object();
  };

  it('is an autoscaling/v1 view of the object', async () => {
    const fixture = await createFixture();
    const { metadata } = await fixture.create('widgets.example.com', widget);
    const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
    assert.deepEqual(await get(fixture), {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=widget' },
    });
  });

  it('sets the replicas by update, patch and apply', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    const target = fixture.target('widgets.example.com', { name: 'w', subresource: 'scale' });
    const scale = { ...(await get(fixture)), spec: { replicas: 3 } };
    const updated = await fixture.registry.update(fixture.ctx(), target, object(scale), written);
    assert.deepEqual(updated.object.object()['spec'], { replicas: 3 });
    const stored = await fixture.get('widgets.example.com', 'w');
    assert.deepEqual([stored['spec'], stored.metadata.generation], [{ size: 3 }, 2]);
    await assert.rejects(
      fixture.registry.update(fixture.ctx(), target, object(scale), written),
      apiError(409, /the object has been modified/),
    );

    const subresource = 'scale';
    const patch = { spec: { replicas: 5 } };
    const patched = await fixture.patch('widgets.example.com', 'w', 'merge', patch, { subresource });
    assert.deepEqual(patched.object.object()['spec'], { replicas: 5 });
    const config = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'w' }, spec: { replicas: 7 } };
    const applying = { subresource, fieldManager: 'hpa' };
    await assert.rejects(
      fixture.patch('widgets.example.com', 'w', 'apply', config, applying),
      apiError(409, /^Apply failed with 1 conflict: conflict with "test" .*: .spec.(size|replicas)$/),
    );
    await fixture.patch('widgets.example.com', 'w', 'apply', config, { ...applying, force: true });
    assert.deepEqual((await fixture.get('widgets.example.com', 'w'))['spec'], { size: 7 });
  });

  it('refuses what is no number of replicas, and resources without one', async () => {
    const fixture = await createFixture();
    await fixture.create('widgets.example.com', widget);
    await assert.rejects(
      fixture.patch('widgets.example.com', 'w', 'merge', { spec: { replicas: -1 } }, { subresource: 'scale' }),
      apiError(
        422,
        'Scale.autoscaling "w" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      ),
    );
    await fixture.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } });
    const target = fixture.target('configmaps', { name: 'c', subresource: 'scale' });
    await assert.rejects(fixture.registry.get(fixture.ctx(), target, {}), apiError(405, /not supported/));
  });
});

describe('serviceaccounts/token', () => {
  const issuer: TokenIssuer = {
    issue: ({ namespace, serviceAccount, audiences, expirationSeconds, boundTo }) =>
      Promise.resolve({
        token: `${namespace}/${serviceAccount.name}/${boundTo?.kind ?? '-'}`,
        expiration: new Date(expirationSeconds * 1000),
        audiences: audiences.length === 0 ? ['api'] : audiences,
      }),
  };
  const request = (spec: JsonObject = {}): KubeObject =>
    object({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec });
  const ask = async (fixture: Fixture, body: KubeObject, name = 'default'): Promise<KubeObject> => {
    const target = fixture.target('serviceaccounts', { name, subresource: 'token' });
    return (await fixture.registry.create(fixture.ctx(), target, body, written)).object();
  };

  it('answers with a token and what it is good for', async () => {
    const fixture = await createFixture({ standard: { tokenIssuer: issuer } });
    const answer = await ask(fixture, request());
    assert.deepEqual(answer['spec'], { audiences: ['api'], expirationSeconds: 3600, boundObjectRef: null });
    assert.deepEqual(answer['status'], { token: 'default/default/-', expirationTimestamp: '1970-01-01T01:00:00Z' });
  });

  it('binds tokens to objects that exist', async () => {
    const fixture = await createFixture({ standard: { tokenIssuer: issuer } });
    const bound = { apiVersion: 'v1', kind: 'Secret', name: 's' };
    await assert.rejects(ask(fixture, request({ boundObjectRef: bound })), apiError(404, 'secrets "s" not found'));
    await fixture.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
    const answer = await ask(fixture, request({ boundObjectRef: bound }));
    assert.equal((answer['status'] as { token: string }).token, 'default/default/Secret');
    await assert.rejects(
      ask(fixture, request({ boundObjectRef: { ...bound, uid: 'other' } })),
      apiError(409, /the UID in the bound object reference \(other\) does not match the UID in record/),
    );
    await assert.rejects(
      ask(fixture, request({ boundObjectRef: { ...bound, kind: 'ConfigMap' } })),
      apiError(400, 'cannot bind token to object of type /v1, Kind=ConfigMap'),
    );
  });

  it('refuses accounts that are missing and lifetimes out of bounds', async () => {
    const fixture = await createFixture({ standard: { tokenIssuer: issuer } });
    await assert.rejects(ask(fixture, request(), 'nobody'), apiError(404, 'serviceaccounts "nobody" not found'));
    await assert.rejects(
      ask(fixture, request({ expirationSeconds: 5 })),
      apiError(422, /spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes/),
    );
  });
});

describe('pods', () => {
  const pod = (name: string, more: JsonObject = {}): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'x' } },
    spec: { containers: [{ name: 'c', image: 'i' }], ...more },
  });
  const post = (fixture: Fixture, name: string, subresource: string, body: JsonObject): Promise<unknown> =>
    fixture.registry.create(fixture.ctx(), fixture.target('pods', { name, subresource }), object(body), written);
  const bind = (fixture: Fixture, name: string): Promise<unknown> =>
    post(fixture, name, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: 'n1' },
    });

  it('run as the default ServiceAccount, or as one that exists', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('pods', pod('a'));
    assert.equal((created['spec'] as { serviceAccountName: string }).serviceAccountName, 'default');
    await assert.rejects(
      fixture.create('pods', pod('b', { serviceAccountName: 'nobody' })),
      apiError(
        403,
        'pods "b" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
      ),
    );
  });

  it('get their node once', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', pod('a'));
    await bind(fixture, 'a');
    const bound = await fixture.get('pods', 'a');
    assert.equal((bound['spec'] as { nodeName: string }).nodeName, 'n1');
    await assert.rejects(
      bind(fixture, 'a'),
      apiError(409, 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"'),
    );
  });

  it('go at once without a node, and after their grace period with one', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', pod('free'));
    assert.equal((await fixture.delete('pods', 'free')).done, true);
    await fixture.create('pods', pod('bound'));
    await bind(fixture, 'bound');
    const first = await fixture.delete('pods', 'bound');
    assert.equal(first.done, false);
    assert.equal(first.object.object().metadata.deletionGracePeriodSeconds, 30);
    const longer = await fixture.delete('pods', 'bound', { gracePeriodSeconds: 60 });
    assert.equal(longer.object.object().metadata.deletionGracePeriodSeconds, 30);
    const shorter = await fixture.delete('pods', 'bound', { gracePeriodSeconds: 5 });
    assert.equal(shorter.object.object().metadata.deletionGracePeriodSeconds, 5);
    assert.equal((await fixture.delete('pods', 'bound', { gracePeriodSeconds: 0 })).done, true);
  });

  it('are evicted unless a budget has nothing left', async () => {
    const fixture = await createFixture();
    const evict = (name: string): Promise<unknown> =>
      post(fixture, name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
    const running = async (name: string): Promise<void> => {
      await fixture.create('pods', pod(name));
      await bind(fixture, name);
      const stored = await fixture.get('pods', name);
      await fixture.update(
        'pods',
        object({ ...stored, status: { ...(stored['status'] as JsonObject), phase: 'Running' } } as JsonObject),
        { subresource: 'status' },
      );
    };
    await running('a');
    await running('b');
    const budget = await fixture.create('poddisruptionbudgets.policy', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'budget' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
    });
    const status = {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    };
    await fixture.update('poddisruptionbudgets.policy', object({ ...budget, status } as JsonObject), {
      subresource: 'status',
    });
    await evict('a');
    assert.ok((await fixture.get('pods', 'a')).metadata.deletionTimestamp);
    await assert.rejects(
      evict('b'),
      apiError(429, "Cannot evict pod as it would violate the pod's disruption budget."),
    );
  });
});

describe('reviews', () => {
  const asked: object[] = [];
  const authorizer: ReviewAuthorizer = {
    authorize({ user, verb, resource, namespace, path }) {
      asked.push({ user: user.name, verb, resource, namespace, path });
      return Promise.resolve(
        verb === 'get' ? { outcome: 'allow', reason: 'because' } : { outcome: 'deny', reason: '' },
      );
    },
    rulesFor: (user) =>
      Promise.resolve({
        resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: [user.name] }],
        nonResourceRules: [],
        incomplete: false,
        evaluationError: undefined,
      }),
  };
  const review = async (resource: string, spec: JsonObject, namespace?: string): Promise<KubeObject> => {
    const fixture = await createFixture({ standard: { authorizer } });
    const target = fixture.target(`${resource}.authorization.k8s.io`, namespace === undefined ? {} : { namespace });
    const body = object({ apiVersion: 'authorization.k8s.io/v1', kind: target.definition.kind, metadata: {}, spec });
    return (await fixture.registry.create(fixture.ctx({ user: alice }), target, body, written)).object();
  };

  it('of access ask the authorizer about the caller or somebody else', async () => {
    asked.length = 0;
    const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' };
    const self = await review('selfsubjectaccessreviews', { resourceAttributes });
    assert.deepEqual(self['status'], { allowed: true, reason: 'because' });
    assert.deepEqual(self['spec'], { resourceAttributes });
    const nonResourceAttributes = { verb: 'post', path: '/x' };
    const other = await review('subjectaccessreviews', { user: 'bob', nonResourceAttributes });
    assert.deepEqual(other['status'], { allowed: false, denied: true });
    assert.deepEqual(asked, [
      { user: 'alice', verb: 'get', resource: 'pods', namespace: 'default', path: '' },
      { user: 'bob', verb: 'post', resource: '', namespace: '', path: '/x' },
    ]);
  });

  it('that ask nothing, or about nobody, are invalid', async () => {
    await assert.rejects(
      review('selfsubjectaccessreviews', {}),
      apiError(422, /exactly one of nonResourceAttributes or resourceAttributes must be specified/),
    );
    await assert.rejects(
      review('subjectaccessreviews', { resourceAttributes: { verb: 'get' } }),
      apiError(422, /at least one of user or group must be specified/),
    );
    await assert.rejects(
      review('localsubjectaccessreviews', { user: 'bob', resourceAttributes: { namespace: 'other' } }, 'default'),
      apiError(422, /spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace$/),
    );
  });

  it('of rules list what the caller may do in a namespace', async () => {
    const { status } = await review('selfsubjectrulesreviews', { namespace: 'default' });
    assert.deepEqual(status, {
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['alice'] }],
      nonResourceRules: [],
      incomplete: false,
    });
  });

  it('of the caller say who he is', async () => {
    const fixture = await createFixture();
    const target = fixture.target('selfsubjectreviews.authentication.k8s.io');
    const body = object({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} });
    const answer = await fixture.registry.create(fixture.ctx({ user: alice }), target, body, written);
    assert.deepEqual(answer.object()['status'], {
      userInfo: { username: 'alice', uid: 'u1', groups: ['system:authenticated'] },
    });
    await assert.rejects(fixture.registry.list(fixture.ctx(), target, {}), apiError(405, /list is not supported/));
  });
});
