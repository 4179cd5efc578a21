import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { builtinDefinitions } from '../../../src/api/builtin.ts';
import type { ResourceDefinition } from '../../../src/api/resource-definition.ts';
import { setOwn } from '../../../src/apimachinery/json.ts';

export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
};

export const namespace = 'fuzz';
type Tree = { [key: string]: unknown };

/** Bodies that the kinds' recorded vectors send: valid ones, and ones with a mistake each. */
const samples = new Map<string, Tree[]>();
const directory = new URL('../../../src/api/testdata/', import.meta.url);
for (const file of readdirSync(directory)) {
  if (!file.endsWith('.json')) continue;
  const vectors = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as { sent?: Tree }[];
  samples.set(
    file.replace(/\.json$/, ''),
    vectors.flatMap(({ sent }) => (sent === undefined ? [] : [sent])),
  );
}

const hostileText = fc.constantFrom(
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e',
  '😀'.repeat(200),
  'x'.repeat(254),
  'x'.repeat(70_000),
  '__proto__',
  'constructor',
  'toString',
  'prototype',
  '../../etc',
  '-1',
  '1e999',
  '99999999999999999999999999',
  '1.5',
  'null',
  'true',
  '2024-13-45T99:99:99Z',
  '2024-01-01T00:00:00Z',
  '%00%zz',
  '$(kill)',
  "'; DROP TABLE objects; --",
  'a/b/c',
  'Bad_Name!',
  '\n\r\t',
);
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300, -1e300, 2 ** 53, 2 ** 31, 2 ** 63, [], {}, [[]], [null], [{}]),
  fc.constant(JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{}},"hasOwnProperty":1}')),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 2, max: 600 }).map(nested),
);
const hostileKey = fc.oneof(
  hostileText,
  fc.constantFrom('metadata', 'spec', 'status', 'kind', 'apiVersion', 'data', 'name', '$patch', '$retainKeys', 'f:x'),
  fc.constantFrom('$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers', 'managedFields', 'labels'),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Changes one place of a body: `steps` says how to get there. */
type Mutation = {
  readonly steps: readonly number[];
  readonly how: 'set' | 'add' | 'drop';
  readonly key: string;
  readonly value: unknown;
};
const mutation: fc.Arbitrary<Mutation> = fc.record({
  steps: fc.array(fc.nat(1000), { minLength: 1, maxLength: 7 }),
  how: fc.constantFrom('set', 'add', 'drop'),
  key: hostileKey,
  value: hostileValue,
});

function mutate(body: Tree, mutations: readonly Mutation[]): Tree {
  const copy = structuredClone(body);
  for (const { steps, how, key, value } of mutations) {
    let at: Tree = copy;
    let last: string | undefined;
    for (const step of steps) {
      const keys = Object.keys(at);
      if (keys.length === 0) break;
      last = keys[step % keys.length] as string;
      const next = at[last];
      if (typeof next !== 'object' || next === null) break;
      if (step % 5 === 4) break;
      at = next as Tree;
      last = undefined;
    }
    if (how === 'add' || last === undefined) setOwn(at as never, key, structuredClone(value) as never);
    else if (how === 'drop') delete at[last];
    else setOwn(at as never, last, structuredClone(value) as never);
  }
  return copy;
}

const definition = fc.constantFrom(...builtinDefinitions);
const names = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e') },
  { weight: 1, arbitrary: hostileText },
);

function sampleOf(of: ResourceDefinition, pick: number, name: string): Tree {
  const full = of.group === '' ? of.resource : `${of.resource}.${of.group}`;
  const known = samples.get(full) ?? [];
  const version = of.versions[0]?.version ?? 'v1';
  const apiVersion = of.group === '' ? version : `${of.group}/${version}`;
  const sample = known[pick % Math.max(1, known.length)] ?? { spec: {} };
  return { ...sample, apiVersion, kind: of.kind, metadata: { ...(sample['metadata'] as Tree | undefined), name } };
}

const patchTypes = ['json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'] as const;

