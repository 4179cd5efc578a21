import {
  type DifferentialRequest,
  get,
  merge,
  partial,
  patch,
  post,
  put,
  remove,
  run,
  table,
  watch,
} from './request.ts';

/*
 * Watches while others write; revisions of every kind; forms of events.
 */

const ns = `/api/v1/namespaces/${run}`;
const cms = `${ns}/configmaps`;
const protobuf = 'application/vnd.kubernetes.protobuf';

function configMap(name: string, color: string, data: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: 'watches', color } }, data };
}

/** A life of one object: made, into and out of a selection, changed, changed by nothing, and gone. */
function life(name: string): DifferentialRequest[] {
  return [
    post(cms, configMap(name, 'red')),
    patch(`${cms}/${name}`, merge, { metadata: { labels: { color: 'blue' } } }),
    patch(`${cms}/${name}`, merge, { data: { a: '1' } }),
    patch(`${cms}/${name}`, merge, { data: { a: '1' } }),
    patch(`${cms}/${name}`, merge, { metadata: { labels: { color: 'red' } } }),
    put(`${cms}/${name}`, configMap(name, 'red', { b: '2' })),
    remove(`${cms}/${name}`),
  ];
}

const start: DifferentialRequest[] = [
  post(cms, configMap('standing', 'blue')),
  get(`${cms}?limit=1`, undefined, { save: 'begin' }),
  post(cms, configMap('later', 'red')),
  patch(`${cms}/later`, merge, { metadata: { labels: { color: 'blue' } } }),
  patch(`${cms}/later`, merge, { data: { x: '1' } }),
  remove(`${cms}/later`),
  get(`${cms}?limit=1`, undefined, { save: 'now' }),
];

const blue = `${cms}?labelSelector=set%3Dwatches,color%3Dblue`;
const mine = `${cms}?labelSelector=set%3Dwatches`;
const from = '&resourceVersion=<<begin.metadata.resourceVersion>>';

