import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyRule } from '../../src/api/rbac.authorization.k8s.io/v1/rules.ts';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import type { Attributes } from '../../src/authorization/authorizer.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import type { ClusterName } from '../../src/logicalcluster/name.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import { storedText } from '../../src/storage/serialized-object.ts';
import { makeCluster } from '../support/http-stack.ts';
import { random } from '../support/random.ts';

const group = 'rbac.authorization.k8s.io';
const clusters = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'] as const;
const namespaces = ['default', 'kube-system', ''] as const;
const names = ['', 'a'] as const;
const verbs = ['get', 'list', 'create', 'delete', 'impersonate', 'deletecollection'] as const;
const things = [
  ['', 'pods', ''],
  ['', 'pods', 'log'],
  ['', 'secrets', ''],
  ['apps', 'deployments', ''],
  ['apps', 'deployments', 'scale'],
  ['', 'users', ''],
] as const;
const users = [
  { name: 'ann', groups: ['system:authenticated'] },
  { name: 'bob', groups: ['devs', 'system:authenticated'] },
  { name: 'cid', groups: ['devs', 'ops', 'system:authenticated'] },
  { name: 'system:serviceaccount:default:robot', groups: ['system:serviceaccounts', 'system:authenticated'] },
  { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  { name: 'root', groups: ['system:masters'] },
] as const;

type Binding = {
  cluster: string;
  namespace: string;
  role: string;
  ofNamespace: boolean;
  subject: { kind: string; name: string; namespace?: string };
};
/** By cluster, namespace ('' for ClusterRoles) and name. */
type World = { roles: Map<string, PolicyRule[]>; bindings: Binding[] };
type Case = {
  user: { name: string; groups: readonly string[] };
  cluster: string;
  namespace: string;
  verb: string;
  thing: readonly [group: string, resource: string, subresource: string];
  name: string;
};

/** What RBAC says, written as plainly as its documentation: no index, no cache, no code of the server. */
function expected({ roles, bindings }: World, { user, cluster, namespace, verb, thing, name }: Case): boolean {
  if (user.groups.includes('system:masters')) return true;
  const [apiGroup, resource, subresource] = thing;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const concerns = ({ subject, namespace: bindingNamespace }: Binding): boolean => {
    if (subject.kind === 'User') return subject.name === user.name;
    if (subject.kind === 'Group') return user.groups.includes(subject.name);
    const account = `system:serviceaccount:${subject.namespace ?? bindingNamespace}:${subject.name}`;
    return (subject.namespace ?? bindingNamespace) !== '' && account === user.name;
  };
  const here = bindings.filter((binding) => binding.cluster === cluster && concerns(binding));
  const general = ['system:authenticated', 'system:unauthenticated'];
  const enters =
    here.some(({ subject }) => subject.kind !== 'Group' || !general.includes(subject.name)) ||
    user.groups.includes('system:serviceaccounts');
  if (!enters) return false;
  return here.some((binding) => {
    if (binding.namespace !== '' && binding.namespace !== namespace) return false;
    const rules = roles.get(`${cluster}/${binding.ofNamespace ? binding.namespace : ''}/${binding.role}`) ?? [];
    return rules.some(
      (rule) =>
        ['*', verb].some((each) => rule.verbs?.includes(each)) &&
        ['*', apiGroup].some((each) => rule.apiGroups?.includes(each)) &&
        ['*', whole, ...(subresource === '' ? [] : [`*/${subresource}`])].some((each) =>
          rule.resources?.includes(each),
        ) &&
        (rule.resourceNames === undefined || rule.resourceNames.includes(name)),
    );
  });
}

function makeWorld(seed: number): World {
  const { pick, some, chance } = random(seed);
  const world: World = { roles: new Map(), bindings: [] };
  for (const cluster of clusters) {
    for (let i = 0; i < 6; i++) {
      const rule = (): PolicyRule => ({
        verbs: some([...verbs, '*']),
        apiGroups: some(['', 'apps', '*']),
        resources: some(['pods', 'pods/log', 'secrets', 'deployments', 'deployments/scale', '*/scale', 'users', '*']),
        ...(chance(0.3) ? { resourceNames: ['a'] } : {}),
      });
      world.roles.set(`${cluster}/${pick(['', 'default', 'kube-system'])}/r${i}`, [rule(), rule()]);
    }
    for (let i = 0; i < 5; i++) {
      const namespace = pick(['', 'default', 'kube-system']);
      const subject = pick([
        { kind: 'User', name: 'ann' },
        { kind: 'User', name: 'system:anonymous' },
        { kind: 'Group', name: 'devs' },
        { kind: 'Group', name: 'ops' },
        { kind: 'Group', name: 'system:authenticated' },
        { kind: 'ServiceAccount', name: 'robot', namespace: 'default' },
      ]);
      // Also roles that do not exist, and those of the same name elsewhere.
      const ofNamespace = namespace !== '' && chance(0.5);
      world.bindings.push({ cluster, namespace, role: `r${i}`, ofNamespace, subject });
    }
  }
  return world;
}

async function authorizerOf(world: World) {
  const store = createMemoryStore();
  for (const cluster of clusters) await makeCluster(store, 'root', `w-${cluster}`, cluster);
  const put = async (cluster: string, kind: string, namespace: string, name: string, rest: object): Promise<void> => {
    const metadata = { name, ...(namespace === '' ? {} : { namespace }) };
    const object = { kind, apiVersion: `${group}/v1`, metadata, ...rest } as KubeObject;
    const resource = `${kind.toLowerCase()}s.${group}`;
    const key = { cluster: cluster as ClusterName, resource, namespace, name };
    const [outcome] = await store.commit([{ op: 'create', key, text: storedText(object) }]);
    assert.equal(outcome?.ok, true);
  };
  for (const [key, rules] of world.roles) {
    const [cluster = '', namespace = '', name = ''] = key.split('/');
    await put(cluster, namespace === '' ? 'ClusterRole' : 'Role', namespace, name, { rules });
  }
  for (const [index, { cluster, namespace, role, ofNamespace, subject }] of world.bindings.entries()) {
    await put(cluster, namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding', namespace, `b${index}`, {
      roleRef: { apiGroup: group, kind: ofNamespace ? 'Role' : 'ClusterRole', name: role },
      subjects: [subject],
    });
  }
  return { store, authorizer: createAuthorizer({ store }) };
}

