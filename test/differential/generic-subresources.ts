import {
  accept,
  apply,
  type DifferentialRequest,
  get,
  json,
  jsonPatch,
  merge,
  partial,
  patch,
  post,
  put,
  remove,
  run,
  strategic,
  table,
} from './request.ts';

/*
 * Subresources with words of their own.
 */

const ns = `/api/v1/namespaces/${run}`;
const pods = `${ns}/pods`;
const apps = `/apis/apps/v1/namespaces/${run}`;
const container = { name: 'c', image: 'i' };
type More = Record<string, unknown>;

const template = { metadata: { labels: { app: 's' } }, spec: { containers: [container] } };
const scalable: readonly [string, object][] = [
  [
    `${apps}/deployments`,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 's' },
      spec: { selector: { matchLabels: { app: 's' } }, template },
    },
  ],
  [
    `${apps}/replicasets`,
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 's' },
      spec: {
        selector: { matchLabels: { app: 's' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['s', 't'] }] },
        template,
      },
    },
  ],
  [
    `${apps}/statefulsets`,
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 's' },
      spec: { serviceName: 's', selector: { matchLabels: { app: 's' } }, template },
    },
  ],
  [
    `${ns}/replicationcontrollers`,
    {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 's' },
      spec: { selector: { app: 's' }, template },
    },
  ],
];
const scales: DifferentialRequest[] = scalable.flatMap(([path, body]) => {
  const at = `${path}/s/scale`;
  const scale = (replicas: unknown, metadata: More = {}): object => ({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 's', namespace: run, ...metadata },
    spec: { replicas },
  });
  return [
    post(path, body),
    get(at, undefined, { save: 'scale' }),
    accept(at, 'application/yaml'),
    accept(at, 'application/vnd.kubernetes.protobuf'),
    accept(at, table),
    accept(at, partial),
    get(`${at}?resourceVersion=0`),
    get(`${path}/absent/scale`),
    put(at, scale(3)),
    put(at, scale(3)),
    put(at, scale(4, { resourceVersion: '<<scale.metadata.resourceVersion>>' })),
    put(at, scale(4, { uid: 'x' })),
    put(at, scale(4, { name: 'other' })),
    put(at, scale(4, { namespace: 'other' })),
    put(at, scale(-1)),
    put(at, scale('x')),
    put(at, scale(undefined)),
    put(at, {}),
    put(at, { ...scale(2), kind: 'Deployment' }),
    put(at, { ...scale(2), apiVersion: 'autoscaling/v2' }),
    put(at, { ...scale(2), apiVersion: 'extensions/v1beta1' }),
    put(`${at}?dryRun=All`, scale(9)),
    put(`${at}?fieldValidation=Strict`, { ...scale(9), bogus: 1 }),
    put(`${path}/absent/scale`, scale(1)),
    patch(at, merge, { spec: { replicas: 5 } }),
    patch(at, merge, { spec: null }),
    patch(at, merge, { spec: { replicas: null } }),
    patch(at, merge, { metadata: { labels: { a: 'b' } } }),
    patch(at, merge, { status: { replicas: 9, selector: 'x=y' } }),
    patch(at, merge, { metadata: { name: 'x' } }),
    patch(at, merge, { metadata: { resourceVersion: '1' } }),
    patch(at, strategic, { spec: { replicas: 6 } }),
    patch(at, jsonPatch, [{ op: 'replace', path: '/spec/replicas', value: 7 }]),
    patch(at, jsonPatch, [{ op: 'test', path: '/spec/replicas', value: 1 }]),
    patch(`${at}?fieldManager=a`, apply, scale(8)),
    patch(`${at}?fieldManager=a`, apply, { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 8 } }),
    patch(`${at}?fieldManager=a&force=true`, apply, scale(8)),
    patch(`${at}?fieldManager=b`, apply, scale(9)),
    patch(`${at}?fieldManager=b`, apply, { ...scale(9), kind: 'Deployment' }),
    patch(`${path}/absent/scale`, merge, { spec: { replicas: 1 } }),
    patch(`${path}/absent/scale?fieldManager=a`, apply, scale(1)),
    remove(at),
    post(at, scale(1)),
    put(`${path}/s/status`, { ...body, status: { replicas: 2 } }),
    patch(`${path}/s/status`, merge, {
      status: { replicas: 3, observedGeneration: 2 },
      spec: { replicas: 0 },
      metadata: { labels: { z: 'z' } },
    }),
    patch(`${path}/s/status`, merge, { status: { replicas: -1 } }),
    get(`${path}/s/status`),
    get(at),
    get(`${path}/s`),
    remove(`${path}/s`),
  ];
});

