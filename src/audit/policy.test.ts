import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attributes, everythingAt, parsePolicy, PolicyError } from './policy.ts';

const get: Attributes = {
  user: { name: 'ada', groups: ['devs', 'system:authenticated'] },
  verb: 'get',
  isResourceRequest: true,
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'shop',
  name: 'web',
  path: '/api/v1/namespaces/shop/pods/web',
};

function policy(rules: string): ReturnType<typeof parsePolicy> {
  return parsePolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n${rules}`);
}

test('the first rule that fits decides, and what none fits is not recorded', () => {
  const decide = policy(`
- {level: None, users: [system:kube-proxy]}
- {level: Request, verbs: [create], resources: [{group: apps}]}
- {level: Metadata, resources: [{group: "", resources: [pods, pods/log]}]}
`);
  assert.equal(decide({ ...get, user: { name: 'system:kube-proxy', groups: [] } }).level, 'None');
  assert.equal(decide({ ...get, verb: 'create', group: 'apps', resource: 'deployments' }).level, 'Request');
  assert.equal(decide(get).level, 'Metadata');
  assert.equal(decide({ ...get, subresource: 'log' }).level, 'Metadata');
  assert.equal(decide({ ...get, subresource: 'exec' }).level, 'None');
  assert.equal(decide({ ...get, isResourceRequest: false, resource: '', path: '/version' }).level, 'None');
});

test('resources are matched whole, by subresource and by wildcard', () => {
  const level = (resources: string, attributes: Partial<Attributes>): string =>
    policy(`- {level: Metadata, resources: [{group: "", resources: [${resources}]}]}`)({ ...get, ...attributes }).level;
  assert.equal(level('"*"', { subresource: 'log' }), 'Metadata');
  assert.equal(level('"*/status"', { subresource: 'status' }), 'Metadata');
  assert.equal(level('"*/status"', {}), 'None');
  assert.equal(level('"pods/*"', { subresource: 'status' }), 'Metadata');
  assert.equal(level('pods', { subresource: 'status' }), 'None');
});

test('names, namespaces, groups and paths narrow a rule', () => {
  const named = policy(
    `- {level: Metadata, namespaces: [shop], resources: [{group: "", resources: [pods], resourceNames: [web]}]}`,
  );
  assert.equal(named(get).level, 'Metadata');
  assert.equal(named({ ...get, name: 'other' }).level, 'None');
  assert.equal(named({ ...get, namespace: '' }).level, 'None');
  assert.equal(policy('- {level: Metadata, userGroups: [devs]}')(get).level, 'Metadata');
  const paths = policy('- {level: Metadata, nonResourceURLs: ["/healthz*", "/version"]}');
  const at = (path: string): string => paths({ ...get, isResourceRequest: false, path }).level;
  assert.deepEqual([at('/healthz/ping'), at('/version'), at('/versions')], ['Metadata', 'Metadata', 'None']);
  assert.equal(paths(get).level, 'None');
});

test('stages and managed fields are left out as the policy and its rules say', () => {
  const { omitStages, omitManagedFields } = parsePolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules: [{level: Metadata, omitStages: [ResponseStarted], omitManagedFields: false}]
`)(get);
  assert.deepEqual([...omitStages], ['RequestReceived', 'ResponseStarted']);
  assert.equal(omitManagedFields, false);
  assert.equal(everythingAt('Metadata')(get).level, 'Metadata');
});

test('a policy that makes no sense is refused with the place', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['- {level: Everything}', /rules\[0\]\.level/],
    ['- {level: None, omitStages: [Sometime]}', /omitStages: "Sometime"/],
    ['- {level: None, resources: [{group: apps/v1}]}', /resources\[0\]\.group/],
    ['- {level: None, resources: [{resourceNames: [a]}]}', /requires at least one resource/],
    ['- {level: None, namespaces: [a], nonResourceURLs: [/a]}', /cannot apply to both/],
    ['- {level: None, nonResourceURLs: ["/a*b"]}', /may end with a wildcard/],
    ['- {level: None', /^policy: /],
  ];
  for (const [rules, message] of refused)
    assert.throws(
      () => policy(rules),
      (error) => error instanceof PolicyError && message.test(error.message),
      rules,
    );
  assert.throws(() => parsePolicy('{apiVersion: audit.k8s.io/v1, kind: Policy, rules: []}'), /at least one rule/);
  assert.throws(() => parsePolicy('kind: Policy'), /apiVersion audit.k8s.io\/v1/);
});
