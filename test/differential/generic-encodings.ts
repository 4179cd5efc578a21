import { apply, type DifferentialRequest, patch, post, put, run, yaml } from './request.ts';

/*
 * Bodies in YAML and protobuf.
 */

const ns = `/api/v1/namespaces/${run}`;
const cms = `${ns}/configmaps`;
const dry = `${cms}?dryRun=All`;
const protobuf = 'application/vnd.kubernetes.protobuf';

const yamlTexts: DifferentialRequest[] = [
  '',
  '---',
  '# only a comment',
  'null',
  'x',
  '- a',
  'a',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: z\n',
  '---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\n',
  '%YAML 1.1\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\n  name: z\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: yes\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: 1\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  yes: a\n  1: b\n  1.5: c\n  null: d\n  true: e\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  ? [a]\n  : b\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 012\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\n  creationTimestamp: 2024-01-01\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: y\ndata: {<<: {a: b}}\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: y\ndata: *m\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata: *nope\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: !!binary AAEC\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: !foo bar\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: |\n    x\n    y\n  b: >-\n    x\n    y\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: y\n',
  'apiVersion: v1\nkind: ConfigMap\n metadata:\n  name: y\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\n foo: z\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "y\n',
  "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 'y\n",
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: [name\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: ]\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: }\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: name: y\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata\n  name: y\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n- a\n  b: c\n',
  'apiVersion: v1\nkind ConfigMap\n',
  'a: b: c',
  'a:\n  - b\n c: d',
  'a: @b',
  'a: `b',
  'a: %b',
  'a: "\\x"',
  'a: "\\q"',
  '{{ .Values.x }}',
  'a: {{ .Values.x }}',
  'a: &',
  'a: *',
  'a: !',
  '\ta: b',
  'a: b\n\tc: d',
  '"a',
  '}',
  ']',
  '{a: b',
  '[a, b',
  '{a: b}}',
  '? a\n: b\n: c',
  'a: |x\n b',
  'a: > x',
  '<html></html>',
  'a:b',
  '- a\nb: c',
  'a: b\n- c',
  'a: [b,\nc: d',
  '\x00',
  '\u0001a: b',
  'a: \u0007',
  '...\n',
  '--- a\n--- b',
  '%FOO x\n--- a',
  '%YAML 3.0\n--- a',
].flatMap((text) => [
  post(dry, text, yaml),
  post(`${dry}&fieldValidation=Strict`, text, yaml),
  patch(`${cms}/f?fieldManager=m&dryRun=All`, apply, text),
]);
yamlTexts.push(
  post(dry, Buffer.from('a: \xff', 'latin1'), yaml),
  {
    ...put(`${cms}/f?dryRun=All`, ''),
    headers: yaml,
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: f\nextra: 1\n',
  },
  {
    ...put(`${cms}/f?dryRun=All&fieldValidation=Strict`, ''),
    headers: yaml,
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: f\n  name: f\nextra: 1\nextra: 2\n',
  },
  { method: 'DELETE', path: `${cms}/f`, headers: yaml, body: 'dryRun: [All]\n' },
  { method: 'DELETE', path: `${cms}/f`, headers: yaml, body: 'dryRun: [All\n' },
  { method: 'DELETE', path: `${cms}/f`, headers: yaml, body: 'dryRun: x\n' },
  { method: 'DELETE', path: `${cms}/f`, headers: yaml, body: 'kind: DeleteOptions\napiVersion: v1\ndryRun: [All]\n' },
);

/** A message of strings and messages, by field number. */
function message(...fields: [number, string | Buffer][]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, content]) => {
      const bytes = Buffer.from(content as string);
      const size = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
      return [Buffer.from([(number << 3) | 2, ...size]), bytes];
    }),
  );
}
function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from('k8s\0'), message([1, message([1, apiVersion], [2, kind])], [2, raw])]);
}
const metadata = (name: string): Buffer => message([1, name]);
const inProtobuf = { 'content-type': protobuf };
const good = envelope('v1', 'ConfigMap', message([1, metadata('pb')], [2, message([1, 'a'], [2, 'b'])]));
const protobufs: DifferentialRequest[] = [
  good,
  envelope('', '', message([1, metadata('pb')])),
  envelope('v1', 'Secret', message([1, metadata('pb')])),
  envelope('v1', 'Foo', message([1, metadata('pb')])),
  envelope('v2', 'ConfigMap', message([1, metadata('pb')])),
  envelope('apps/v1', 'ConfigMap', message([1, metadata('pb')])),
  envelope('a/b/c', 'ConfigMap', message([1, metadata('pb')])),
  envelope('v1', 'ConfigMap', message()),
  envelope('v1', 'ConfigMap', message([1, metadata('Bad_Name')])),
  envelope('v1', 'ConfigMap', message([1, metadata('pb')], [99, 'unknown'])),
  envelope('v1', 'ConfigMap', Buffer.from([0xff])),
  envelope('v1', 'ConfigMap', Buffer.from([0x0a, 0x50])),
  envelope('v1', 'ConfigMap', Buffer.from([0x08, 0x01])),
  envelope('v1', 'ConfigMap', Buffer.from([0x00])),
  envelope('v1', 'ConfigMap', Buffer.from([0x0b])),
  envelope('v1', 'ConfigMap', message([1, message([1, Buffer.from([0xff, 0xfe])])])),
  Buffer.from('k8s\0'),
  Buffer.from('k8s'),
  Buffer.from('k8s\0\xff', 'latin1'),
  Buffer.from('{}'),
  Buffer.alloc(0),
  good.subarray(0, good.length - 3),
].flatMap((body) => [
  post(dry, body, inProtobuf),
  post(dry, body, { ...inProtobuf, accept: protobuf }),
  { method: 'PUT', path: `${cms}/f?dryRun=All`, headers: inProtobuf, body },
]);
protobufs.push(
  patch(`${cms}/f?dryRun=All`, inProtobuf, good),
  {
    method: 'DELETE',
    path: `${cms}/f`,
    headers: inProtobuf,
    body: envelope('v1', 'DeleteOptions', message([5, 'All'])),
  },
  {
    method: 'DELETE',
    path: `${cms}/f`,
    headers: inProtobuf,
    body: envelope('apps/v1', 'DeleteOptions', message([5, 'All'])),
  },
  { method: 'DELETE', path: `${cms}/f`, headers: inProtobuf, body: envelope('', '', message([5, 'All'])) },
  {
    method: 'DELETE',
    path: `${cms}/f`,
    headers: inProtobuf,
    body: envelope('v1', 'DeleteOptions', message([2, message([1, 'wrong-uid'])])),
  },
  { method: 'DELETE', path: `${cms}/f`, headers: inProtobuf, body: envelope('v1', 'Pod', message()) },
  { method: 'DELETE', path: `${cms}/f`, headers: inProtobuf, body: Buffer.from('x') },
  {
    method: 'DELETE',
    path: `${cms}/f`,
    headers: inProtobuf,
    body: envelope('v1', 'DeleteOptions', Buffer.from([0xff])),
  },
  {
    method: 'DELETE',
    path: `${cms}?labelSelector=no%3Dsuch`,
    headers: { ...inProtobuf, accept: protobuf },
    body: envelope('v1', 'DeleteOptions', message()),
  },
);

/** YAML and protobuf bodies. */
export const encodingRequests: readonly DifferentialRequest[] = [...yamlTexts, ...protobufs];
