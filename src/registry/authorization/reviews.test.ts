import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { alice, apiError, createFixture } from '../testing.ts';
import type { ReviewAuthorizer } from './reviews.ts';

const written = { dryRun: false, fieldValidation: 'Strict' } as const;
const object = (value: JsonObject): KubeObject => value as KubeObject;

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

  it('have no metadata of their own', async () => {
    const fixture = await createFixture({ standard: { authorizer } });
    const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' };
    for (const [resource, metadata, why] of [
      ['selfsubjectaccessreviews', { name: 'x' }, /metadata: Invalid value: .*: must be empty$/],
      ['subjectaccessreviews', { labels: { a: 'b' } }, /metadata: Invalid value: .*: must be empty$/],
      ['localsubjectaccessreviews', { generateName: 'x-' }, /metadata: .*: must be empty except for namespace$/],
    ] as const) {
      const isLocal = resource.startsWith('local');
      const target = fixture.target(`${resource}.authorization.k8s.io`, isLocal ? { namespace: 'default' } : {});
      const ask = (given: JsonObject) =>
        fixture.registry.create(
          fixture.ctx({ user: alice }),
          target,
          object({
            apiVersion: 'authorization.k8s.io/v1',
            kind: target.definition.kind,
            metadata: given,
            spec: { user: 'u', resourceAttributes },
          }),
          written,
        );
      await assert.rejects(ask(metadata), apiError(422, why));
      await ask({ labels: {}, annotations: {} });
    }
  });

  it('ask with selectors that can be meant, and say which nobody can read', async () => {
    const ask = (attributes: JsonObject) =>
      review('selfsubjectaccessreviews', { resourceAttributes: { verb: 'get', resource: 'pods', ...attributes } });
    const path = 'spec.resourceAttributes';
    const required = `when ${path}.fieldSelector is specified, requirements or rawSelector is required`;
    await assert.rejects(
      ask({ fieldSelector: {} }),
      apiError(
        422,
        `.authorization.k8s.io "" is invalid: ${path}.fieldSelector.requirements: Required value: ${required}`,
      ),
    );
    const requirement = { key: 'a', operator: 'In', values: ['b'] };
    await assert.rejects(
      ask({ labelSelector: { rawSelector: 'a=b', requirements: [requirement] } }),
      apiError(422, /labelSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as/),
    );
    await assert.rejects(
      ask({ labelSelector: { requirements: [{ key: '-', operator: 'In', values: [] }] } }),
      apiError(422, /requirements\[0\].values: Required value: .*requirements\[0\].key: Invalid value: "-": name part/),
    );
    await assert.rejects(
      ask({ fieldSelector: { requirements: [{ key: '', operator: 'Exists', values: ['x'] }] } }),
      apiError(422, /requirements\[0\].key: Required value: must be specified, .*requirements\[0\].values: Forbidden/),
    );
    const error = async (attributes: JsonObject) =>
      ((await ask(attributes))['status'] as JsonObject)['evaluationError'];
    assert.equal(await error({ labelSelector: { requirements: [requirement] } }), undefined);
    assert.equal(
      await error({ labelSelector: { rawSelector: 'a===' } }),
      `${path}.labelSelector ignored due to parse error`,
    );
    assert.equal(
      await error({ labelSelector: { requirements: [requirement, { key: 'a', operator: 'Newer' }] } }),
      `${path}.labelSelector partially ignored due to parse error`,
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
