import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PolicyRule } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { UserInfo } from '../../registry/registry.ts';
import { Policy, type RbacObjects } from './policy.ts';
import type { RbacObject } from './roles.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';

function stored(
  kind: string,
  namespace: string,
  name: string,
  rest: object,
  labels: Record<string, string> = {},
): RbacObject {
  const object = { kind, apiVersion, metadata: { name, namespace, labels }, ...rest } as KubeObject;
  return { key: { cluster: rootCluster, resource: kind, namespace, name }, labels, object };
}

const clusterRole = (name: string, rules: PolicyRule[], labels?: Record<string, string>) =>
  stored('ClusterRole', '', name, { rules }, labels);
const role = (namespace: string, name: string, rules: PolicyRule[]) => stored('Role', namespace, name, { rules });
const aggregated = (name: string, matchLabels: Record<string, string>, labels?: Record<string, string>) =>
  stored('ClusterRole', '', name, { rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } }, labels);
const subject = (kind: string, name: string, namespace?: string) => ({
  kind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
});
const clusterRoleBinding = (name: string, roleName: string, subjects: object[]) =>
  stored('ClusterRoleBinding', '', name, { roleRef: { kind: 'ClusterRole', name: roleName }, subjects });
const roleBinding = (namespace: string, name: string, kind: string, roleName: string, subjects: object[]) =>
  stored('RoleBinding', namespace, name, { roleRef: { kind, name: roleName }, subjects });

const policy = (objects: Partial<RbacObjects>) =>
  new Policy({ clusterRoles: [], clusterRoleBindings: [], roles: [], roleBindings: [], ...objects });
const user = (name: string, ...groups: string[]): UserInfo => ({ name, uid: '', groups, extra: {} });
const ask = (verb: string, resource: string, more: object = {}) => ({
  verb,
  group: '',
  resource,
  subresource: '',
  namespace: '',
  name: '',
  path: '',
  ...more,
});

const podReader: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] };

test('a ClusterRoleBinding grants everywhere, a RoleBinding in its namespace', () => {
  const sut = policy({
    clusterRoles: [clusterRole('reader', [podReader])],
    clusterRoleBindings: [clusterRoleBinding('all', 'reader', [subject('User', 'ann')])],
    roleBindings: [roleBinding('a', 'some', 'ClusterRole', 'reader', [subject('Group', 'devs')])],
  });
  const outcome = (who: UserInfo, namespace: string) => sut.decide(who, ask('get', 'pods', { namespace })).outcome;
  assert.deepEqual(
    [outcome(user('ann'), ''), outcome(user('ann'), 'a'), outcome(user('bob', 'devs'), 'a')],
    ['allow', 'allow', 'allow'],
  );
  assert.deepEqual(
    [outcome(user('bob', 'devs'), ''), outcome(user('bob', 'devs'), 'b'), outcome(user('bob'), 'a')],
    ['noOpinion', 'noOpinion', 'noOpinion'],
  );
});

test('a decision says which binding made it', () => {
  const sut = policy({
    clusterRoles: [clusterRole('reader', [podReader])],
    clusterRoleBindings: [clusterRoleBinding('all', 'reader', [subject('User', 'ann')])],
    roleBindings: [roleBinding('a', 'some', 'ClusterRole', 'reader', [subject('ServiceAccount', 'robot')])],
  });
  assert.equal(
    sut.decide(user('ann'), ask('get', 'pods')).reason,
    'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "reader" to User "ann"',
  );
  assert.equal(
    sut.decide(user('system:serviceaccount:a:robot'), ask('get', 'pods', { namespace: 'a' })).reason,
    'RBAC: allowed by RoleBinding "some/a" of ClusterRole "reader" to ServiceAccount "robot/a"',
  );
});

