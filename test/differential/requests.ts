import { admissionRequests } from './admission.ts';
import { genericRequests, genericSets } from './generic.ts';
import { kindRequests } from './kinds.ts';
import { podSecurityRequests } from './pod-security.ts';
import { accept, apply, type DifferentialRequest, get, json, jsonPatch, merge, run, strategic } from './request.ts';

const ns = `/api/v1/namespaces/${run}`;
const cms = `${ns}/configmaps`;
function post(body: string | Uint8Array, path = cms, headers: Record<string, string> = json): DifferentialRequest {
  return { method: 'POST', path, body, headers };
}
function configMap(name: string, extra = ''): string {
  return `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":${JSON.stringify(name)}}${extra}}`;
}

const setUp: DifferentialRequest[] = [
  {
    method: 'POST',
    path: '/api/v1/namespaces',
    headers: json,
    body: `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"${run}"}}`,
  },
  post(`{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"default"}}`, `${ns}/serviceaccounts`),
  post(configMap('a', ',"data":{"x":"1"}')),
  post(configMap('b', ',"data":{"x":"2"}')),
  { method: 'DELETE', path: `${cms}/kube-root-ca.crt`, ignoreBody: true, mayDiffer: 'made by a controller' },
];

const paths: DifferentialRequest[] = [
  `${cms}/a%2Fb`,
  '/api//v1',
  '//api/v1',
  '/api/v1/',
  `${cms}/`,
  `${cms}/..`,
  `${cms}/%2e%2e`,
  `${cms}/.`,
  '/api/v1/../v1/namespaces',
  '/foo',
  '/apis/foo',
  '/apis/foo/v1',
  '/apis/apps/v3',
  '/apis/apps/v3/deployments',
  '/api/v1/foos',
  '/api/v2',
  '/api/v2/pods',
  `${ns}/foos/x`,
  `${cms}/a/y`,
  `${cms}/a/y/z`,
  `${ns}/namespaces`,
  '/api/v1/configmaps/foo',
  `${cms}/%zz`,
  `${cms}/nope`,
  '/api/v1/namespaces/nope/status',
  `${ns}/status`,
  '/apis/apps/v1/deployments/x',
  '/healthz',
  '/livez',
  '/readyz',
  '/healthz/ping',
  '/healthz/nope',
  '/openid/v1/jwks',
].map((path) => get(path, undefined, path === '/openid/v1/jwks' || path === '/api/v1/' ? { ignoreBody: true } : {}));

paths.push(
  get('/api/v1/watch', undefined, { mayDiffer: 'what the client did wrong is a 400 here' }),
  get('/version/', undefined, { ignoreBody: true }),
);

const methods: DifferentialRequest[] = ['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'SEARCH'].flatMap((method) =>
  [cms, `${cms}/a`, '/api/v1', '/apis', '/version', '/foo', '/healthz']
    .filter((path) => !(path === `${cms}/a` && (method === 'PUT' || method === 'PATCH')))
    .map((path) => ({ method, path, maxMs: 3000, ignoreBody: path === '/apis' })),
);
methods.push({ method: 'POST', path: `${cms}/a`, headers: json, body: '{}' }, { method: 'DELETE', path: '/api/v1' });