const history: DifferentialRequest[] = [
  watch(`${mine}${from}`),
  watch(`${blue}${from}`),
  watch(`${cms}?labelSelector=set%3Dwatches,color!%3Dblue${from}`),
  watch(`${cms}?fieldSelector=metadata.name%3Dlater${from}`),
  watch(`${cms}?fieldSelector=metadata.name!%3Dlater,metadata.name!%3Dkube-root-ca.crt${from}`),
  watch(`${mine}${from}`, [], { accept: table }),
  watch(`${blue}${from}`, [], { accept: table }),
  watch(`${mine}${from}&includeObject=Object`, [], { accept: table }),
  watch(`${mine}${from}&includeObject=None`, [], { accept: table }),
  watch(`${mine}${from}&includeObject=Foo`, [], { accept: table }),
  watch(`${mine}${from}`, [], { accept: partial }),
  watch(`${mine}${from}`, [], { accept: 'application/json;as=PartialObjectMetadata;v=v1beta1;g=meta.k8s.io' }),
  watch(`${mine}${from}`, [], { accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io' }),
  watch(`${mine}${from}`, [], { accept: protobuf }),
  watch(`${mine}${from}`, [], { accept: `${protobuf};stream=watch` }),
  watch(`${mine}${from}`, [], { accept: `${protobuf};as=PartialObjectMetadata;v=v1;g=meta.k8s.io` }),
  watch(`${mine}${from}`, [], { accept: `${protobuf};as=Table;v=v1;g=meta.k8s.io` }),
  watch(`${mine}${from}`, [], { accept: 'application/json;stream=watch' }),
  watch(`${mine}${from}`, [], { accept: 'application/json;stream=foo' }),
  watch(`${mine}${from}`, [], { accept: 'application/yaml' }),
  watch(`${mine}${from}`, [], { accept: 'application/yaml;stream=watch' }),
  watch(`${mine}${from}`, [], { accept: 'application/yaml,application/json' }),
  watch(`${mine}${from}`, [], { accept: 'text/html,*/*' }),
  watch(`${mine}${from}`, [], { accept: 'application/json, */*' }),
  watch(`${mine}${from}`, [], { accept: 'application/cbor' }),
  watch(`${mine}${from}`, [], { accept: 'application/cbor-seq' }),
  watch(`${mine}${from}&pretty=true`),
  watch(`${mine}${from}`, [], { 'accept-encoding': 'gzip' }),
  watch(`${mine}${from}`, [], { 'user-agent': 'curl/8' }),
  watch(`${mine}&resourceVersion=<<now.metadata.resourceVersion>>`),
  watch(`${mine}&resourceVersion=<<now.metadata.resourceVersion>>&allowWatchBookmarks=true`),
  watch(mine),
  watch(`${mine}&resourceVersion=0`),
  watch(`${mine}&resourceVersion=0`, [], { accept: table }),
  watch(`${mine}&resourceVersion=0&allowWatchBookmarks=true`),
  watch(`${mine}&allowWatchBookmarks=true`, [], { accept: table }),
  watch(`${mine}&allowWatchBookmarks=true`, [], { accept: partial }),
  watch(`${mine}&allowWatchBookmarks=true&resourceVersion=0`, [], { accept: protobuf }),
];

const broken: DifferentialRequest[] = [
  'resourceVersion=1',
  'resourceVersion=999999999',
  'resourceVersion=abc',
  'resourceVersion=-1',
  'resourceVersion=1.5',
  'resourceVersion=18446744073709551616',
  'resourceVersion=01',
  'resourceVersionMatch=NotOlderThan',
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=Foo',
  'limit=1',
  'limit=abc',
  'continue=abc',
  'labelSelector=(',
  'fieldSelector=x%3Dy',
  'fieldSelector=x',
  'timeoutSeconds=abc',
  'timeoutSeconds=1.5',
  'allowWatchBookmarks=abc&resourceVersion=<<now.metadata.resourceVersion>>',
  'sendInitialEvents=false',
  'sendInitialEvents=false&resourceVersionMatch=NotOlderThan',
  'timeout=1s&resourceVersion=<<now.metadata.resourceVersion>>',
  'timeout=abc&resourceVersion=<<now.metadata.resourceVersion>>',
].flatMap((query) => [
  get(
    `${cms}?watch=1&${query.includes('timeoutSeconds') ? '' : 'timeoutSeconds=1&'}${query}${query.includes('labelSelector') ? '' : '&labelSelector=set%3Dwatches'}`,
    undefined,
    {
      maxMs: 6000,
    },
  ),
]);
broken.push(
  ...['resourceVersion=1', 'resourceVersion=999999999', 'resourceVersion=abc', 'labelSelector=('].flatMap((query) =>
    [table, partial, protobuf, 'application/yaml'].map((type) =>
      get(`${cms}?watch=1&timeoutSeconds=1&${query}`, { accept: type }, { maxMs: 6000 }),
    ),
  ),
  ...['watch=true', 'watch=TRUE', 'watch=yes', 'watch=2', 'watch', 'watch=1&watch=0', 'watch=0&watch=1'].map((query) =>
    get(`${mine}&resourceVersion=<<now.metadata.resourceVersion>>&timeoutSeconds=1&${query}`, undefined, {
      maxMs: 4000,
    }),
  ),
  ...['POST', 'PUT', 'PATCH', 'HEAD'].map((method) => ({
    method,
    path: `${mine}&watch=1&timeoutSeconds=1`,
    maxMs: 4000,
  })),
);

const deprecated: DifferentialRequest[] = [
  `/api/v1/watch/namespaces/${run}/configmaps?labelSelector=set%3Dwatches&timeoutSeconds=1`,
  `/api/v1/watch/namespaces/${run}/configmaps?labelSelector=set%3Dwatches&timeoutSeconds=1${from}`,
  `/api/v1/watch/namespaces/${run}/configmaps/standing?timeoutSeconds=1`,
  `/api/v1/watch/namespaces/${run}/configmaps/later?timeoutSeconds=1${from}`,
  `/api/v1/watch/namespaces/${run}/configmaps/standing?timeoutSeconds=1&fieldSelector=metadata.name%3Dother`,
  `/api/v1/watch/namespaces/${run}/configmaps/standing/x?timeoutSeconds=1`,
  `/api/v1/watch/configmaps?labelSelector=set%3Dwatches&timeoutSeconds=1`,
  `/api/v1/watch/namespaces/${run}?timeoutSeconds=1`,
  `/api/v1/watch/namespaces?fieldSelector=metadata.name%3D${run}&timeoutSeconds=1`,
  `/api/v1/watch/foos?timeoutSeconds=1`,
  `/api/v1/watch/nodes/absent?timeoutSeconds=1`,
  `/apis/apps/v1/watch/namespaces/${run}/deployments?timeoutSeconds=1`,
  `/apis/apps/v1/watch/deployments?labelSelector=set%3Dwatches&timeoutSeconds=1`,
  `/apis/apps/v1/watch`,
  `/apis/apps/v1/watch/`,
  `/api/v1/watch/namespaces/${run}/pods/x/status?timeoutSeconds=1`,
  `/api/v1/watch/namespaces/${run}/configmaps?watch=false&labelSelector=set%3Dwatches&timeoutSeconds=1`,
].map((path) => get(path, undefined, { maxMs: 4000 }));
deprecated.push(
  { method: 'POST', path: `/api/v1/watch/namespaces/${run}/configmaps`, maxMs: 3000 },
  { method: 'DELETE', path: `/api/v1/watch/namespaces/${run}/configmaps`, maxMs: 3000 },
);

const live: DifferentialRequest[] = [
  watch(`${mine}&resourceVersion=<<now.metadata.resourceVersion>>`, life('w1')),
  watch(`${blue}&resourceVersion=0`, life('w2')),
  watch(`${cms}?labelSelector=set%3Dwatches,color!%3Dblue`, life('w3')),
  watch(`${cms}?fieldSelector=metadata.name%3Dw4`, life('w4')),
  watch(blue, life('w5'), { accept: table }),
  watch(blue, life('w6'), { accept: partial }),
  watch(blue, life('w7'), { accept: protobuf }),
  watch(`/api/v1/configmaps?labelSelector=set%3Dwatches,color%3Dblue`, life('w8')),
  { ...get(`/api/v1/watch/namespaces/${run}/configmaps/w9?timeoutSeconds=2`), maxMs: 6000, during: life('w9') },
  watch(`${mine}&allowWatchBookmarks=true`, life('wa')),
  watch(`${ns}/services?labelSelector=set%3Dwatches`, [
    post(`${ns}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'ws', labels: { set: 'watches' } },
      spec: { clusterIP: 'None', ports: [{ port: 1 }] },
    }),
    patch(`${ns}/services/ws/status`, merge, { status: { loadBalancer: {} } }),
    patch(`${ns}/services/ws`, merge, { spec: { type: 'ExternalName', externalName: 'a.b', clusterIP: '' } }),
    patch(`${ns}/services/ws`, merge, { metadata: { finalizers: ['example.com/f'] } }),
    remove(`${ns}/services/ws`),
    patch(`${ns}/services/ws`, merge, { metadata: { finalizers: null } }),
  ]),
  watch(`${ns}/pods?fieldSelector=spec.nodeName%3D`, [
    post(`${ns}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'wp' },
      spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] },
    }),
    post(`${ns}/pods/wp/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'wp' },
      target: { kind: 'Node', name: 'n1' },
    }),
    patch(`${ns}/pods/wp/status`, merge, { status: { phase: 'Running' } }),
    remove(`${ns}/pods/wp?gracePeriodSeconds=0`),
  ]),
  watch(
    `${ns}/pods?fieldSelector=status.phase%3DRunning`,
    [
      post(`${ns}/pods`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'wq' },
        spec: { nodeName: 'n1', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] },
      }),
      patch(`${ns}/pods/wq/status`, merge, { status: { phase: 'Running' } }),
      remove(`${ns}/pods/wq`),
      remove(`${ns}/pods/wq?gracePeriodSeconds=0`),
    ],
    { accept: table },
  ),
  watch(`${mine}`, [post(cms, configMap('dc1', 'blue')), post(cms, configMap('dc2', 'red')), remove(mine)]),
];

/** Watches of every form. */
export const watchRequests: readonly DifferentialRequest[] = [...start, ...history, ...broken, ...deprecated, ...live];
