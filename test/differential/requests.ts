/** One request that is put to both servers. Order matters: later requests see what earlier ones left. */
export type DifferentialRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Ends a stream after this long. */
  readonly maxMs?: number;
  /** Why the two may differ; such a difference is printed but does not fail the run. */
  readonly mayDiffer?: string;
  /** Compare status and these headers only. */
  readonly ignoreBody?: boolean;
};

const ns = '/api/v1/namespaces/differential';
const cms = `${ns}/configmaps`;
const json = { 'content-type': 'application/json' };
const merge = { 'content-type': 'application/merge-patch+json' };
const jsonPatch = { 'content-type': 'application/json-patch+json' };
const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
const apply = { 'content-type': 'application/apply-patch+yaml' };

function get(
  path: string,
  headers?: Record<string, string>,
  more: Partial<DifferentialRequest> = {},
): DifferentialRequest {
  return { method: 'GET', path, ...(headers === undefined ? {} : { headers }), ...more };
}
function accept(path: string, value: string, more: Partial<DifferentialRequest> = {}): DifferentialRequest {
  return get(path, { accept: value }, more);
}
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
    body: '{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"differential"}}',
  },
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
  '/api/v1/namespaces/differential/status',
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
  get(`/api/v1/watch/namespaces/differential/configmaps?timeoutSeconds=1`, undefined, { maxMs: 3000 }),
  get(`/api/v1/watch/namespaces/differential/configmaps/a?timeoutSeconds=1`, undefined, { maxMs: 3000 }),
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

export const requests: readonly DifferentialRequest[] = [
  ...setUp,
  ...paths,
  ...methods,
  ...queries,
  ...accepts,
  ...bodies,
  ...writes,
  ...discovery,
  { method: 'DELETE', path: ns, ignoreBody: true },
];
