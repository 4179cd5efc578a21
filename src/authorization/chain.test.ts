import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createDefaultContent } from '../api/default-content.ts';
import type { PolicyRule } from '../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import type { UserInfo } from '../registry/registry.ts';
import { createMemoryStore } from '../storage/memory/store.ts';
import type { ClusterRecord, ObjectKey, ObjectStore } from '../storage/object-store.ts';
import { storedText } from '../storage/serialized-object.ts';
import { workspaceAccessNotPermitted } from './authorizer.ts';
import { type ClusterAuthorizer, createAuthorizer } from './chain.ts';

const group = 'rbac.authorization.k8s.io';
const team = 'aaaaaaaaaaaaaaaa' as ClusterName;

describe('the authorizer chain', () => {
  let store: ObjectStore;
  let authorizer: ClusterAuthorizer;
  let cluster: ClusterRecord;
  let root: ClusterRecord;

  beforeEach(async () => {
    store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'CA' }) });
    authorizer = createAuthorizer({ store });
    await store.commit([
      {
        op: 'createCluster',
        cluster: {
          name: team,
          parent: rootCluster,
          workspace: 'team',
          uid: 'u-team',
          createdAt: '2026-01-01T00:00:00Z',
        },
      },
    ]);
    const [found, foundRoot] = [await store.cluster(team), await store.cluster(rootCluster)];
    assert.ok(found !== undefined && foundRoot !== undefined);
    [cluster, root] = [found, foundRoot];
  });

  const user = (name: string, ...groups: string[]): UserInfo => ({
    name,
    uid: '',
    groups: [...groups, 'system:authenticated'],
    extra: {},
  });
  const key = (resource: string, namespace: string, name: string): ObjectKey => ({
    cluster: team,
    resource: `${resource}.${group}`,
    namespace,
    name,
  });

  async function create(kind: string, namespace: string, name: string, rest: object): Promise<void> {
    const object = {
      kind,
      apiVersion: `${group}/v1`,
      metadata: { name, ...(namespace === '' ? {} : { namespace }), uid: name },
      ...rest,
    } as KubeObject;
    const [outcome] = await store.commit([
      { op: 'create', key: key(`${kind.toLowerCase()}s`, namespace, name), text: storedText(object) },
    ]);
    assert.equal(outcome?.ok, true);
  }
  async function remove(resource: string, namespace: string, name: string): Promise<void> {
    const at = key(resource, namespace, name);
    const current = await store.get(at);
    assert.ok(current);
    const [outcome] = await store.commit([{ op: 'delete', key: at, expected: current.revision, text: current.text }]);
    assert.equal(outcome?.ok, true);
  }
  const bind = (namespace: string, name: string, roleName: string, subjectKind: string, subjectName: string) =>
    create(namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding', namespace, name, {
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: roleName },
      subjects: [{ kind: subjectKind, name: subjectName }],
    });
  const ask = (who: UserInfo, request: object, where: ClusterRecord = cluster) =>
    authorizer.authorize({
      user: who,
      cluster: where,
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
  const pods = { resource: 'pods', namespace: 'default' };

  it('lets system:masters do everything and everybody see health and version', async () => {
    assert.equal(
      (await ask(user('admin', 'system:masters'), { verb: 'delete', resource: 'namespaces' })).outcome,
      'allow',
    );
    const anonymous = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'], extra: {} };
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping', '/livez/poststarthook/start-x', '/version'])
      assert.equal((await ask(anonymous, { path })).outcome, 'allow');
    for (const path of [
      '/metrics',
      '/api',
      '/',
      '/healthz/../api',
      '/healthz/%2e%2e/api',
      '/healthzz',
      '/version/../api',
    ]) {
      assert.deepEqual(await ask(anonymous, { path }), { outcome: 'deny', reason: workspaceAccessNotPermitted });
    }
  });

  it('hides the logical cluster from those without access, whatever system:authenticated was given', async () => {
    await bind('', 'everybody', 'view', 'Group', 'system:authenticated');
    assert.deepEqual(await ask(user('ann'), pods), { outcome: 'deny', reason: workspaceAccessNotPermitted });
    assert.deepEqual(await ask(user('ann'), { path: '/api' }), {
      outcome: 'deny',
      reason: workspaceAccessNotPermitted,
    });
  });

  it('opens to whoever has the verb access, and then gives what everybody has', async () => {
    await bind('', 'enter', 'system:kcp:workspace:access', 'Group', 'system:authenticated');
    assert.equal((await ask(user('ann'), { path: '/api' })).outcome, 'allow');
    assert.equal((await ask(user('ann'), pods)).outcome, 'noOpinion');
    assert.equal(
      (await ask(user('ann'), { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' }))
        .outcome,
      'allow',
    );
  });

  it('opens to whoever a RoleBinding names, in that logical cluster only', async () => {
    await bind('default', 'ann-views', 'view', 'User', 'ann');
    assert.equal((await ask(user('ann'), pods)).outcome, 'allow');
    assert.equal((await ask(user('ann'), { path: '/apis' })).outcome, 'allow');
    assert.equal((await ask(user('ann'), { ...pods, namespace: 'kube-system' })).outcome, 'noOpinion');
    assert.equal((await ask(user('ann'), pods, root)).outcome, 'deny');
    assert.equal((await ask(user('bob'), pods)).outcome, 'deny');
  });

  it('lets ServiceAccounts of the logical cluster in', async () => {
    const robot = user(
      'system:serviceaccount:default:robot',
      'system:serviceaccounts',
      'system:serviceaccounts:default',
    );
    assert.equal((await ask(robot, { path: '/api' })).outcome, 'allow');
    assert.equal((await ask(robot, pods)).outcome, 'noOpinion');
    assert.equal((await ask(robot, { path: '/openid/v1/jwks' })).outcome, 'allow');
  });

  it('honours a grant as soon as it is acknowledged and never after its revocation is', async () => {
    const ann = user('ann');
    for (let i = 0; i < 20; i++) {
      assert.equal((await ask(ann, pods)).outcome, 'deny');
      await bind('default', 'b', 'edit', 'User', 'ann');
      assert.equal((await ask(ann, pods)).outcome, 'allow');
      await remove('rolebindings', 'default', 'b');
    }
    await bind('default', 'b', 'mine', 'User', 'ann');
    assert.equal((await ask(ann, pods)).reason, 'RBAC: clusterrole.rbac.authorization.k8s.io "mine" not found');
    await create('ClusterRole', '', 'mine', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] });
    assert.equal((await ask(ann, pods)).outcome, 'allow');
    await remove('clusterroles', '', 'mine');
    assert.equal((await ask(ann, pods)).outcome, 'noOpinion');
  });

  it('sees labels that join a role to an aggregated one', async () => {
    await bind('default', 'ann-views', 'view', 'User', 'ann');
    const widgets = { group: 'example.com', resource: 'widgets', namespace: 'default' };
    assert.equal((await ask(user('ann'), widgets)).outcome, 'noOpinion');
    const name = 'widget-viewer';
    const object = {
      kind: 'ClusterRole',
      apiVersion: `${group}/v1`,
      metadata: { name, labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
      rules: [{ verbs: ['get'], apiGroups: ['example.com'], resources: ['widgets'] }],
    } as KubeObject;
    await store.commit([{ op: 'create', key: key('clusterroles', '', name), text: storedText(object) }]);
    assert.equal((await ask(user('ann'), widgets)).outcome, 'allow');
  });

  it('tells a user his rules', async () => {
    await create('Role', 'default', 'r', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] });
    await create('RoleBinding', 'default', 'b', {
      roleRef: { apiGroup: group, kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', name: 'ann' }],
    });
    const review = await authorizer.rulesFor(user('ann'), team, 'default');
    const expected: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    assert.ok(review.resourceRules.some((rule) => JSON.stringify(rule) === JSON.stringify(expected)));
    assert.ok(review.nonResourceRules.some((rule) => rule.nonResourceURLs?.includes('/api/*')));
    assert.deepEqual([review.incomplete, review.evaluationError], [false, undefined]);
  });

  it('compiles a policy once for unchanged lists, and needs no version tokens to be right', async () => {
    await bind('default', 'ann-views', 'view', 'User', 'ann');
    const first = await authorizer.policies.fresh(cluster);
    assert.equal(await authorizer.policies.fresh(cluster), first);
    assert.notEqual(await authorizer.policies.fresh(root), first);
    await store.commit([
      {
        op: 'create',
        key: { cluster: team, resource: 'configmaps', namespace: 'default', name: 'x' },
        text: '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"}}',
      },
    ]);
    assert.equal(await authorizer.policies.fresh(cluster), first, 'other resources do not matter');
    const uncached = createAuthorizer({
      store: {
        list: async (options) => ({ ...(await store.list(options)), version: undefined }),
        fresh: (shard) => store.fresh(shard),
        cluster: (name) => store.cluster(name),
      },
    });
    assert.ok((await uncached.policies.fresh(cluster)).names(user('ann')));
    assert.notEqual(await uncached.policies.fresh(cluster), await uncached.policies.fresh(cluster));
  });
});