const pointer = fc
  .array(fc.oneof(hostileKey, fc.constantFrom('metadata', 'labels', 'spec', '0', '-', '~0', '~1', '~2')), {
    maxLength: 4,
  })
  .map((parts) => parts.map((part) => `/${part.slice(0, 300)}`).join(''));
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'bogus', ''),
    path: fc.oneof(pointer, hostileText),
    from: pointer,
    value: hostileValue,
  },
  { requiredKeys: ['op'] },
);

/** What is done to the bytes of a body after it has been written. */
const damage = fc.oneof(
  { weight: 12, arbitrary: fc.constant((text: string): Buffer => Buffer.from(text)) },
  fc.nat(400).map(
    (at) =>
      (text: string): Buffer =>
        Buffer.from(text.slice(0, at)),
  ),
  fc.tuple(fc.nat(400), fc.nat(255)).map(([at, byte]) => (text: string): Buffer => {
    const bytes = Buffer.from(text);
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  }),
  fc.constant(
    (text: string): Buffer => Buffer.from(text.replace('"metadata":{', '"metadata":{},"metadata":{"name":"q",')),
  ),
  fc.constantFrom(100, 9000, 100_000).map((depth) => (): Buffer => Buffer.from('['.repeat(depth))),
  fc
    .constantFrom(100, 20_000)
    .map((depth) => (): Buffer => Buffer.from('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))),
  fc.constant((text: string): Buffer => Buffer.from(`${text} ${text}`)),
  fc.constant((text: string): Buffer => Buffer.from(`\ufeff${text}`)),
  fc.constant((text: string): Buffer => Buffer.from(text, 'utf16le')),
  fc
    .constantFrom('a: &a [*a]', '- - - -', '%YAML 9', '? {', 'a: !!binary x', '<<: {a: b}', '&x a: *x', '\t')
    .map((yaml) => (): Buffer => Buffer.from(yaml)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => (): Buffer => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => (): Buffer => Buffer.from([0x6b, 0x38, 0x73, 0, ...bytes])),
  fc.uint8Array({ maxLength: 60 }).map(
    (bytes) =>
      (text: string): Buffer =>
        protobuf(text, bytes),
  ),
);

/** An envelope that says the kind of the body, around bytes that are hardly an object. */
function protobuf(text: string, raw: Uint8Array): Buffer {
  const field = (number: number, value: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, value.length & 0x7f]), value.subarray(0, 0x7f)]);
  const apiVersion = /"apiVersion":"([^"]{1,40})"/.exec(text)?.[1] ?? 'v1';
  const kind = /"kind":"([^"]{1,40})"/.exec(text)?.[1] ?? 'Pod';
  const type = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw)]);
}

const contentType = fc.oneof(
  { weight: 8, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    'application/cbor',
    'text/plain',
    '',
    ';;;',
    'application/json; charset=utf-16',
    'application/json;as=Table',
    'multipart/form-data; boundary=x',
    ...patchTypes.map((type) => `application/${type}`),
  ),
);
const accept = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    '*/*',
    '',
    'text/html',
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    'application/vnd.kubernetes.protobuf, */*',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    'application/yaml;as=Table;v=v1;g=meta.k8s.io',
    'application/json;as=__proto__;v=constructor;g=toString',
    `${'application/json;q=0.1,'.repeat(300)}*/*`,
    ';,;,=;q=',
    'application/json;stream=watch',
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  ),
);

