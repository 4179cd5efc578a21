import type { Json, JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type PolicyRule, rbacGroup } from './rules.ts';

const apiVersion = `${rbacGroup}/v1`;
const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const all = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function rule(verbs: string[], group: string, ...resources: string[]): PolicyRule {
  return { verbs, apiGroups: [group], resources };
}

function urls(verb: string, ...nonResourceURLs: string[]): PolicyRule {
  return { verbs: [verb], nonResourceURLs };
}

const toAdmin: readonly PolicyRule[] = [
  rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(all, rbacGroup, 'rolebindings', 'roles'),
];

const toEdit: readonly PolicyRule[] = [
  rule(read, '', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(write, '', 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
  rule(['create'], '', 'pods/eviction'),
  rule(
    write,
    '',
    'configmaps',
    'events',
    'persistentvolumeclaims',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'secrets',
    'serviceaccounts',
    'services',
    'services/proxy',
  ),
  rule(['create'], '', 'serviceaccounts/token'),
  rule(
    write,
    'apps',
    'daemonsets',
    'deployments',
    'deployments/rollback',
    'deployments/scale',
    'replicasets',
    'replicasets/scale',
    'statefulsets',
    'statefulsets/scale',
  ),
  rule(write, 'autoscaling', 'horizontalpodautoscalers'),
  rule(write, 'batch', 'cronjobs', 'jobs'),
  rule(
    write,
    'extensions',
    'daemonsets',
    'deployments',
    'deployments/rollback',
    'deployments/scale',
    'ingresses',
    'networkpolicies',
    'replicasets',
    'replicasets/scale',
    'replicationcontrollers/scale',
  ),
  rule(write, 'policy', 'poddisruptionbudgets'),
  rule(write, 'networking.k8s.io', 'ingresses', 'networkpolicies'),
  rule(all, 'coordination.k8s.io', 'leases'),
];

const toView: readonly PolicyRule[] = [
  rule(
    read,
    '',
    'configmaps',
    'endpoints',
    'persistentvolumeclaims',
    'persistentvolumeclaims/status',
    'pods',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
    'services/status',
  ),
  rule(
    read,
    '',
    'bindings',
    'events',
    'limitranges',
    'namespaces/status',
    'pods/log',
    'pods/status',
    'replicationcontrollers/status',
    'resourcequotas',
    'resourcequotas/status',
  ),
  rule(read, '', 'namespaces'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(
    read,
    'apps',
    'controllerrevisions',
    'daemonsets',
    'daemonsets/status',
    'deployments',
    'deployments/scale',
    'deployments/status',
    'replicasets',
    'replicasets/scale',
    'replicasets/status',
    'statefulsets',
    'statefulsets/scale',
    'statefulsets/status',
  ),
  rule(read, 'autoscaling', 'horizontalpodautoscalers', 'horizontalpodautoscalers/status'),
  rule(read, 'batch', 'cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'),
  rule(
    read,
    'extensions',
    'daemonsets',
    'daemonsets/status',
    'deployments',
    'deployments/scale',
    'deployments/status',
    'ingresses',
    'ingresses/status',
    'networkpolicies',
    'replicasets',
    'replicasets/scale',
    'replicasets/status',
    'replicationcontrollers/scale',
  ),
  rule(read, 'policy', 'poddisruptionbudgets', 'poddisruptionbudgets/status'),
  rule(read, 'networking.k8s.io', 'ingresses', 'ingresses/status', 'networkpolicies'),
];

const health = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const aggregateLabel = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

function object(kind: string, name: string, labels: Record<string, string>, rest: JsonObject): KubeObject {
  return {
    kind,
    apiVersion,
    metadata: {
      name,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    ...rest,
  };
}

function role(name: string, rules: readonly PolicyRule[], labels: Record<string, string> = {}): KubeObject {
  return object('ClusterRole', name, labels, { rules: rules as Json[] });
}

/** A role whose rules are the union of other roles' rules, as the aggregation controller of a stock cluster writes them. */
function aggregate(name: string, rules: readonly PolicyRule[], labels: Record<string, string> = {}): KubeObject {
  return object('ClusterRole', name, labels, {
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateLabel(name)]: 'true' } }] },
    rules: rules as Json[],
  });
}

/** The ClusterRoles that every logical cluster begins with: those of Kubernetes 1.33 for users, and kcp's for access to a workspace. Sorted by name. */
export const bootstrapClusterRoles: readonly KubeObject[] = [
  aggregate('admin', [...toEdit, ...toView, ...toAdmin]),
  role('cluster-admin', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, urls('*', '*')]),
  aggregate('edit', [...toEdit, ...toView], { [aggregateLabel('admin')]: 'true' }),
  role('system:aggregate-to-admin', toAdmin, { [aggregateLabel('admin')]: 'true' }),
  role('system:aggregate-to-edit', toEdit, { [aggregateLabel('edit')]: 'true' }),
  role('system:aggregate-to-view', toView, { [aggregateLabel('view')]: 'true' }),
  role('system:auth-delegator', [
    rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
    rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
  ]),
  role('system:basic-user', [
    rule(['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
    rule(['create'], 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  role('system:discovery', [
    urls(
      'get',
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ),
  ]),
  role('system:kcp:workspace:access', [urls('access', '/')]),
  role('system:monitoring', [
    urls('get', '/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'),
  ]),
  role('system:public-info-viewer', [urls('get', ...health)]),
  role('system:service-account-issuer-discovery', [
    urls(
      'get',
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ),
  ]),
  aggregate('view', toView, { [aggregateLabel('edit')]: 'true' }),
];

function binding(name: string, ...groups: string[]): KubeObject {
  return object(
    'ClusterRoleBinding',
    name,
    {},
    {
      subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbacGroup, name: group })),
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    },
  );
}

/** The ClusterRoleBindings that every logical cluster begins with; each has its role's name. Sorted by name. */
export const bootstrapClusterRoleBindings: readonly KubeObject[] = [
  binding('cluster-admin', 'system:masters'),
  binding('system:basic-user', 'system:authenticated'),
  binding('system:discovery', 'system:authenticated'),
  binding('system:monitoring', 'system:monitoring'),
  binding('system:public-info-viewer', 'system:authenticated', 'system:unauthenticated'),
  binding('system:service-account-issuer-discovery', 'system:serviceaccounts'),
];
