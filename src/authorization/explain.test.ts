import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PolicyRule } from '../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { ClusterRecord } from '../storage/object-store.ts';
import { decideWithoutPolicy } from './always-allow.ts';
import type { Attributes } from './authorizer.ts';
import { explain } from './explain.ts';
import { ruleAllows } from './rbac/evaluate.ts';
import { Policy } from './rbac/policy.ts';
import type { RbacObject } from './rbac/roles.ts';
import { mayEnter } from './workspace-access.ts';

const cluster = { name: 'aaaaaaaaaaaaaaaa' as ClusterName } as ClusterRecord;

function stored(resource: string, namespace: string, name: string, rest: object): RbacObject {
  const object = { metadata: { name }, ...rest } as RbacObject['object'];
  return { key: { cluster: cluster.name, resource, namespace, name }, labels: {}, object };
}
const role = (name: string, rules: readonly PolicyRule[], namespace = ''): RbacObject =>
  stored('roles', namespace, name, { rules });
const bind = (kind: string, roleName: string, user: string, namespace = ''): RbacObject =>
  stored('bindings', namespace, `${roleName}-${user}`, {
    roleRef: { kind, name: roleName },
    subjects: [{ kind: 'User', name: user }],
  });
const ask = (user: string, request: Partial<Attributes>): Attributes => ({
  user: { name: user, uid: '', groups: ['system:authenticated'], extra: {} },
  cluster,
  verb: 'get',
  group: '',
  version: 'v1',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  path: '',
  ...request,
});

const policy = new Policy({
  clusterRoles: [
    role('view', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }]),
    role('edit', [{ verbs: ['*'], apiGroups: [''], resources: ['pods'] }]),
  ],
  clusterRoleBindings: [],
  roles: [role('one', [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] }], 'default')],
  roleBindings: [bind('ClusterRole', 'view', 'ann', 'default'), bind('Role', 'one', 'ann', 'default')],
});

describe('an explanation', () => {
  it('names the binding and the rule that allow', () => {
    const { binding, rule, ...rest } = explain(policy, ask('ann', { resource: 'pods', namespace: 'default' }));
    assert.equal(binding, 'RoleBinding "view-ann/default" of ClusterRole "view" to User "ann"');
    assert.deepEqual(rule, { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] });
    assert.deepEqual(rest, { allowed: true, authorizer: 'RBAC', reason: `RBAC: allowed by ${binding}` });
  });

  it('says what is missing, what comes near, and which roles have it', () => {
    const explanation = explain(policy, ask('ann', { verb: 'delete', resource: 'pods', namespace: 'default' }));
    const binding = 'RoleBinding "view-ann/default" of ClusterRole "view" to User "ann"';
    assert.deepEqual(explanation, {
      allowed: false,
      authorizer: 'RBAC',
      reason: 'no rule of any role that the user holds allows it',
      missing: { verbs: ['delete'], apiGroups: [''], resources: ['pods'] },
      near: [{ binding, problem: 'allows only the verbs get, list' }],
      roles: ['ClusterRole/edit'],
    });
    const near = (request: Partial<Attributes>) =>
      explain(policy, ask('ann', request)).near?.map(({ problem }) => problem);
    assert.deepEqual(near({ resource: 'pods', namespace: 'other' }), ['holds in the namespace default only']);
    assert.deepEqual(near({ resource: 'secrets', name: 'b', namespace: 'default' }), ['is for the names a']);
    assert.deepEqual(near({ resource: 'configmaps', namespace: 'default' }), []);
  });

  it('says who decided before RBAC', () => {
    const masters = { ...ask('root', {}).user, groups: ['system:masters'] };
    assert.equal(explain(policy, ask('x', { user: masters, resource: 'pods' })).authorizer, 'system:masters');
    assert.equal(explain(policy, ask('bob', { path: '/healthz' })).authorizer, 'public path');
    const { authorizer, allowed } = explain(policy, ask('bob', { resource: 'pods' }));
    assert.deepEqual([authorizer, allowed], ['workspace access', false]);
  });

  it('never says other than what is decided, and its missing rule always helps', () => {
    const word = fc.constantFrom('get', 'list', 'pods', 'secrets', '*', 'a', '', 'default', 'ann', 'bob', '/x', '/api');
    const rule = fc.record({
      verbs: fc.array(word, { maxLength: 3 }),
      apiGroups: fc.array(word, { maxLength: 2 }),
      resources: fc.array(word, { maxLength: 3 }),
      resourceNames: fc.array(word, { maxLength: 1 }),
      nonResourceURLs: fc.array(word, { maxLength: 1 }),
    });
    const request = fc.record({ verb: word, group: word, resource: word, namespace: word, name: word, path: word });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), word, word, request, (rules, user, namespace, wanted) => {
        const made = new Policy({
          clusterRoles: [role('r', rules)],
          clusterRoleBindings: [],
          roles: [],
          roleBindings: [bind('ClusterRole', 'r', 'ann', namespace)],
        });
        const asked = ask(user, wanted);
        const allowed =
          decideWithoutPolicy(asked) !== undefined ||
          (mayEnter(asked.user, made) && made.decide(asked.user, asked).outcome === 'allow');
        const explanation = explain(made, asked);
        assert.equal(explanation.allowed, allowed);
        if (!allowed) assert.ok(explanation.missing !== undefined && ruleAllows(explanation.missing, asked));
      }),
      { numRuns: 500 },
    );
  });
});