const queryName = fc.constantFrom(
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'watch',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'timeoutSeconds',
  'timeout',
  'labelSelector',
  'fieldSelector',
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'pretty',
  'propagationPolicy',
  'orphanDependents',
  'gracePeriodSeconds',
  'includeObject',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  '__proto__',
  'constructor',
);
const queryValue = fc.oneof(
  hostileText.map((text) => text.slice(0, 3000)),
  fc.constantFrom('1', '0', 'true', 'false', 'All', 'Strict', 'Warn', 'Ignore', 'Exact', 'NotOlderThan', 'Orphan'),
  fc.constantFrom(
    'Foreground',
    'Background',
    'Object',
    'None',
    'm',
    '2',
    '500',
    '18446744073709551615',
    '-5',
    '1h',
    '5ms',
  ),
  fc.constantFrom(
    'a=b',
    'a in (b,c)',
    'a notin ()',
    '!a',
    'a>1',
    'a,,b',
    'in in in',
    '((((',
    'metadata.name=a',
    'a===',
  ),
  fc.constantFrom(
    'metadata.name!=a,metadata.namespace=fuzz',
    'spec.nodeName=x',
    'status.phase=,',
    '\\=\\,=\\',
    '=',
    ',',
  ),
  fc.constantFrom(
    Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"a\\u0000"}').toString('base64url'),
    Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"../x"}').toString('base64url'),
    Buffer.from('{"v":"meta.k8s.io/v2","rv":"x"}').toString('base64url'),
    Buffer.from('[').toString('base64url'),
  ),
);
const query = fc.array(fc.tuple(queryName, queryValue), { maxLength: 4 });

const subresource = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  fc.constantFrom('status', 'scale', 'finalize', 'binding', 'eviction', 'token', 'log', 'exec', 'nope', '__proto__'),
);
const prefix = fc.oneof(
  { weight: 10, arbitrary: fc.constant('') },
  fc.constantFrom(
    '/clusters/root',
    '/clusters/root:nope',
    '/clusters/*',
    '/clusters/%zz',
    '/clusters/',
    '/clusters/..',
  ),
);
const pathTrick = fc.oneof(
  { weight: 14, arbitrary: fc.constant((path: string): string => path) },
  fc.constant((path: string): string => `/${path}`),
  fc.constant((path: string): string => `${path}/`),
  fc.constant((path: string): string => path.replace('/namespaces/', '/namespaces//')),
  fc.constant((path: string): string => path.replace('/v1/', '/v1/../v1/')),
  fc.constant((path: string): string => path.replace('/v1/', '/v1/watch/')),
  fc.constant((path: string): string => path.replace('/v1/', '/v999/')),
  fc.constant((path: string): string => `/${path.slice(1).replaceAll('/', '%2f')}`),
  fc.constant((path: string): string => `${path}%00`),
  fc.constant((path: string): string => `${path}%c0%af%ff`),
  fc.constant((path: string): string => `${path};a=b`),
  fc.constant((path: string): string => `${path}#x`),
  fc.constant((path: string): string => `${path}/${'y/'.repeat(200)}`),
  fc.constant((path: string): string => path.toUpperCase()),
  fc
    .constantFrom(
      '/',
      '/api',
      '/apis',
      '/apis/',
      '/openapi/v2',
      '/openapi/v3/../v3',
      '/openapi/v3/apis/__proto__/v1',
      '/version',
      '/metrics',
      '/healthz/__proto__',
      '/livez?exclude=%00',
      '/apis/constructor/v1',
      '/apis/apps/__proto__/deployments',
      '/.well-known/openid-configuration',
      '*',
    )
    .map((path) => (): string => path),
);
const otherHeaders = fc.oneof(
  { weight: 10, arbitrary: fc.constant({}) },
  fc.constantFrom<Record<string, string>>(
    { 'content-encoding': 'gzip' },
    { 'content-encoding': 'br, gzip' },
    { 'accept-encoding': 'gzip;q=x,*;q=0' },
    { 'x-http-method-override': 'DELETE' },
    { 'impersonate-user': 'bob', 'impersonate-group': '' },
    { 'impersonate-extra-%zz': 'x' },
    { 'impersonate-uid': 'x' },
    { 'if-none-match': '*' },
    { 'user-agent': '' },
    { 'user-agent': `${'\u00e9'.repeat(200)}/x` },
    { 'audit-id': 'x'.repeat(2000) },
    { upgrade: 'websocket', connection: 'Upgrade' },
    { expect: '200-maybe' },
    { authorization: 'Bearer' },
    { authorization: 'Basic Og==' },
    { authorization: `Bearer ${'x'.repeat(5000)}` },
    { range: 'bytes=0-1' },
    { te: 'trailers' },
  ),
);