const queries: DifferentialRequest[] = [
  'limit=abc',
  'limit=-1',
  'limit=1',
  'limit=1&continue=zzz',
  'resourceVersion=abc',
  'resourceVersion=-1',
  'resourceVersion=99999999',
  'resourceVersionMatch=Exact',
  'resourceVersion=1&resourceVersionMatch=Foo',
  'resourceVersion=0&resourceVersionMatch=Exact',
  'timeoutSeconds=abc',
  'timeoutSeconds=-1',
  'watch=abc&timeoutSeconds=1',
  'watch=false',
  'labelSelector=a%3D%3D%3Db',
  'labelSelector=a%20in%20(',
  'fieldSelector=foo%3Dbar',
  'fieldSelector=abc',
  'fieldSelector=metadata.name%3Da',
  'allowWatchBookmarks=x',
  'sendInitialEvents=true',
  'timeout=1',
  'timeout=0',
  'timeout=1h',
  'timeout=-1s',
  'unknown=1',
  'limit=9999999999999999999999',
  'watch=1&resourceVersion=abc',
  'watch=1&resourceVersionMatch=Exact&resourceVersion=3&timeoutSeconds=1',
  'watch=1&continue=x&timeoutSeconds=1',
  'watch=1&timeoutSeconds=1',
  'watch=1&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3Da',
  'pretty=true&limit=2',
  'pretty=false',
].map((query) => get(`${cms}?${query}`, undefined, { maxMs: 6000 }));
queries.push(
  get(`${cms}/a?pretty=true`),
  get(`${cms}/a`, { 'user-agent': 'curl/8' }),
  get(`${cms}/a?resourceVersion=abc`),
);
queries.push(
  get(`/api/v1/watch/namespaces/${run}/configmaps?timeoutSeconds=1`, undefined, { maxMs: 3000 }),
  get(`/api/v1/watch/namespaces/${run}/configmaps/a?timeoutSeconds=1`, undefined, { maxMs: 3000 }),
);

