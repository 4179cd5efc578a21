import { accept, type DifferentialRequest, get, json, post, run } from './request.ts';

/*
 * Forms of answers: what clients accept, compression, indentation.
 */

const ns = `/api/v1/namespaces/${run}`;
const cms = `${ns}/configmaps`;
const protobuf = 'application/vnd.kubernetes.protobuf';
const config = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
});

const made: DifferentialRequest[] = [
  post(cms, config('f', { data: { a: 'ü€😀', 'b.c': 'x\ny: "z"\n' }, binaryData: { k: 'AAECAw==' } })),
  post(cms, config('large', { data: { a: 'x'.repeat(200_000) } }), json, { ignoreBody: true }),
  post(`${ns}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'f' },
    data: { a: 'AAEC' },
    stringData: { b: 'c' },
  }),
  post(`${ns}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'f' },
    spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80, targetPort: 'http' }] },
  }),
  post(`/apis/apps/v1/namespaces/${run}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'f' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          containers: [
            { name: 'c', image: 'i', resources: { limits: { cpu: '100m' } }, ports: [{ containerPort: 80 }] },
          ],
        },
      },
    },
  }),
  post(`/apis/rbac.authorization.k8s.io/v1/namespaces/${run}/roles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'f' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  }),
  post(`/apis/coordination.k8s.io/v1/namespaces/${run}/leases`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'f' },
    spec: { holderIdentity: 'h', renewTime: '2024-01-01T00:00:00.000001Z' },
  }),
  post(`/apis/batch/v1/namespaces/${run}/cronjobs`, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'f' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
      },
    },
  }),
  post(`/apis/networking.k8s.io/v1/namespaces/${run}/networkpolicies`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'f' },
    spec: { podSelector: {}, ingress: [{}] },
  }),
  post(`/apis/autoscaling/v2/namespaces/${run}/horizontalpodautoscalers`, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'f' },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'f', apiVersion: 'apps/v1' } },
  }),
];

