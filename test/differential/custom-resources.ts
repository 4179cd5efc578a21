/**
 * Records what a stock API server answers to creates of custom resources that break every rule of a schema:
 * `node test/differential/custom-resources.ts <server> <token>` prints the vectors that src/registry/customresources/validation-vectors.json holds. With `--compare FILE` it
 * asks a server the same and prints where it differs.
 */
import { readFileSync } from 'node:fs';

type Answer = {
  readonly code: number;
  readonly message?: string;
  readonly causes?: unknown;
  readonly object?: unknown;
};
type Vector = { readonly name: string; readonly object: unknown; readonly answer: Answer };

process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
const [server = '', token = '', flag, file = ''] = process.argv.slice(2);

async function call(
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
): Promise<{ code: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { code: response.status, body: (await response.json()) as Record<string, unknown> };
}

const any = (props: object) => ({ type: 'object', properties: props });
const schema = any({
  spec: any({
    text: { type: 'string', maxLength: 5, minLength: 2, pattern: '^[a-z]+$' },
    size: { type: 'integer', minimum: 1, maximum: 10, multipleOf: 2 },
    big: { type: 'integer', format: 'int64', maximum: 1000000 },
    ratio: {
      type: 'number',
      exclusiveMinimum: true,
      minimum: 0.5,
      maximum: 1000000,
      exclusiveMaximum: true,
      multipleOf: 0.25,
    },
    flag: { type: 'boolean' },
    choice: { type: 'string', enum: ['a', 'b'] },
    level: { type: 'integer', enum: [1, 2] },
    nullableText: { type: 'string', nullable: true, enum: ['x', null] },
    port: { 'x-kubernetes-int-or-string': true, maximum: 9 },
    list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string', maxLength: 3 } },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        required: ['port'],
        properties: {
          port: { type: 'integer' },
          protocol: { type: 'string', default: 'TCP' },
          name: { type: 'string', maxLength: 3 },
        },
      },
    },
    names: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, v: { type: 'integer', maximum: 3 } },
      },
    },
    labels: {
      type: 'object',
      maxProperties: 2,
      minProperties: 1,
      additionalProperties: { type: 'string', maxLength: 2 },
    },
    needs: { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string' }, b: { type: 'string' } } },
    any: { type: 'string', anyOf: [{ minLength: 5 }, { pattern: '^x' }] },
    one: { type: 'string', oneOf: [{ minLength: 3 }, { pattern: '^y' }] },
    all: { type: 'string', allOf: [{ minLength: 3 }, { pattern: '^z' }] },
    none: { type: 'string', not: { enum: ['bad'] } },
    oneOfFields: any({ l: { type: 'string' }, r: { type: 'string' } }),
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'integer' } } },
    defaulted: {
      type: 'object',
      default: {},
      properties: {
        a: { type: 'string', default: 'A' },
        b: { type: 'array', items: { type: 'object', properties: { c: { type: 'integer', default: 3 } } } },
      },
    },
    embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    ...Object.fromEntries(
      [
        'date-time',
        'date',
        'ipv4',
        'ipv6',
        'cidr',
        'uuid',
        'uri',
        'email',
        'hostname',
        'byte',
        'duration',
        'mac',
        'password',
        'unheard-of',
        'isbn10',
        'creditcard',
        'hexcolor',
        'rgbcolor',
        'ssn',
        'bsonobjectid',
        'uuid4',
      ].map((format) => [`f${format.replaceAll('-', '')}`, { type: 'string', format }]),
    ),
  }),
  status: any({ phase: { type: 'string', enum: ['Up', 'Down'] }, n: { type: 'integer' } }),
});
(schema.properties as Record<string, Record<string, Record<string, unknown>>>)['spec']!['properties']!['oneOfFields'] =
  {
    type: 'object',
    properties: { l: { type: 'string' }, r: { type: 'string' } },
    oneOf: [{ required: ['l'] }, { required: ['r'] }],
  };

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'vectors.diff.example.com' },
  spec: {
    group: 'diff.example.com',
    scope: 'Namespaced',
    names: { plural: 'vectors', kind: 'Vector' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  },
};

