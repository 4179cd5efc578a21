import { condition, labelSelector, microTime, of, type Sample } from './sample.ts';

const rbac = of('rbac.authorization.k8s.io', 'v1');
const rules = [
  { verbs: ['get', 'list'], apiGroups: ['', 'apps'], resources: ['pods', 'pods/log'], resourceNames: ['a'] },
];
const subjects = [
  { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' },
  { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'devs' },
  { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
];
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };

const admission = of('admissionregistration.k8s.io', 'v1');
const webhookRules = [
  {
    operations: ['CREATE', 'UPDATE'],
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    resources: ['deployments', 'deployments/status'],
    scope: 'Namespaced',
  },
];
const webhook = {
  name: 'hook.example.com',
  clientConfig: { service: { namespace: 'n', name: 's', path: '/p', port: 443 }, caBundle: 'AAAA' },
  rules: webhookRules,
  failurePolicy: 'Ignore',
  matchPolicy: 'Exact',
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  sideEffects: 'None',
  timeoutSeconds: 5,
  admissionReviewVersions: ['v1', 'v1beta1'],
  matchConditions: [{ name: 'not-me', expression: 'request.userInfo.username != "me"' }],
};
const urlHook = {
  name: 'two.example.com',
  clientConfig: { url: 'https://example.com/hook' },
  sideEffects: 'NoneOnDryRun',
  admissionReviewVersions: ['v1'],
};
const matchResources = {
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  resourceRules: [{ ...webhookRules[0], resourceNames: ['x'] }],
  excludeResourceRules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }],
  matchPolicy: 'Equivalent',
};

const flow = of('flowcontrol.apiserver.k8s.io', 'v1');

export const policySamples: readonly Sample[] = [
  rbac('roles', 'Role', { rules }),
  rbac('clusterroles', 'ClusterRole', { rules: [...rules, { verbs: ['get'], nonResourceURLs: ['/healthz', '/x/*'] }] }),
  rbac('clusterroles', 'ClusterRole', { aggregationRule: { clusterRoleSelectors: [labelSelector] } }),
  rbac('rolebindings', 'RoleBinding', { subjects, roleRef }),
  rbac('clusterrolebindings', 'ClusterRoleBinding', { subjects, roleRef }),
  admission('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', { webhooks: [webhook, urlHook] }),
  admission('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', {
    webhooks: [{ ...webhook, reinvocationPolicy: 'IfNeeded' }, urlHook],
  }),
  admission(
    'validatingadmissionpolicies',
    'ValidatingAdmissionPolicy',
    {
      spec: {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConstraints: matchResources,
        validations: [
          { expression: 'object.spec.replicas < 5', message: 'too many', reason: 'Forbidden' },
          { expression: 'variables.small', messageExpression: '"no: " + string(object.spec.replicas)' },
        ],
        failurePolicy: 'Ignore',
        auditAnnotations: [{ key: 'note', valueExpression: '"x"' }],
        matchConditions: [{ name: 'not-me', expression: 'true' }],
        variables: [{ name: 'small', expression: 'object.spec.replicas < 2' }],
      },
    },
    {
      status: {
        observedGeneration: 1,
        typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression', warning: 'w' }] },
        conditions: [condition],
      },
    },
  ),
  admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
    spec: {
      policyName: 'policy',
      paramRef: { name: 'p', namespace: 'default', parameterNotFoundAction: 'Deny' },
      matchResources,
      validationActions: ['Deny', 'Audit'],
    },
  }),
  admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
    spec: {
      policyName: 'policy',
      paramRef: { selector: labelSelector, parameterNotFoundAction: 'Allow' },
      validationActions: ['Warn'],
    },
  }),
  flow(
    'flowschemas',
    'FlowSchema',
    {
      spec: {
        priorityLevelConfiguration: { name: 'global-default' },
        matchingPrecedence: 500,
        distinguisherMethod: { type: 'ByUser' },
        rules: [
          {
            subjects: [
              { kind: 'User', user: { name: 'u' } },
              { kind: 'Group', group: { name: 'g' } },
              { kind: 'ServiceAccount', serviceAccount: { namespace: 'n', name: 's' } },
            ],
            resourceRules: [
              { verbs: ['get'], apiGroups: [''], resources: ['pods'], clusterScope: true, namespaces: ['default'] },
            ],
            nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
          },
        ],
      },
    },
    { status: { conditions: [{ ...condition, type: 'Dangling' }] } },
  ),
  flow(
    'prioritylevelconfigurations',
    'PriorityLevelConfiguration',
    {
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 10,
          limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
          lendablePercent: 10,
          borrowingLimitPercent: 20,
        },
      },
    },
    { status: { conditions: [{ ...condition, type: 'ConcurrencyShared' }] } },
  ),
  flow('prioritylevelconfigurations', 'PriorityLevelConfiguration', {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  }),
  of('coordination.k8s.io', 'v1')('leases', 'Lease', {
    spec: {
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: microTime,
      renewTime: microTime,
      leaseTransitions: 1,
    },
  }),
  of('scheduling.k8s.io', 'v1')('priorityclasses', 'PriorityClass', {
    value: 100,
    globalDefault: false,
    description: 'd',
    preemptionPolicy: 'Never',
  }),
  of('node.k8s.io', 'v1')('runtimeclasses', 'RuntimeClass', {
    handler: 'kata',
    overhead: { podFixed: { cpu: '10m', memory: '10Mi' } },
    scheduling: {
      nodeSelector: { a: 'b' },
      tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute', tolerationSeconds: 5 }],
    },
  }),
  ...reviews(),
];

function reviews(): Sample[] {
  const authorization = of('authorization.k8s.io', 'v1');
  const authentication = of('authentication.k8s.io', 'v1');
  const createOnly = { createOnly: true, metadata: { name: undefined } };
  const resourceAttributes = {
    namespace: 'mutations',
    verb: 'get',
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    subresource: 'status',
    name: 'x',
    labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
  };
  const nonResourceAttributes = { path: '/x', verb: 'get' };
  const who = { user: 'jane', groups: ['devs'], extra: { a: ['b'] }, uid: 'u' };
  return [
    authorization('subjectaccessreviews', 'SubjectAccessReview', { spec: { resourceAttributes, ...who } }, createOnly),
    authorization(
      'subjectaccessreviews',
      'SubjectAccessReview',
      { spec: { nonResourceAttributes, user: 'jane' } },
      createOnly,
    ),
    authorization('selfsubjectaccessreviews', 'SelfSubjectAccessReview', { spec: { resourceAttributes } }, createOnly),
    authorization(
      'selfsubjectaccessreviews',
      'SelfSubjectAccessReview',
      { spec: { nonResourceAttributes } },
      createOnly,
    ),
    authorization(
      'localsubjectaccessreviews',
      'LocalSubjectAccessReview',
      { spec: { resourceAttributes, ...who } },
      createOnly,
    ),
    authentication('tokenreviews', 'TokenReview', { spec: { token: 'nope', audiences: ['a'] } }, createOnly),
    authentication('selfsubjectreviews', 'SelfSubjectReview', {}, createOnly),
  ];
}