const accepts: DifferentialRequest[] = [
  'application/json',
  '*/*',
  'application/*',
  'text/html',
  'application/yaml',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json;as=Table;v=v2;g=meta.k8s.io',
  'application/json;as=Foo;v=v1;g=meta.k8s.io',
  'application/json;as=Foo;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
  'application/yaml;as=Table;v=v1;g=meta.k8s.io',
  'application/json;stream=watch',
  'application/json;pretty=1',
  'application/json;q=0.1,application/yaml',
  'application/cbor',
  'garbage',
  'application/json;as=Table',
  'application/json;v=v1;g=meta.k8s.io;as=Table;charset=utf-8',
  'application/json, text/html;q=0.9',
  'text/html,application/xhtml+xml,*/*;q=0.8',
].flatMap((value) => [accept(`${cms}?limit=1`, value), accept(`${cms}/a`, value)]);
accepts.push(
  accept(`${cms}/a?includeObject=Foo`, 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  accept(`${cms}/a?includeObject=None`, 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  accept(`${cms}/a?includeObject=Object`, 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  accept(`${cms}?watch=1`, 'text/html', { maxMs: 2000 }),
  accept(`${cms}?watch=1&timeoutSeconds=1`, 'application/yaml', { maxMs: 2000 }),
  accept(`${cms}?watch=1&timeoutSeconds=1`, 'application/json;as=Table;v=v1;g=meta.k8s.io', { maxMs: 3000 }),
  accept(`${cms}?watch=1&timeoutSeconds=1`, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', {
    maxMs: 3000,
  }),
  accept(`${cms}?watch=1&timeoutSeconds=1`, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', {
    maxMs: 3000,
    mayDiffer: 'the stock server breaks off',
  }),
  accept('/api/v1', 'text/html'),
  accept('/apis', 'text/html'),
  accept('/apis/apps', 'text/html'),
  accept('/apis/apps', 'application/yaml'),
  accept('/version', 'text/html', { ignoreBody: true }),
);

const bodies: DifferentialRequest[] = [
  post('{'),
  post('null'),
  post('[]'),
  post('"x"'),
  post('{}'),
  post(''),
  post('{"kind":"ConfigMap"}'),
  post('{"apiVersion":"v1"}'),
  post('{"kind":"Secret","apiVersion":"v1","metadata":{"name":"x"}}'),
  post('{"kind":"Foo","apiVersion":"v1","metadata":{"name":"x"}}'),
  post('{"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"x"}}'),
  post('{"kind":"ConfigMap","apiVersion":"apps/v1","metadata":{"name":"x"}}'),
  post('{"kind":"ConfigMap","apiVersion":"a/b/c","metadata":{"name":"x"}}'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"other"}}'),
  post(configMap('a')),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}'),
  post('{"kind":"ConfigMap","apiVersion":"v1"}'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"Bad_Name"}}'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"rv","resourceVersion":"1"}}'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":5}}'),
  post('{"kind":5,"apiVersion":"v1","metadata":{"name":5}}'),
  post('{"kind":"ConfigMap","apiVersion":5,"metadata":{"name":5}}'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}} trailing'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":[]}'),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"u"},"dat":{"a":"b"}}', `${cms}?dryRun=All`),
  post(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"u"},"dat":{"a":"b"},"data":{"a":"b","a":"c"}}',
    `${cms}?dryRun=All`,
  ),
  post(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"u"},"dat":{"a":"b"},"data":{"a":"b","a":"c"}}',
    `${cms}?dryRun=All&fieldValidation=Strict`,
  ),
  post(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"u"},"dat":{"a":"b"},"data":{"a":"b","a":"c"}}',
    `${cms}?dryRun=All&fieldValidation=Ignore`,
  ),
  post('{}', cms, { 'content-type': 'application/xml' }),
  post('{}', cms, { 'content-type': ';;' }),
  post('{}', cms, {}),
  post('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"ch"}}', `${cms}?dryRun=All`, {
    'content-type': 'application/json; charset=utf-8',
  }),
  post('kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: y\n', `${cms}?dryRun=All`, {
    'content-type': 'application/yaml',
  }),
  post('a: [b', cms, { 'content-type': 'application/yaml' }),
  post('a: [b', cms, { 'content-type': 'application/vnd.kubernetes.protobuf' }),
  post('a: [b', cms, { 'content-type': 'application/cbor' }),
  { ...post('a: [b', cms, { ...json, 'content-encoding': 'gzip' }), mayDiffer: 'compressed bodies are refused here' },
  post(configMap('x'), `${cms}?dryRun=foo`),
  post(configMap('x'), `${cms}?dryRun=All&dryRun=All`),
  post(configMap('x'), `${cms}?dryRun=All&dryRun=foo`),
  post(configMap('x'), `${cms}?fieldValidation=foo`),
  post(configMap('x'), `${cms}?fieldManager=${'x'.repeat(130)}`),
  post(configMap('x'), `${cms}?fieldManager=%01`),
  post(configMap('x'), `${cms}?fieldManager=%F0%9F%98%80&dryRun=All`),
  post(configMap('x'), '/api/v1/configmaps'),
  post(configMap('x'), '/api/v1/namespaces/absent/configmaps'),
  post(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"big"},"data":{"a":"${'x'.repeat(3 << 20)}"}}`),
];

function put(name: string, body: string, query = ''): DifferentialRequest {
  return { method: 'PUT', path: `${cms}/${name}${query}`, headers: json, body };
}
function patch(name: string, headers: Record<string, string>, body: string, query = ''): DifferentialRequest {
  return { method: 'PATCH', path: `${cms}/${name}${query}`, headers, body };
}
function remove(name: string, body?: string, query = ''): DifferentialRequest {
  return { method: 'DELETE', path: `${cms}/${name}${query}`, ...(body === undefined ? {} : { headers: json, body }) };
}

const writes: DifferentialRequest[] = [
  put('a', configMap('x')),
  put('a', '{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}'),
  put('a', '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"o"}}'),
  put('a', '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}'),
  put('a', '{'),
  put('nope', configMap('nope')),
  put('a', configMap('a', ',"data":{"x":"1","y":"2"}')),
  put('a', '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"1"}}'),
  put('a', '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"x"}}'),
  put('a', '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","uid":"x"}}'),
  patch('a', json, '{}'),
  patch('a', {}, '{}'),
  patch('a', merge, '{'),
  patch('a', merge, '[]'),
  patch('a', merge, 'null'),
  patch('a', merge, ''),
  patch('a', { 'content-type': 'application/merge-patch+json; charset=utf-8' }, '{"data":{"z":"1"}}'),
  patch('a', merge, '{"data":{"z":5}}'),
  patch('a', merge, '{"foo":5}'),
  patch('a', merge, '{"foo":5}', '?fieldValidation=Strict'),
  patch('a', merge, '{"metadata":{"name":"other"}}'),
  patch('a', merge, '{"metadata":{"resourceVersion":"1"}}'),
  patch('a', jsonPatch, '{}'),
  patch('a', jsonPatch, '[{"op":"foo","path":"/data/z"}]'),
  patch('a', jsonPatch, '[{"op":"remove","path":"/data/nope"}]'),
  patch('a', jsonPatch, '[{"op":"test","path":"/data/x","value":"9"}]'),
  patch('a', jsonPatch, '[{"op":"add","path":"/data/n","value":"9"}]'),
  patch('a', jsonPatch, '[]', '?force=true'),
  patch('a', jsonPatch, '[]', '?force=x'),
  patch('a', strategic, '{"data":{"s":"1"}}'),
  patch('a', strategic, '[]'),
  patch('a', apply, '{}'),
  patch('a', apply, '{', '?fieldManager=x'),
  patch('a', apply, '{}', '?fieldManager=x'),
  patch('a', apply, configMap('b'), '?fieldManager=x'),
  patch('a', apply, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: other\n', '?fieldManager=x'),
  patch(
    'applied',
    apply,
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  x: other\n',
    '?fieldManager=x',
  ),
  patch('nope', merge, '{}'),
  patch('a', merge, '{}', '?dryRun=z'),
  remove('a', '{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foo"}'),
  remove('a', '{"kind":"DeleteOptions","apiVersion":"apps/v1","dryRun":["All"]}'),
  remove('a', '{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["x"]}'),
  remove('a', '{"kind":"DeleteOptions","apiVersion":"v1","dryRun":"x"}'),
  remove('a', '{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":"x"}'),
  remove('a', '{"kind":"Foo","apiVersion":"apps/v1","dryRun":["All"]}'),
  remove('a', '{"foo":1,"dryRun":["All"]}'),
  remove('a', '{'),
  remove('a', undefined, '?dryRun=All&gracePeriodSeconds=x'),
  remove('a', undefined, '?dryRun=All&propagationPolicy=Orphan&orphanDependents=true'),
  remove('a', undefined, '?dryRun=foo'),
  remove('a', '{"preconditions":{"uid":"x"}}'),
  remove('a', '{"preconditions":{"resourceVersion":"1"}}'),
  remove('nope'),
  remove('applied', '{"propagationPolicy":"Background"}'),
  remove('', undefined, '?labelSelector=a%20in'),
  { method: 'DELETE', path: `${cms}?dryRun=foo` },
  { method: 'DELETE', path: `${cms}?fieldSelector=metadata.name%3Db` },
  { method: 'DELETE', path: cms },
  get(cms),
];

const deployments = `/apis/apps/v1/namespaces/${run}/deployments`;
const container = { name: 'c', image: 'nginx', ports: [{ containerPort: 80 }] };
const deployment = (replicas: number): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  });
const scale = (replicas: number, more = ''): string =>
  `{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web","namespace":"${run}"${more}},"spec":{"replicas":${replicas}}}`;

const workloads: DifferentialRequest[] = [
  post(deployment(2), deployments),
  post(deployment(-1), `${deployments}?dryRun=All`),
  post('{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"}}', deployments),
  post('{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"replicas":"x"}}', deployments),
  post('{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":[]}', deployments),
  post('{"apiVersion":"apps/v1beta1","kind":"Deployment","metadata":{"name":"x"}}', deployments),
  post('{"apiVersion":"v1","kind":"Deployment","metadata":{"name":"x"}}', deployments),
  get(`${deployments}/web`),
  get(`${deployments}/web/status`),
  get(`${deployments}/web/scale`),
  accept(`${deployments}/web/scale`, 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  accept(`${deployments}/web`, 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  accept(deployments, 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  accept(deployments, 'application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io'),
  { method: 'PATCH', path: `${deployments}/web/scale`, headers: merge, body: '{"spec":{"replicas":5}}' },
  { method: 'PUT', path: `${deployments}/web/scale`, headers: json, body: scale(4) },
  { method: 'PUT', path: `${deployments}/web/scale`, headers: json, body: scale(-4) },
  { method: 'PUT', path: `${deployments}/web/scale`, headers: json, body: deployment(4) },
  { method: 'PUT', path: `${deployments}/web/scale`, headers: json, body: scale(4, ',"resourceVersion":"1"') },
  { method: 'DELETE', path: `${deployments}/web/scale` },
  { method: 'POST', path: `${deployments}/web/scale`, headers: json, body: scale(1) },
  {
    method: 'PATCH',
    path: `${deployments}/web/status`,
    headers: merge,
    body: '{"status":{"readyReplicas":1,"replicas":1},"spec":{"replicas":9}}',
  },
  {
    method: 'PATCH',
    path: `${deployments}/web`,
    headers: strategic,
    body: '{"spec":{"template":{"spec":{"containers":[{"name":"d","image":"redis"}]}}}}',
  },
  {
    method: 'PATCH',
    path: `${deployments}/web`,
    headers: strategic,
    body: '{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"d"},{"name":"c"}],"containers":[{"name":"c","image":"nginx:2"}]}}}}',
  },
  {
    method: 'PATCH',
    path: `${deployments}/web`,
    headers: merge,
    body: '{"spec":{"selector":{"matchLabels":{"a":"b"}}}}',
  },
  {
    method: 'PATCH',
    path: `${deployments}/web`,
    headers: merge,
    body: '{"spec":{"template":{"spec":{"containers":null}}}}',
  },
  { method: 'PATCH', path: `${deployments}/web?fieldManager=m`, headers: apply, body: deployment(7) },
  { method: 'PATCH', path: `${deployments}/web?fieldManager=m&force=true`, headers: apply, body: deployment(7) },
  { method: 'PATCH', path: `${deployments}/web/nope`, headers: merge, body: '{}' },
  get(`${deployments}?fieldSelector=spec.replicas%3D1`),
  get(`${deployments}?labelSelector=app%3Dweb`),
  { method: 'DELETE', path: `${deployments}/web`, headers: json, body: '{"propagationPolicy":"Foreground"}' },
  get(`${deployments}/web`),
  {
    method: 'PATCH',
    path: `${deployments}/web`,
    headers: merge,
    body: '{"metadata":{"finalizers":["example.com/x"]}}',
  },
  { method: 'PATCH', path: `${deployments}/web`, headers: merge, body: '{"metadata":{"finalizers":null}}' },
  get(`${deployments}/web`),
];

const reviews: DifferentialRequest[] = [
  post(
    '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{"verb":"list","resource":"pods"}}}',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  ),
  {
    ...post(
      '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{"verb":"list","resource":"pods"}}}',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { ...json, accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    ),
    ignoreBody: true,
  },
  get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'),
  get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x'),
];

const discovery: DifferentialRequest[] = [
  get('/api', undefined, { mayDiffer: 'addresses differ' }),
  get('/apis/rbac.authorization.k8s.io'),
  get('/apis/rbac.authorization.k8s.io/v1'),
  get('/apis/coordination.k8s.io/v1'),
  get('/version', undefined, { ignoreBody: true }),
  get('/livez?verbose', undefined, { mayDiffer: 'the checks differ' }),
  get('/livez?exclude=nope', undefined),
  get('/livez?exclude=ping', undefined),
];

/**
 * All requests; or those about the kinds that are named, with `admission` and `podsecurity` among them those about admission plugins, and with `generic` or
 * `generic-watches` and the like those about what all kinds have in common.
 */
export function requestsAbout(kinds?: readonly string[]): readonly DifferentialRequest[] {
  const about =
    kinds === undefined
      ? everything()
      : [
          ...(kinds.includes('admission') ? admissionRequests : []),
          ...(kinds.includes('podsecurity') ? podSecurityRequests : []),
          ...genericRequests(kinds),
          ...kindRequests(kinds),
        ];
  return [...setUp, ...about, { method: 'DELETE', path: ns, ignoreBody: true }];
}

const everything = (): readonly DifferentialRequest[] => [
  ...paths,
  ...methods,
  ...queries,
  ...accepts,
  ...bodies,
  ...writes,
  ...workloads,
  ...reviews,
  ...discovery,
  ...admissionRequests,
  ...podSecurityRequests,
  ...genericRequests(genericSets),
  ...kindRequests(),
];