const specs: Record<string, unknown> = {
  empty: {},
  'text too long': { text: 'abcdefgh' },
  'text too short': { text: 'a' },
  'text of runes': { text: '日本語' },
  'text not matching': { text: 'A1B' },
  'text a number': { text: 5 },
  'text a list': { text: ['a'] },
  'text an object': { text: { a: 1 } },
  'size a text': { size: 'big' },
  'size too small': { size: 0 },
  'size too big and odd': { size: 11 },
  'size a fraction': { size: 1.5 },
  'big too big': { big: 1000001 },
  'big beyond doubles': { big: 9007199254740991 },
  'ratio too small': { ratio: 0.5 },
  'ratio not a multiple': { ratio: 0.6 },
  'ratio too big': { ratio: 1000000.5 },
  'ratio an integer': { ratio: 3 },
  'flag a text': { flag: 'true' },
  'choice unknown': { choice: 'c' },
  'level unknown': { level: 3 },
  'choice a number': { choice: 1 },
  'null for text': { text: null },
  'null that is allowed': { nullableText: null },
  'nullable unknown': { nullableText: 'y' },
  'port a text': { port: '80%' },
  'port too big': { port: 10 },
  'port a boolean': { port: true },
  'list empty': { list: [] },
  'list too long': { list: ['a', 'b', 'c'] },
  'list items too long': { list: ['abcd', 'ok'] },
  'list of numbers': { list: [1, 2] },
  'list an object': { list: {} },
  'list with null': { list: [null] },
  'set with duplicates': { set: ['a', 'b', 'a', 'a', 'b'] },
  'ports with duplicates': { ports: [{ port: 1 }, { port: 1, protocol: 'TCP' }, { port: 1, protocol: 'UDP' }] },
  'ports without key': { ports: [{ name: 'x' }] },
  'names with duplicates': { names: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
  'labels too many': { labels: { a: '1', b: '2', c: '3' } },
  'labels none': { labels: {} },
  'labels too long': { labels: { a: '123' } },
  'labels of numbers': { labels: { a: 1 } },
  'needs both': { needs: {} },
  'needs one': { needs: { a: 'x' } },
  'any of none': { any: 'abc' },
  'any of second': { any: 'xa' },
  'one of both': { one: 'yyy' },
  'one of none': { one: 'ab' },
  'all of one': { all: 'abc' },
  'all of none': { all: 'a' },
  'all of all': { all: 'zab' },
  'not allowed': { none: 'bad' },
  'neither field': { oneOfFields: {} },
  'both fields': { oneOfFields: { l: 'a', r: 'b' } },
  'one field': { oneOfFields: { l: 'a' } },
  'unknown fields': {
    foo: 1,
    free: { x: { y: 1 }, known: 3 },
    needs: { a: 'a', b: 'b', c: { d: 1 } },
    names: [{ name: 'a', w: 1 }],
  },
  'free with a wrong known': { free: { known: 'x' } },
  defaults: { defaulted: { b: [{}, { c: 5 }, { c: null }] } },
  'null for a default': { defaulted: null },
  'embedded without type': { embedded: { metadata: { name: 'x' } } },
  'embedded with bad metadata': {
    embedded: { apiVersion: 'a/b/c', kind: '', metadata: { name: 'x', labels: { 'a b': 'c' } } },
  },
  'embedded pruned': { embedded: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', foo: 'y' }, spec: { a: 1 } } },
  'spec a text': 'text',
  'spec null': null,
  ...Object.fromEntries(
    Object.entries({
      fdatetime: ['2020-01-01T00:00:00Z', '2020-01-01'],
      fdate: ['2020-02-29', '2021-02-29'],
      fipv4: ['1.2.3.4', '1.2.3', '::1'],
      fipv6: ['::1', '1.2.3.4'],
      fcidr: ['10.0.0.0/8', '10.0.0.0', '::/0'],
      fuuid: ['123e4567-e89b-12d3-a456-426614174000', 'x'],
      furi: ['http://a.example/x', 'a b', '/path', 'mailto:x', 'urn:x:y', ''],
      femail: ['a@example.com', 'a', 'A <a@example.com>'],
      fhostname: ['example.com', '-a', 'a_b', 'localhost'],
      fbyte: ['YQ==', 'a', ''],
      fduration: ['1h', '22 ns', 'x', '3 days', '1.5h'],
      fmac: ['01:23:45:67:89:ab', 'x'],
      fpassword: ['anything'],
      funheardof: ['anything'],
      fisbn10: ['0321751043', '0321751044'],
      fcreditcard: ['4111-1111-1111-1111', '4111111111111112'],
      fhexcolor: ['#FFF', '#FF'],
      frgbcolor: ['rgb(0,31,255)', 'rgb(0,31,256)'],
      fssn: ['111-11-1111', 'x'],
      fbsonobjectid: ['507f1f77bcf86cd799439011', 'x'],
      fuuid4: ['025b0d74-00a2-4048-bf57-227c5111bb34', '025b0d74-00a2-1048-bf57-227c5111bb34'],
    }).flatMap(([field, texts]) => texts.map((text) => [`${field} of ${JSON.stringify(text)}`, { [field]: text }])),
  ),
};

const base = (name: string, spec: unknown, more: object = {}) => ({
  apiVersion: 'diff.example.com/v1',
  kind: 'Vector',
  metadata: { name },
  ...(spec === undefined ? {} : { spec }),
  ...more,
});

const path = '/apis/diff.example.com/v1/namespaces/default/vectors';

function answerOf({ code, body }: { code: number; body: Record<string, unknown> }): Answer {
  if (code < 300) {
    const { metadata: _metadata, ...object } = body;
    return { code, object };
  }
  const details = body['details'] as { causes?: { field: string; message: string }[] } | undefined;
  const causes = details?.causes?.toSorted((a, b) => (`${a.field} ${a.message}` < `${b.field} ${b.message}` ? -1 : 1));
  return { code, ...(causes === undefined ? { message: String(body['message']) } : { causes }) };
}

async function main(): Promise<void> {
  await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  for (let i = 0; i < 100; i++) {
    if ((await fetch(`${server}${path}`, { headers: { authorization: `Bearer ${token}` } })).status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const vectors: Vector[] = [];
  let n = 0;
  for (const [name, spec] of Object.entries(specs)) {
    const object = base(`v${n++}`, spec);
    const answer = answerOf(await call('POST', path, object));
    if (answer.code < 300) await call('DELETE', `${path}/${object.metadata.name}`);
    vectors.push({ name, object, answer });
  }
  const known: Vector[] =
    flag === '--compare' ? (JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }).vectors : [];
  if (flag !== '--compare') console.log(JSON.stringify({ crd, vectors }));
  let same = 0;
  for (const vector of known) {
    const ours = vectors.find((each) => each.name === vector.name);
    if (JSON.stringify(sorted(ours?.answer)) === JSON.stringify(sorted(vector.answer))) same++;
    else
      console.log(`${vector.name}\n  stock ${JSON.stringify(vector.answer)}\n  ours  ${JSON.stringify(ours?.answer)}`);
  }
  if (flag === '--compare') console.log(`${same} of ${known.length} the same`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

await main();