function pod(name: string, spec: More = {}, metadata: More = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { automountServiceAccountToken: false, containers: [container], ...spec },
  };
}
const binding = (name: string, target: unknown, metadata: More = {}): object => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name, ...metadata },
  target,
});
const bindings: DifferentialRequest[] = [
  post(pods, pod('b1'), json, { save: 'b1' }),
  post(`${pods}/b1/binding`, binding('b1', {})),
  post(`${pods}/b1/binding`, binding('b1', { kind: 'Pod', name: 'n' })),
  post(`${pods}/b1/binding`, binding('b1', { kind: 'Node' })),
  post(`${pods}/b1/binding`, binding('other', { kind: 'Node', name: 'n' })),
  post(`${pods}/b1/binding`, binding('b1', { kind: 'Node', name: 'n' }, { uid: 'x' })),
  post(`${pods}/b1/binding`, binding('b1', { kind: 'Node', name: 'n' }, { resourceVersion: '1' })),
  post(`${pods}/b1/binding?dryRun=All`, binding('b1', { kind: 'Node', name: 'n' })),
  post(`${pods}/b1/binding`, {
    target: { name: 'n' },
    metadata: { name: 'b1', annotations: { an: 'x' }, labels: { la: 'y' } },
  }),
  get(`${pods}/b1`),
  post(`${pods}/b1/binding`, binding('b1', { kind: 'Node', name: 'm' })),
  post(`${pods}/absent/binding`, binding('absent', { kind: 'Node', name: 'm' })),
  post(`${ns}/bindings`, binding('b1', { kind: 'Node', name: 'm' })),
  post(pods, pod('b2')),
  post(`${ns}/bindings`, binding('b2', { kind: 'Node', name: 'm' })),
  post(`${ns}/bindings`, binding('', { kind: 'Node', name: 'm' })),
  get(`${ns}/bindings`),
  get(`${pods}/b1/binding`),
  post(pods, pod('b3', { schedulingGates: [{ name: 'e.com/g' }] })),
  post(`${pods}/b3/binding`, binding('b3', { kind: 'Node', name: 'm' })),
  remove(`${pods}/b3`),
];

const eviction = (name: string, more: More = {}, metadata: More = {}): object => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, ...metadata },
  ...more,
});
const pdbs = `/apis/policy/v1/namespaces/${run}/poddisruptionbudgets`;
const budget = (name: string, spec: object): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec,
});
const running = (name: string): DifferentialRequest[] => [
  post(pods, pod(name, { nodeName: 'n' }, { labels: { app: 'ev' } })),
  patch(`${pods}/${name}/status`, merge, {
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }),
];
const evictions: DifferentialRequest[] = [
  post(pods, pod('v1', {}, { labels: { app: 'ev' } })),
  post(`${pods}/v1/eviction?dryRun=All`, eviction('v1')),
  post(`${pods}/v1/eviction`, eviction('other')),
  post(`${pods}/v1/eviction`, eviction('')),
  post(`${pods}/v1/eviction`, eviction('v1', { deleteOptions: { preconditions: { uid: 'x' } } })),
  post(`${pods}/v1/eviction`, eviction('v1', { deleteOptions: { propagationPolicy: 'x' } })),
  post(`${pods}/v1/eviction`, eviction('v1', { deleteOptions: { dryRun: ['x'] } })),
  post(`${pods}/v1/eviction`, eviction('v1', { deleteOptions: { dryRun: ['All'] } })),
  post(`${pods}/v1/eviction`, { ...eviction('v1'), apiVersion: 'policy/v1beta1' }),
  post(`${pods}/v1/eviction`, { ...eviction('v1'), kind: 'Foo' }),
  post(`${pods}/v1/eviction`, eviction('v1', { deleteOptions: { gracePeriodSeconds: 0 } })),
  get(`${pods}/v1`),
  post(`${pods}/absent/eviction`, eviction('absent')),
  ...running('v2'),
  post(pdbs, budget('p', { minAvailable: 1, selector: { matchLabels: { app: 'ev' } } })),
  post(`${pods}/v2/eviction`, eviction('v2')),
  patch(`${pdbs}/p/status`, merge, {
    status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  }),
  post(`${pods}/v2/eviction`, eviction('v2')),
  post(`${pods}/v2/eviction?dryRun=All`, eviction('v2')),
  patch(`${pdbs}/p/status`, merge, {
    status: { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
  }),
  post(`${pods}/v2/eviction?dryRun=All`, eviction('v2')),
  post(`${pods}/v2/eviction`, eviction('v2')),
  get(`${pdbs}/p`),
  get(`${pods}/v2`),
  remove(`${pods}/v2?gracePeriodSeconds=0`),
  ...running('v3'),
  post(pdbs, budget('q', { maxUnavailable: 0, selector: { matchLabels: { app: 'ev' } } })),
  post(`${pods}/v3/eviction`, eviction('v3')),
  remove(`${pdbs}/q`),
  remove(`${pdbs}/p`),
  post(`${pods}/v3/eviction`, eviction('v3', { deleteOptions: { gracePeriodSeconds: 3 } })),
  remove(`${pods}/v3?gracePeriodSeconds=0`),
];

const ephemeral: DifferentialRequest[] = [
  post(pods, pod('e1')),
  get(`${pods}/e1/ephemeralcontainers`),
  patch(`${pods}/e1/ephemeralcontainers`, strategic, {
    spec: { ephemeralContainers: [{ name: 'dbg', image: 'busybox' }] },
  }),
  patch(`${pods}/e1/ephemeralcontainers`, strategic, {
    spec: { ephemeralContainers: [{ name: 'dbg', image: 'other' }] },
  }),
  patch(`${pods}/e1/ephemeralcontainers`, strategic, { spec: { ephemeralContainers: [{ name: 'c', image: 'x' }] } }),
  patch(`${pods}/e1/ephemeralcontainers`, strategic, {
    spec: {
      ephemeralContainers: [
        { name: 'd2', image: 'x', ports: [{ containerPort: 1 }], resources: { limits: { cpu: '1' } } },
      ],
    },
  }),
  patch(`${pods}/e1/ephemeralcontainers`, strategic, {
    spec: { ephemeralContainers: [{ name: 'd2', image: 'x', targetContainerName: 'none' }] },
  }),
  patch(`${pods}/e1/ephemeralcontainers`, merge, { spec: { ephemeralContainers: [] } }),
  patch(`${pods}/e1/ephemeralcontainers`, merge, {
    spec: { containers: [{ name: 'c', image: 'z' }] },
    metadata: { labels: { a: 'b' } },
  }),
  put(`${pods}/e1/ephemeralcontainers`, pod('e1')),
  put(`${pods}/absent/ephemeralcontainers`, pod('absent')),
  patch(`${pods}/absent/ephemeralcontainers`, strategic, {}),
  post(`${pods}/e1/ephemeralcontainers`, pod('e1')),
  get(`${pods}/e1/resize`),
  patch(`${pods}/e1/resize`, strategic, { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] } }),
  patch(`${pods}/e1/resize`, strategic, { spec: { containers: [{ name: 'c', image: 'z' }] } }),
  patch(`${pods}/e1/resize`, strategic, { spec: { containers: [{ name: 'new', image: 'z' }] } }),
  post(
    pods,
    pod('e2', { containers: [{ ...container, resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } }] }),
  ),
  patch(`${pods}/e2/resize`, strategic, {
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1500m' } } }] },
  }),
  patch(`${pods}/e2/resize`, strategic, {
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '3' } } }] },
  }),
  patch(`${pods}/e2/resize`, strategic, {
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] },
  }),
  patch(`${pods}/absent/resize`, strategic, {}),
  patch(`${pods}/e1`, merge, { spec: { containers: [{ ...container, image: 'j' }] } }),
  patch(`${pods}/e1`, merge, { spec: { activeDeadlineSeconds: 5 } }),
  patch(`${pods}/e1/status`, merge, { status: { phase: 'Running', podIP: '10.0.0.9' }, spec: { nodeName: 'x' } }),
  get(`${pods}/e1`),
];