test('a ServiceAccount subject is of its namespace, or of the binding', () => {
  const sut = policy({
    clusterRoles: [clusterRole('reader', [podReader])],
    clusterRoleBindings: [
      clusterRoleBinding('named', 'reader', [subject('ServiceAccount', 'one', 'x')]),
      clusterRoleBinding('nowhere', 'reader', [subject('ServiceAccount', 'two')]),
    ],
  });
  const outcome = (name: string) => sut.decide(user(name), ask('get', 'pods')).outcome;
  assert.equal(outcome('system:serviceaccount:x:one'), 'allow');
  for (const name of ['system:serviceaccount:y:one', 'system:serviceaccount::two', 'two', 'one'])
    assert.equal(outcome(name), 'noOpinion');
});

test('roles that are missing are told, each once, and hide nothing else', () => {
  const sut = policy({
    clusterRoles: [clusterRole('reader', [podReader])],
    clusterRoleBindings: [
      clusterRoleBinding('gone1', 'gone', [subject('User', 'ann')]),
      clusterRoleBinding('gone2', 'gone', [subject('Group', 'devs')]),
      clusterRoleBinding('there', 'reader', [subject('User', 'ann')]),
    ],
    roleBindings: [roleBinding('a', 'some', 'Role', 'absent', [subject('User', 'ann')])],
  });
  const ann = user('ann', 'devs');
  assert.equal(sut.decide(ann, ask('get', 'pods')).outcome, 'allow');
  assert.equal(
    sut.decide(ann, ask('get', 'secrets')).reason,
    'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  );
  assert.equal(
    sut.decide(ann, ask('get', 'secrets', { namespace: 'a' })).reason,
    'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "absent" not found]',
  );
  assert.equal(sut.decide(user('bob'), ask('get', 'secrets')).reason, '');
});

test('an aggregated role is the union of what its selectors reach', () => {
  const rule = (resource: string): PolicyRule => ({ verbs: ['get'], apiGroups: [''], resources: [resource] });
  const sut = policy({
    clusterRoles: [
      aggregated('admin', { 'to-admin': 'true' }),
      aggregated('edit', { 'to-edit': 'true' }, { 'to-admin': 'true' }),
      clusterRole('for-admin', [rule('secrets')], { 'to-admin': 'true' }),
      clusterRole('for-edit', [rule('pods')], { 'to-edit': 'true' }),
      aggregated('circle-a', { circle: 'b' }, { circle: 'a' }),
      aggregated('circle-b', { circle: 'a' }, { circle: 'b', 'to-edit': 'true' }),
    ],
    clusterRoleBindings: [
      clusterRoleBinding('1', 'admin', [subject('User', 'ann')]),
      clusterRoleBinding('2', 'edit', [subject('User', 'bob')]),
      clusterRoleBinding('3', 'circle-a', [subject('User', 'eve')]),
    ],
  });
  const may = (name: string) =>
    ['pods', 'secrets'].filter((what) => sut.decide(user(name), ask('get', what)).outcome === 'allow');
  assert.deepEqual([may('ann'), may('bob'), may('eve')], [['pods', 'secrets'], ['pods'], []]);
});

test('rules are told for reviews, with what could not be read', () => {
  const sut = policy({
    clusterRoles: [clusterRole('reader', [podReader])],
    clusterRoleBindings: [clusterRoleBinding('gone', 'gone', [subject('Group', 'devs')])],
    roleBindings: [roleBinding('a', 'some', 'ClusterRole', 'reader', [subject('User', 'ann')])],
  });
  assert.deepEqual(sut.rulesFor(user('ann', 'devs'), 'a'), {
    rules: [podReader],
    error: 'clusterrole.rbac.authorization.k8s.io "gone" not found',
  });
  assert.deepEqual(sut.rulesFor(user('ann'), 'b'), { rules: [], error: undefined });
});

test('a user is named by a binding unless only everybody is', () => {
  const sut = policy({
    clusterRoleBindings: [
      clusterRoleBinding('1', 'x', [
        subject('Group', 'system:authenticated'),
        subject('Group', 'system:unauthenticated'),
      ]),
      clusterRoleBinding('2', 'x', [subject('User', 'ann')]),
    ],
    roleBindings: [roleBinding('a', '3', 'Role', 'x', [subject('Group', 'devs')])],
  });
  assert.equal(sut.names(user('ann')), true);
  assert.equal(sut.names(user('bob', 'devs')), true);
  assert.equal(sut.names(user('bob', 'system:authenticated')), false);
  assert.equal(sut.names(user('system:anonymous', 'system:unauthenticated')), false);
});

test('requests whose parts join to the same text are not confused', () => {
  const sut = policy({
    clusterRoles: [clusterRole('r', [{ verbs: ['get'], apiGroups: [''], resources: ['ab'], resourceNames: ['c'] }])],
    clusterRoleBindings: [clusterRoleBinding('1', 'r', [subject('User', 'ann')])],
  });
  const ann = user('ann');
  assert.equal(sut.decide(ann, ask('get', 'ab', { name: 'c' })).outcome, 'allow');
  assert.equal(sut.decide(ann, ask('get', 'a', { name: 'bc' })).outcome, 'noOpinion');
  assert.equal(sut.decide(ann, ask('get', 'ab', { namespace: 'c' })).outcome, 'noOpinion');
  assert.equal(sut.decide(ann, ask('get', 'a', { subresource: 'b', name: 'c' })).outcome, 'noOpinion');
});

// An evaluator of another make: it writes out what each rule could mean as patterns, and looks at every binding anew.
function naiveAllows(
  objects: RbacObjects,
  who: UserInfo,
  request: ReturnType<typeof ask> & {
    namespace: string;
    path: string;
    name: string;
    group: string;
    subresource: string;
  },
): boolean {
  type Binding = {
    namespace: string;
    roleRef: { kind: string; name: string };
    subjects: { kind: string; name: string; namespace?: string }[];
  };
  const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const oneOf = (values: string[] | undefined, wanted: string) =>
    (values ?? []).some((value) => value === '*' || value === wanted);
  const bindings: Binding[] = [...objects.clusterRoleBindings, ...objects.roleBindings].map((item) => ({
    ...(item.object as unknown as Omit<Binding, 'namespace'>),
    namespace: item.key.namespace,
  }));
  return bindings.some(({ namespace, roleRef, subjects }) => {
    if (namespace !== '' && namespace !== request.namespace) return false;
    const identities = new Set([`User/${who.name}`, ...who.groups.map((group) => `Group/${group}`)]);
    const [system, account, accountNamespace, accountName, ...more] = who.name.split(':');
    if (system === 'system' && account === 'serviceaccount' && more.length === 0)
      identities.add(`ServiceAccount/${accountNamespace}/${accountName}`);
    const named = subjects.some((s) =>
      identities.has(
        s.kind === 'ServiceAccount' ? `ServiceAccount/${s.namespace ?? namespace}/${s.name}` : `${s.kind}/${s.name}`,
      ),
    );
    if (!named) return false;
    const pool =
      roleRef.kind === 'Role' ? objects.roles.filter((r) => r.key.namespace === namespace) : objects.clusterRoles;
    const found = pool.find((r) => r.key.name === roleRef.name);
    const rules = (found?.object.rules ?? []) as unknown as PolicyRule[];
    return rules.some((rule) => {
      if (!oneOf(rule.verbs, request.verb)) return false;
      if (request.resource === '')
        return (rule.nonResourceURLs ?? []).some((url) =>
          new RegExp(`^${escape(url).replace(/(\\\*)+$/, '.*')}$`, 's').test(request.path),
        );
      const full = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
      const patterns = [full, '*', ...(request.subresource === '' ? [] : [`*/${request.subresource}`])];
      return (
        oneOf(rule.apiGroups, request.group) &&
        (rule.resources ?? []).some((resource) => patterns.includes(resource)) &&
        ((rule.resourceNames ?? []).length === 0 || rule.resourceNames?.includes(request.name) === true)
      );
    });
  });
}

const from = (...values: string[]) => fc.constantFrom(...values);
const some = (arbitrary: fc.Arbitrary<string>) => fc.uniqueArray(arbitrary, { minLength: 1, maxLength: 3 });
const anyRule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record(
    {
      verbs: some(from('get', 'list', 'create', '*')),
      apiGroups: some(from('', 'apps', '*')),
      resources: some(from('pods', 'pods/log', 'deployments', 'deployments/scale', '*/scale', '*/log', '*', 'pods/*')),
      resourceNames: fc.uniqueArray(from('a', 'b', ''), { maxLength: 2 }),
    },
    { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
  ),
  fc.record({
    verbs: some(from('get', 'access', '*')),
    nonResourceURLs: some(from('/', '/api', '/api/*', '/apis*', '*', '/a*b', '/**')),
  }),
);
const anySubject = fc.oneof(
  fc.record({ kind: from('User'), name: from('ann', 'bob', 'system:serviceaccount:n1:robot') }),
  fc.record({ kind: from('Group'), name: from('devs', 'ops') }),
  fc.record({ kind: from('ServiceAccount'), name: from('robot', 'other'), namespace: from('n1', 'n2') }),
);
const anyPolicy: fc.Arbitrary<RbacObjects> = fc.record({
  clusterRoles: fc
    .array(fc.array(anyRule, { maxLength: 3 }), { maxLength: 3 })
    .map((all) => all.map((rules, i) => clusterRole(`r${i}`, rules))),
  roles: fc
    .array(fc.tuple(from('n1', 'n2'), fc.array(anyRule, { maxLength: 3 })), { maxLength: 3 })
    .map((all) => all.map(([namespace, rules], i) => role(namespace, `r${i}`, rules))),
  clusterRoleBindings: fc
    .array(fc.tuple(from('r0', 'r1', 'gone'), fc.array(anySubject, { maxLength: 3 })), { maxLength: 4 })
    .map((all) => all.map(([name, subjects], i) => clusterRoleBinding(`b${i}`, name, subjects))),
  roleBindings: fc
    .array(
      fc.tuple(
        from('n1', 'n2'),
        from('Role', 'ClusterRole'),
        from('r0', 'r1', 'r2'),
        fc.array(anySubject, { maxLength: 3 }),
      ),
      { maxLength: 4 },
    )
    .map((all) =>
      all.map(([namespace, kind, name, subjects], i) => roleBinding(namespace, `b${i}`, kind, name, subjects)),
    ),
});
const anyUser = fc.record({
  name: from('ann', 'bob', 'eve', 'system:serviceaccount:n1:robot', 'system:serviceaccount:n2:other'),
  uid: fc.constant(''),
  groups: fc.uniqueArray(from('devs', 'ops', 'guests')),
  extra: fc.constant({}),
});
const anyRequest = fc.oneof(
  fc.record({
    verb: from('get', 'list', 'create', 'delete'),
    group: from('', 'apps'),
    resource: from('pods', 'deployments', 'secrets'),
    subresource: from('', 'log', 'scale', '*'),
    namespace: from('', 'n1', 'n2'),
    name: from('', 'a', 'c'),
    path: fc.constant(''),
  }),
  fc.record({
    verb: from('get', 'access'),
    group: fc.constant(''),
    resource: fc.constant(''),
    subresource: fc.constant(''),
    namespace: fc.constant(''),
    name: fc.constant(''),
    path: from('/', '/api', '/api/v1', '/apis', '/apis/apps', '/ab', '/a*b', '/x/b', ''),
  }),
);

test('every generated request gets the answer of an evaluator of another make', () => {
  let allowed = 0;
  let decisions = 0;
  fc.assert(
    fc.property(
      anyPolicy,
      fc.array(fc.tuple(anyUser, anyRequest), { minLength: 10, maxLength: 20 }),
      (objects, questions) => {
        const sut = new Policy(objects);
        for (const [who, request] of questions) {
          const expected = naiveAllows(objects, who, request);
          decisions++;
          if (expected) allowed++;
          assert.equal(sut.decide(who, request).outcome === 'allow', expected);
          assert.equal(sut.decide(who, request).outcome === 'allow', expected, 'from memory');
        }
      },
    ),
    { numRuns: 1500 },
  );
  assert.ok(decisions > 10_000 && allowed > decisions / 20, `${allowed} of ${decisions} allowed`);
});