describe('access', () => {
  it('is for every user, cluster, namespace, verb and resource what RBAC says', async () => {
    let cases = 0;
    let allowed = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const world = makeWorld(seed);
      const { store, authorizer } = await authorizerOf(world);
      for (const user of users) {
        const info = { name: user.name, uid: '', groups: user.groups, extra: {} };
        for (const cluster of clusters) {
          const record = await store.cluster(cluster as ClusterName);
          assert.ok(record);
          for (const namespace of namespaces)
            for (const verb of verbs)
              for (const thing of things)
                for (const name of names) {
                  const [apiGroup, resource, subresource] = thing;
                  const attributes: Attributes = {
                    user: info,
                    cluster: record,
                    verb,
                    group: apiGroup,
                    version: 'v1',
                    resource,
                    subresource,
                    namespace,
                    name,
                    path: '',
                  };
                  const decision = await authorizer.authorize(attributes);
                  const wanted = expected(world, { user, cluster, namespace, verb, thing, name });
                  cases++;
                  if (wanted) allowed++;
                  if ((decision.outcome === 'allow') !== wanted)
                    assert.fail(
                      `seed ${seed}: ${user.name} ${verb} ${thing.join('/')} ${namespace} ${name} ${cluster}`,
                    );
                  if (cases % 7 === 0) assert.equal((await authorizer.explain(attributes)).allowed, wanted);
                }
        }
      }
      await store.close();
    }
    assert.ok(cases >= 10_000, `${cases} cases`);
    assert.ok(allowed > cases / 20 && allowed < cases * 0.8, `${allowed} of ${cases} are allowed`);
  });
});