const nsp = '/api/v1/namespaces';
const namespaces: DifferentialRequest[] = [
  post(nsp, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${run}-n`, finalizers: ['e.com/f'] } }),
  put(`${nsp}/${run}-n/finalize`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${run}-n` },
    spec: { finalizers: ['kubernetes', 'e.com/x'] },
  }),
  put(`${nsp}/${run}-n/finalize`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${run}-n` },
    spec: { finalizers: ['bad'] },
  }),
  put(`${nsp}/${run}-n/finalize`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' }, spec: {} }),
  put(`${nsp}/absent/finalize`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'absent' }, spec: {} }),
  patch(`${nsp}/${run}-n/finalize`, merge, {}),
  get(`${nsp}/${run}-n/finalize`),
  patch(`${nsp}/${run}-n`, merge, { spec: { finalizers: [] } }),
  put(`${nsp}/${run}-n/status`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${run}-n` },
    status: { phase: 'Terminating' },
  }),
  patch(`${nsp}/${run}-n/status`, merge, { status: { phase: 'Foo' } }),
  patch(`${nsp}/${run}-n/status`, merge, { status: { phase: 'Active', conditions: [{ type: 'A', status: 'True' }] } }),
  remove(`${nsp}/${run}-n`, { propagationPolicy: 'Foreground' }),
  post(`${nsp}/${run}-n/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }),
  put(`${nsp}/${run}-n/finalize`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${run}-n`, finalizers: ['e.com/f'] },
    spec: { finalizers: [] },
  }),
  get(`${nsp}/${run}-n`),
  patch(`${nsp}/${run}-n`, merge, { metadata: { finalizers: null } }),
  get(`${nsp}/${run}-n`),
  remove(`${nsp}/default`),
  remove(nsp),
];

/** Subresources with words of their own. */
export const subresourceRequests: readonly DifferentialRequest[] = [
  ...scales,
  ...bindings,
  ...evictions,
  ...ephemeral,
  ...namespaces,
];
