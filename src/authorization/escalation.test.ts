import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createAdmissionChain } from '../admission/admission.ts';
import { builtinDefinitions } from '../api/builtin.ts';
import { createDefaultContent } from '../api/default-content.ts';
import type { PolicyRule } from '../api/rbac.authorization.k8s.io/v1/rules.ts';
import { ApiError } from '../apimachinery/errors.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { LoopbackClient } from '../client/client.ts';
import { createLoopbackClient, systemUser } from '../client/loopback.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import { createCatalogSource } from '../registry/catalog.ts';
import { createRegistry } from '../registry/generic/registry.ts';
import { createMemoryStore } from '../storage/memory/store.ts';
import { createAuthorizer } from './chain.ts';
import { createEscalationCheck } from './escalation.ts';

const group = 'rbac.authorization.k8s.io';

describe('writing RBAC', () => {
  let admin: LoopbackClient;
  let ann: LoopbackClient;

  beforeEach(() => {
    const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'CA' }) });
    const catalogs = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
    const authorizer = createAuthorizer({ store });
    const admission = createAdmissionChain([createEscalationCheck(authorizer)]);
    const registry = createRegistry({ store, catalogs, admission, subresources: {} });
    const groups = ['devs', 'system:authenticated'];
    admin = createLoopbackClient({ registry, catalogs, store, user: systemUser });
    ann = createLoopbackClient({ registry, catalogs, store, user: { name: 'ann', uid: '', groups, extra: {} } });
  });

  const roleObject = (kind: string, name: string, rules: PolicyRule[], more: object = {}): KubeObject => ({
    kind,
    apiVersion: `${group}/v1`,
    metadata: { name },
    rules,
    ...more,
  });
  const bindingObject = (kind: string, name: string, roleKind: string, role: string, subject = 'ann'): KubeObject => ({
    kind,
    apiVersion: `${group}/v1`,
    metadata: { name },
    roleRef: { apiGroup: group, kind: roleKind, name: role },
    subjects: [{ kind: 'User', apiGroup: group, name: subject }],
  });
  const create = (client: LoopbackClient, object: KubeObject, namespace = '') =>
    client.create({ cluster: rootCluster, resource: `${object.kind.toLowerCase()}s.${group}`, namespace }, object);
  const ref = (resource: string, name: string, namespace = '') => ({
    cluster: rootCluster,
    resource: `${resource}.${group}`,
    namespace,
    name,
  });
  const refused = (code: number, message: string) => (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.code, error.message], [code, message]);
    return true;
  };
  /** Gives ann the rules in the namespace default. */
  async function grant(rules: PolicyRule[]): Promise<void> {
    await create(admin, roleObject('Role', 'held', rules), 'default');
    await create(admin, bindingObject('RoleBinding', 'held', 'Role', 'held'), 'default');
  }

  it('needs the rules that a role gives', async () => {
    await grant([{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', '*/log'] }]);
    const within: PolicyRule[] = [{ verbs: ['get'], apiGroups: [''], resources: ['pods', 'jobs/log'] }];
    await create(ann, roleObject('Role', 'mine', within), 'default');
    const beyond: PolicyRule[] = [
      { verbs: ['get', 'delete', 'watch'], apiGroups: ['', 'apps'], resources: ['pods'] },
      { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a', 'b'] },
    ];
    const prefix =
      'user "ann" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n';
    const missing = [
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}',
      '{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get"]}',
      '{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}',
      '{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "delete" "watch"]}',
    ].join('\n');
    await assert.rejects(
      create(ann, roleObject('Role', 'more', beyond), 'default'),
      refused(403, `roles.${group} "more" is forbidden: ${prefix}${missing}`),
    );
    await assert.rejects(create(ann, roleObject('Role', 'mine', within), 'kube-system'), { code: 403 });
    await assert.rejects(create(ann, roleObject('ClusterRole', 'mine', within)), { code: 403 });
    await assert.rejects(ann.patch(ref('roles', 'mine', 'default'), { rules: beyond }), { code: 403 });
  });

  it('may be done to owners and finalizers of a role beyond one', async () => {
    await create(
      admin,
      roleObject('Role', 'strong', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]),
      'default',
    );
    await ann.patch(ref('roles', 'strong', 'default'), { metadata: { finalizers: ['example.com/x'] } });
    await assert.rejects(ann.patch(ref('roles', 'strong', 'default'), { metadata: { labels: { a: 'b' } } }), {
      code: 403,
    });
  });

  it('is allowed to whoever may escalate', async () => {
    await grant([{ verbs: ['escalate'], apiGroups: [group], resources: ['roles'] }]);
    await create(ann, roleObject('Role', 'strong', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]), 'default');
  });

  it('needs the rules of the role that a binding gives, or the right to bind it', async () => {
    await create(
      admin,
      roleObject('ClusterRole', 'secrets', [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }]),
    );
    await grant([{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]);
    await create(ann, bindingObject('RoleBinding', 'again', 'Role', 'held', 'bob'), 'default');
    const text = `rolebindings.${group} "b" is forbidden: user "ann" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`;
    await assert.rejects(
      create(ann, bindingObject('RoleBinding', 'b', 'ClusterRole', 'secrets'), 'default'),
      refused(403, text),
    );
    await assert.rejects(create(ann, bindingObject('ClusterRoleBinding', 'b', 'ClusterRole', 'cluster-admin')), {
      code: 403,
    });
    await admin.patch(ref('roles', 'held', 'default'), {
      rules: [{ verbs: ['bind'], apiGroups: [group], resources: ['clusterroles'], resourceNames: ['secrets'] }],
    });
    await create(ann, bindingObject('RoleBinding', 'b', 'ClusterRole', 'secrets'), 'default');
    await assert.rejects(create(ann, bindingObject('RoleBinding', 'c', 'ClusterRole', 'cluster-admin'), 'default'), {
      code: 403,
    });
  });

  it('needs a role to exist unless one may bind it', async () => {
    await grant([{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]);
    await assert.rejects(
      create(ann, bindingObject('RoleBinding', 'b', 'ClusterRole', 'gone'), 'default'),
      refused(404, `clusterrole.${group} "gone" not found`),
    );
    await create(admin, bindingObject('RoleBinding', 'b', 'ClusterRole', 'gone'), 'default');
  });

  it('tells which roles could not be read', async () => {
    await create(admin, bindingObject('RoleBinding', 'b', 'ClusterRole', 'gone'), 'default');
    await assert.rejects(
      create(ann, roleObject('Role', 'r', [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]), 'default'),
      /\{APIGroups:\[""\], Resources:\["pods"\], Verbs:\["get"\]\}; resolution errors: \[clusterrole\.rbac\.authorization\.k8s\.io "gone" not found\]$/,
    );
  });

  it('needs everything for an aggregation rule', async () => {
    await create(admin, bindingObject('ClusterRoleBinding', 'b', 'ClusterRole', 'view'));
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
    await assert.rejects(
      create(ann, roleObject('ClusterRole', 'all', [], { aggregationRule })),
      refused(
        403,
        `clusterroles.${group} "all" is forbidden: must have cluster-admin privileges to use the aggregationRule`,
      ),
    );
    await create(admin, bindingObject('ClusterRoleBinding', 'c', 'ClusterRole', 'cluster-admin'));
    await create(ann, roleObject('ClusterRole', 'all', [], { aggregationRule }));
  });
});