/** A request of any verb to any resource, with something wrong with it more often than not. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = fc
  .record({
    of: definition,
    bodyOf: definition,
    isForeign: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    verb: fc.constantFrom(
      'get',
      'list',
      'create',
      'create',
      'create',
      'update',
      'patch',
      'patch',
      'patch',
      'delete',
      'deletecollection',
      'odd',
    ),
    oddMethod: fc.constantFrom('OPTIONS', 'HEAD', 'TRACE', 'SEARCH', 'PROPFIND', 'QUERY', 'POST', 'PUT'),
    name: names,
    inNamespace: fc.constantFrom(
      namespace,
      namespace,
      namespace,
      namespace,
      namespace,
      'absent',
      '',
      'a'.repeat(300),
      '__proto__',
    ),
    pick: fc.nat(200),
    mutations: fc.array(mutation, { maxLength: 3 }),
    patchType: fc.constantFrom(...patchTypes),
    operations: fc.array(operation, { maxLength: 4 }),
    subresource,
    prefix,
    pathTrick,
    query,
    damage,
    contentType,
    accept,
    otherHeaders,
  })
  .map((parts) => {
    const { of, verb } = parts;
    const version = of.versions[0]?.version ?? 'v1';
    const root = of.group === '' ? `/api/${version}` : `/apis/${of.group}/${version}`;
    const at = of.scope === 'Namespaced' && parts.inNamespace !== '' ? `/namespaces/${encode(parts.inNamespace)}` : '';
    const collection = `${root}${at}/${of.resource}`;
    const isItem = verb !== 'list' && verb !== 'create' && verb !== 'deletecollection';
    const sub = parts.subresource === '' ? '' : `/${parts.subresource}`;
    const plain = isItem || sub !== '' ? `${collection}/${encode(parts.name)}${sub}` : collection;
    const search = new URLSearchParams(
      parts.query.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
    ).toString();
    const tricked = parts.prefix + parts.pathTrick(plain);
    const path = search === '' ? tricked : `${tricked}${tricked.includes('?') ? '&' : '?'}${search}`;
    const method =
      {
        get: 'GET',
        list: 'GET',
        create: 'POST',
        update: 'PUT',
        patch: 'PATCH',
        delete: 'DELETE',
        deletecollection: 'DELETE',
        odd: parts.oddMethod,
      }[verb] ?? 'GET';
    const tree = mutate(sampleOf(parts.isForeign ? parts.bodyOf : of, parts.pick, parts.name), parts.mutations);
    const bodied =
      method === 'POST' || method === 'PUT' || method === 'PATCH' || (method === 'DELETE' && parts.pick % 3 === 0);
    const content =
      method === 'DELETE'
        ? { kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions(parts) }
        : method === 'PATCH' && parts.patchType === 'json-patch+json'
          ? parts.operations
          : tree;
    const headers: Record<string, string> = { accept: parts.accept, ...parts.otherHeaders };
    if (bodied)
      headers['content-type'] =
        method === 'PATCH' && parts.contentType === 'application/json'
          ? `application/${parts.patchType}`
          : parts.contentType;
    return {
      method,
      path: path === '' ? '/' : path,
      headers,
      body: bodied ? parts.damage(JSON.stringify(content)) : undefined,
    };
  });

function deleteOptions({ pick, mutations }: { pick: number; mutations: readonly Mutation[] }): Tree {
  const [first] = mutations;
  return pick % 2 === 0
    ? { propagationPolicy: first?.value ?? 'Orphan' }
    : { preconditions: { uid: first?.value }, [first?.key ?? 'x']: first?.value };
}

/** A path segment that may hold anything; a lone surrogate has no encoding. */
function encode(segment: string): string {
  return encodeURIComponent(segment.toWellFormed().slice(0, 3000));
}
