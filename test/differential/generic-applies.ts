import { apply, type DifferentialRequest, get, merge, patch, post, put, run, strategic } from './request.ts';
import { cms, config, deployment, deployments, type More } from './generic-objects.ts';

/*
 * Server-side apply: who owns which field, in which version, through which part of an object.
 */

const a = `${cms}/ssa`;
const as = (manager: string, body: object | string, query = ''): DifferentialRequest =>
  patch(`${a}?fieldManager=${manager}${query}`, apply, body);
const own = (data: More, metadata: More = {}): object => config('ssa', { data }, metadata);
const da = `${deployments}/ssa`;
const ds = (manager: string, body: object, query = ''): DifferentialRequest =>
  patch(`${da}?fieldManager=${manager}${query}`, apply, body);
const bare = (spec: More, metadata: More = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ssa', ...metadata },
  spec,
});
const within = (template: object, more: More = {}): object => bare({ template: { spec: template }, ...more });
/** Server-side apply by several managers. */
export const applyRequests: readonly DifferentialRequest[] = [
  as('one', own({ a: '1' }, { resourceVersion: '5' })),
  as('one', own({ a: '1' }, { uid: 'x' })),
  as('one', own({ a: '1' }, { generateName: 'x' })),
  as('one', own({ a: '1' }), '&dryRun=All'),
  as('one', own({ a: '1' })),
  as('one', own({ a: '1' })),
  as('one', own({ a: '1' }), '&force=true'),
  as('two', own({ a: '2', b: '2' })),
  as('three', own({ a: '3', b: '2', c: '3' })),
  as('two', own({ b: '2' })),
  as('three', own({ a: '3', b: '3', c: '3' })),
  as('three', own({ a: '3', b: '3', c: '3' }), '&force=true'),
  as('two', own({ b: '3' })),
  as('one', own({})),
  as('three', own({ c: '3' })),
  patch(`${a}?fieldManager=up`, merge, { data: { u: '1', c: '4' } }),
  as('three', own({ c: '3' })),
  as('one', own({ u: '2', c: '5' })),
  as('one', own({ u: '1' })),
  as('up', own({ u: '1' })),
  as('up', own({})),
  as('three', own({ c: '3' }), '&force=true'),
  as('', own({})),
  patch(a, apply, own({})),
  as('x'.repeat(129), own({})),
  as('%01', own({})),
  as('one', own({ a: '1' }), '&force=x'),
  as('one', own({ a: '1' }), '&fieldValidation=Strict'),
  as('one', { ...own({ a: '1' }), bogus: 1 }),
  as('one', { ...own({ a: '1' }), bogus: 1 }, '&fieldValidation=Strict'),
  as('one', { ...own({ a: '1' }), bogus: 1 }, '&fieldValidation=Ignore'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: "1", a: "2"}\n'),
  as(
    'one',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: "1", a: "2"}\n',
    '&fieldValidation=Strict',
  ),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: 1}\n'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: null}\n'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: null\n'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: [a]\n'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\n'),
  as('one', 'kind: ConfigMap\nmetadata: {name: ssa}\n'),
  as('one', 'apiVersion: v1\nmetadata: {name: ssa}\n'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n'),
  as('one', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa, namespace: other}\n`),
  as('one', 'apiVersion: v1\nkind: Secret\nmetadata: {name: ssa}\n'),
  as('one', 'apiVersion: apps/v1\nkind: ConfigMap\nmetadata: {name: ssa}\n'),
  as('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\n---\na: b\n'),
  as('one', '[]'),
  as('one', 'x'),
  as('one', ''),
  as('one', 'null'),
  as('one', own({ a: '1' }, { managedFields: [] })),
  as('one', own({ a: '1' }, { managedFields: [{}] })),
  as('one', own({ a: '1' }, { managedFields: null })),
  as(
    'one',
    own(
      { a: '1' },
      {
        labels: { x: 'y' },
        finalizers: ['e.com/a'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'n', uid: 'u' }],
      },
    ),
  ),
  as(
    'two',
    own({}, { finalizers: ['e.com/b'], ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'm', uid: 'u' }] }),
  ),
  as('two', own({}, { finalizers: ['e.com/b', 'e.com/b'] })),
  as('two', own({}, { finalizers: ['e.com/b'] })),
  as('one', own({ a: '1' })),
  as('one', own({ a: '1' }, { creationTimestamp: null })),
  as('one', own({ a: '1' }, { creationTimestamp: '2020-01-01T00:00:00Z' })),
  as('one', own({ a: '1' }, { generation: 5 })),
  as('one', own({ a: '1' }, { resourceVersion: '1' })),
  as('one', own({ a: '1' }, { uid: 'x' })),
  patch(a, merge, { metadata: { managedFields: [{}] } }),
  as('one', own({ a: '5' })),
  put(
    a,
    own(
      { a: '6' },
      {
        managedFields: [
          {
            manager: 'fake',
            operation: 'Apply',
            apiVersion: 'v1',
            time: '2020-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {} } },
          },
        ],
      },
    ),
  ),
  as('one', own({ a: '7' })),
  as('fake', own({ a: '7' })),
  patch(`${a}?fieldManager=nobody`, apply, own({ a: '9' }), {
    headers: { 'content-type': 'application/apply-patch+yaml', 'user-agent': 'agent/1' },
  }),
  ds('one', deployment('ssa', { replicas: 3 })),
  ds('two', bare({ replicas: 4 })),
  ds('two', bare({ replicas: 4 }), '&force=true'),
  ds('one', deployment('ssa')),
  ds('two', within({ containers: [{ name: 'c', image: 'other' }] })),
  ds('two', within({ containers: [{ name: 'c', ports: [{ containerPort: 80, name: 'p' }] }] })),
  ds('two', within({ containers: [{ name: 'c', ports: [{ containerPort: 80, protocol: 'UDP' }] }] })),
  ds('two', within({ containers: [{ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 80 }] }] })),
  ds('two', within({ containers: [{ name: 'c', ports: [{ protocol: 'TCP' }] }] })),
  ds('two', within({ containers: [{ image: 'x' }] })),
  ds('two', within({ containers: [{ name: 'c' }, { name: 'c' }] })),
  ds('two', within({ containers: [{ name: 'c', command: ['a', 'b'] }] })),
  ds('three', within({ containers: [{ name: 'c', command: ['a'] }] })),
  ds('three', within({ containers: [{ name: 'c', command: ['a', 'b'] }] })),
  ds(
    'three',
    within({
      containers: [{ name: 'c', env: [{ name: 'X', value: '1' }], resources: { limits: { cpu: '1', memory: '1Gi' } } }],
    }),
  ),
  ds(
    'two',
    within({ containers: [{ name: 'c', env: [{ name: 'X', value: '2' }], resources: { limits: { cpu: '2' } } }] }),
  ),
  ds('two', within({ containers: [{ name: 'c', resources: { limits: { cpu: 1 } } }] })),
  ds('two', within({ nodeSelector: { a: 'b' } })),
  ds('three', within({ nodeSelector: { a: 'c' } })),
  ds('two', within({ tolerations: [{ key: 'x', operator: 'Exists' }] })),
  ds('three', within({ tolerations: [{ key: 'y', operator: 'Exists' }] })),
  ds(
    'two',
    within({ topologySpreadConstraints: [{ topologyKey: 'z', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }] }),
  ),
  ds('two', within({ topologySpreadConstraints: [{ topologyKey: 'z', maxSkew: 1 }] })),
  ds('two', bare({ selector: { matchLabels: { other: 'x' } } })),
  ds('two', bare({ selector: { matchLabels: { other: 'x' } } }), '&force=true'),
  ds('two', bare({ replicas: 'x' })),
  ds('two', bare({ replicas: null })),
  ds('two', bare({})),
  patch(`${da}/status?fieldManager=st`, apply, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ssa' },
    status: { replicas: 3, conditions: [{ type: 'A', status: 'True' }] },
  }),
  patch(`${da}/status?fieldManager=st2`, apply, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ssa' },
    status: {
      replicas: 4,
      conditions: [
        { type: 'A', status: 'False' },
        { type: 'B', status: 'True' },
      ],
    },
  }),
  patch(`${da}/status?fieldManager=st2&force=true`, apply, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ssa' },
    status: { conditions: [{ type: 'B', status: 'True' }] },
  }),
  patch(`${da}/scale?fieldManager=sc`, apply, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'ssa' },
    spec: { replicas: 7 },
  }),
  patch(`${da}/scale?fieldManager=sc&force=true`, apply, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'ssa' },
    spec: { replicas: 7 },
  }),
  patch(`${da}/scale?fieldManager=sc2`, apply, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'ssa' },
    spec: { replicas: 8 },
  }),
  patch(`${da}/scale`, merge, { spec: { replicas: 2 } }),
  ds('one', deployment('ssa', { replicas: 3 })),
  get(da),
  // From client-side to server-side apply.
  post(`${deployments}?fieldManager=kubectl-client-side-apply`, {
    ...deployment('cs', { replicas: 1 }),
    metadata: {
      name: 'cs',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'cs' },
          spec: { replicas: 1 },
        }),
      },
    },
  }),
  patch(`${deployments}/cs?fieldManager=kubectl`, apply, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cs' },
    spec: { replicas: 1 },
  }),
  patch(`${deployments}/cs?fieldManager=kubectl`, apply, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cs' },
    spec: { replicas: 2 },
  }),
  patch(`${deployments}/cs?fieldManager=kubectl&force=true`, apply, deployment('cs', { replicas: 2 })),
  patch(`${deployments}/cs?fieldManager=kubectl-client-side-apply`, strategic, {
    spec: { replicas: 5 },
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"replicas":5}}\n' } },
  }),
  patch(`${deployments}/cs?fieldManager=kubectl`, apply, deployment('cs', { replicas: 6 })),
  get(`${deployments}/cs`),
  // Versions of managers.
  post(`/apis/autoscaling/v2/namespaces/${run}/horizontalpodautoscalers?fieldManager=v2`, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'ssa' },
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  }),
  patch(`/apis/autoscaling/v1/namespaces/${run}/horizontalpodautoscalers/ssa?fieldManager=v1`, apply, {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'ssa' },
    spec: { maxReplicas: 4 },
  }),
  patch(`/apis/autoscaling/v1/namespaces/${run}/horizontalpodautoscalers/ssa?fieldManager=v1&force=true`, apply, {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'ssa' },
    spec: { maxReplicas: 4, targetCPUUtilizationPercentage: 60 },
  }),
  patch(`/apis/autoscaling/v2/namespaces/${run}/horizontalpodautoscalers/ssa?fieldManager=v1`, apply, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'ssa' },
    spec: { maxReplicas: 5 },
  }),
  get(`/apis/autoscaling/v1/namespaces/${run}/horizontalpodautoscalers/ssa`),
  get(`/apis/autoscaling/v2/namespaces/${run}/horizontalpodautoscalers/ssa`),
  patch(`/apis/autoscaling/v1/namespaces/${run}/horizontalpodautoscalers/ssa?fieldManager=u`, merge, {
    spec: { minReplicas: 2 },
  }),
  patch(`/apis/autoscaling/v2/namespaces/${run}/horizontalpodautoscalers/ssa?fieldManager=v2`, merge, {
    spec: { metrics: null },
  }),
];

/** Writes of every form. */