const objects = [
  `${cms}/f`,
  `${ns}/secrets/f`,
  `${ns}/services/f`,
  `/apis/apps/v1/namespaces/${run}/deployments/f`,
  `/apis/apps/v1/namespaces/${run}/deployments/f/scale`,
  `/apis/apps/v1/namespaces/${run}/deployments/f/status`,
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${run}/roles/f`,
  `/apis/coordination.k8s.io/v1/namespaces/${run}/leases/f`,
  `/apis/batch/v1/namespaces/${run}/cronjobs/f`,
  `/apis/networking.k8s.io/v1/namespaces/${run}/networkpolicies/f`,
  `/apis/autoscaling/v2/namespaces/${run}/horizontalpodautoscalers/f`,
  `/apis/autoscaling/v1/namespaces/${run}/horizontalpodautoscalers/f`,
  ns,
];
const forms: DifferentialRequest[] = objects.flatMap((path) => [
  accept(path, protobuf),
  accept(path, `${protobuf};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`),
  accept(path, 'application/yaml'),
  accept(path, 'application/yaml;as=Table;v=v1;g=meta.k8s.io'),
  accept(path, 'application/yaml;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'),
  accept(path, 'application/json;as=Table;v=v1beta1;g=meta.k8s.io'),
  accept(path.replace(/\/f.*$/, '?limit=1'), protobuf),
  accept(path.replace(/\/f.*$/, '?limit=1'), `${protobuf};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`),
  accept(path.replace(/\/f.*$/, '?limit=1'), 'application/yaml;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'),
]);
forms.push(
  ...[`${cms}/nope`, '/api/v1/foos', `${cms}?continue=x`, `${cms}?labelSelector=(`].flatMap((path) =>
    [protobuf, 'application/yaml', 'text/html', `${protobuf},application/json;q=0.1`].map((type) => accept(path, type)),
  ),
);

const accepts = [
  'application/json;q=0',
  'application/yaml;q=0.5,application/json;q=0.4',
  'application/yaml;q=2,application/json;q=3',
  'application/yaml;q=abc,application/json',
  'application/yaml;q=0.001,*/*;q=0.0001',
  '*/*;q=0.1,application/yaml;q=0.2',
  'application/*;q=0.1,application/yaml;q=0.05',
  'APPLICATION/JSON',
  'Application/Yaml',
  'application/json ; charset=utf-8',
  'application/json;charset=utf-16',
  ' application/yaml ',
  ',',
  ',,application/yaml',
  'application/yaml,',
  ';',
  'application',
  'application/',
  '/json',
  '*',
  '*/json',
  '*/yaml',
  'application/json;as=Table;g=meta.k8s.io',
  'application/json;as=table;v=v1;g=meta.k8s.io',
  'application/json;as=;v=v1;g=meta.k8s.io',
  'application/json;as=Table;as=Foo;v=v1;g=meta.k8s.io',
  'application/json;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=',
  '*/*;as=Table;v=v1;g=meta.k8s.io',
  'application/*;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as="Table";v="v1";g="meta.k8s.io"',
  'application/json;as=Table;v=v1;g=meta.k8s.io;q=0.1,application/yaml;q=0.2',
  'application/json;as=Table;v=v1alpha1;g=meta.k8s.io,application/yaml',
  'application/json;profile=nopeer',
  'application/json;export=1',
  'application/json;sv=v1',
  'application/json;sv=v2',
  'application/json;stream=foo',
  'application/json;stream=',
  'application/yaml;stream=watch',
  'application/apply-patch+yaml',
  'application/merge-patch+json',
  'application/x-yaml',
  'text/yaml',
  'text/plain',
  'application/vnd.kubernetes.protobuf;q=0.1,application/yaml',
].flatMap((value) => [accept(`${cms}/f`, value), accept(`${cms}?labelSelector=no%3Dsuch`, value)]);
accepts.push(
  ...[
    '/api',
    '/apis',
    '/apis/apps',
    '/api/v1',
    '/apis/apps/v1',
    '/version',
    '/healthz',
    '/openapi/v3',
    '/openapi/v2',
  ].flatMap((path) =>
    [
      'application/yaml',
      protobuf,
      'text/html',
      'application/json;q=0.1,application/yaml',
      'application/cbor',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    ].map((type) => accept(path, type, { ignoreBody: true })),
  ),
);

const compressed: DifferentialRequest[] = [
  'gzip',
  'gzip;q=0',
  'deflate',
  'br',
  'gzip, deflate',
  '*',
  'identity',
  'GZIP',
  'x-gzip',
].flatMap((encoding) => [
  get(`${cms}/large`, { 'accept-encoding': encoding }, { ignoreBody: true }),
  get(`${cms}/f`, { 'accept-encoding': encoding }),
]);

const pretty: DifferentialRequest[] = [
  'pretty=true',
  'pretty=false',
  'pretty=1',
  'pretty=0',
  'pretty',
  'pretty=',
  'pretty=x',
  'pretty=TRUE',
].flatMap((query) => [
  { ...get(`${cms}/f?${query}`), layout: true },
  { ...get(`${cms}/f?${query}`, { 'user-agent': 'curl/8' }), layout: true },
  { ...get(`${cms}/nope?${query}`), layout: true },
  { ...get(`${cms}?labelSelector=no%3Dsuch&${query}`), layout: true },
]);
pretty.push(
  ...['Wget/1', 'Mozilla/5.0', 'curl', 'Curl/8', 'kubectl/v1', ''].map((agent) => ({
    ...get(`${cms}/nope`, { 'user-agent': agent }),
    layout: true,
  })),
  { ...accept(`${cms}/nope`, 'application/json;pretty=1'), layout: true },
  { ...accept(`${cms}/nope`, 'application/json;pretty=true'), layout: true },
  { ...accept('/api/v1/foo', 'application/json;pretty=1'), layout: true },
  { ...get('/version?pretty=false', { 'user-agent': 'curl/8' }), ignoreBody: true },
);

/** Forms of answers. */
export const formatRequests: readonly DifferentialRequest[] = [...made, ...forms, ...accepts, ...compressed, ...pretty];
