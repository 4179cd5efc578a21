import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { builtinSchemaForKind } from '../../api/builtin-types.ts';
import { ApiError } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { parseJson } from '../json-parse.ts';
import { decodeObject } from '../schema/decode.ts';
import { decodeProtobufObject } from './decode.ts';

/** Objects that a stock kube-apiserver 1.33 answered in both encodings; what differs from call to call is left out of the JSON. */
const vectors = parseJson(readFileSync(new URL('../testdata/protobuf.json', import.meta.url))).value as {
  protobuf: string;
  json: JsonObject;
}[];

const decode = (bytes: Uint8Array) => decodeProtobufObject(bytes, builtinSchemaForKind);

function problem(bytes: Uint8Array): string {
  try {
    decode(bytes);
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.code, 400);
    return error.message;
  }
  return '';
}

/** The envelope of a v1 ConfigMap around these bytes. */
function configMap(...raw: number[]): Uint8Array {
  return Buffer.concat([
    Buffer.from('k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12', 'latin1'),
    varint(raw.length),
    Buffer.from(raw),
  ]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

const text = (value: string) => [value.length, ...Buffer.from(value)];

describe('objects of a stock server', () => {
  for (const { protobuf, json } of vectors)
    it(`${json['kind'] as string} is the same from protobuf as from JSON`, () => {
      const { metadata, ...object } = decode(Buffer.from(protobuf, 'base64'));
      const { uid, creationTimestamp, managedFields, ...rest } = metadata;
      assert.match(
        `${uid} ${creationTimestamp ?? ''}`,
        /^(undefined|[-0-9a-f]{36}) (|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/,
      );
      assert.ok(managedFields === undefined || isObject(managedFields[0]?.fieldsV1));
      const schema = builtinSchemaForKind(gvk(json));
      assert.ok(schema !== undefined);
      assert.deepEqual({ ...object, metadata: rest }, { ...decodeObject(json, schema).object });
    });
});

function gvk(json: JsonObject): { group: string; version: string; kind: string } {
  const [version = '', group = ''] = (json['apiVersion'] as string).split('/').toReversed();
  return { group, version, kind: json['kind'] as string };
}

describe('what is no object is refused in the words of a stock server', () => {
  const latin1 = (bytes: string) => Buffer.from(bytes, 'latin1');
  for (const [bytes, expected] of [
    [latin1(''), 'empty data'],
    [latin1('abc'), 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
    [latin1('k8s\0'), 'empty body'],
    [latin1('k8s\0\xff'), 'unexpected EOF'],
    [
      latin1('k8s\0\x0a\x09\x0a\x02v1\x12\x03Foo\x12\0'),
      'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:110"',
    ],
    [configMap(0x0a, 0x05, 0x61), 'unexpected EOF'],
    [configMap(0x08, 0x01), 'proto: wrong wireType = 0 for field ObjectMeta'],
    [configMap(0x0f, 0x01), 'proto: wrong wireType = 7 for field ObjectMeta'],
    [configMap(0x0a, 0xff, 0xff, 0x03), 'unexpected EOF'],
    [configMap(0x7b, 0x01), 'unexpected EOF'],
    [configMap(0x98, 0x06, 0x01, 0x00), 'proto: ConfigMap: illegal tag 0 (wire type 0)'],
    [configMap(0x0c), 'proto: ConfigMap: wiretype end group for non-group'],
    [configMap(0x0a, ...Array<number>(10).fill(0xff), 0x01), 'proto: integer overflow'],
    [configMap(0x0a, ...Array<number>(9).fill(0xff), 0x01), 'proto: negative length found during unmarshaling'],
  ] as const)
    it(`${expected} (${Buffer.from(bytes.subarray(20)).toString('hex')})`, () =>
      assert.equal(problem(bytes), expected));

  it('whatever the bytes are, the answer is an object or a 400', () => {
    const bodies = vectors.map(({ protobuf }) => Buffer.from(protobuf, 'base64'));
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
        fc.nat(),
        (body, changes, cut) => {
          const bytes = Buffer.from(body.subarray(0, cut % 3 === 0 ? (cut % body.length) + 1 : body.length));
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          problem(bytes);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('deep nesting is refused', () => {
    // JSONSchemaProps.not within itself.
    let props = Buffer.alloc(0);
    for (let i = 0; i < 1500; i++) props = Buffer.concat([Buffer.from([0xe2, 0x01]), varint(props.length), props]);
    const wrap = (field: number, inner: Buffer) => Buffer.concat([varint(field * 8 + 2), varint(inner.length), inner]);
    const spec = wrap(7, wrap(4, wrap(1, props)));
    const typeMeta = wrap(
      1,
      Buffer.concat([
        wrap(1, Buffer.from('apiextensions.k8s.io/v1')),
        wrap(2, Buffer.from('CustomResourceDefinition')),
      ]),
    );
    const bytes = Buffer.concat([Buffer.from('k8s\0'), typeMeta, wrap(2, wrap(2, spec))]);
    assert.equal(problem(bytes), 'exceeded max depth');
  });
});

describe('protobuf', () => {
  it('skips fields that nobody knows', () => {
    const { metadata } = decode(
      configMap(0x0a, 3, 0x0a, ...text('a'), 0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06, 0xa5, 0x06, 1, 2, 3, 4),
    );
    assert.deepEqual(metadata, { name: 'a' });
  });

  it('merges a message that comes twice, and gives an empty map entry its zero values', () => {
    const { metadata, data } = decode(
      configMap(0x0a, 3, 0x0a, ...text('a'), 0x0a, 3, 0x12, ...text('b'), 0x12, 0, 0x12, 3, 0x0a, ...text('k')),
    );
    assert.deepEqual(metadata, { name: 'a', generateName: 'b' });
    assert.deepEqual(data, { '': '', k: '' });
  });

  it('keeps an own __proto__ key', () => {
    const entry = [0x0a, ...text('__proto__'), 0x12, ...text('x')];
    assert.deepEqual(Object.keys(decode(configMap(0x12, entry.length, ...entry))['data'] as JsonObject), ['__proto__']);
  });

  it('refuses a wrong quantity as JSON does', () => {
    const raw = (field: number, inner: number[]) => [field * 8 + 2, inner.length, ...inner];
    const hard = raw(1, [...raw(1, [...Buffer.from('cpu')]), ...raw(2, raw(1, [...Buffer.from('x')]))]);
    const object = raw(2, hard);
    const bytes = Buffer.concat([
      Buffer.from('k8s\0\x0a\x13\x0a\x02v1\x12\x0dResourceQuota\x12'),
      varint(object.length),
      Buffer.from(object),
    ]);
    assert.match(
      problem(bytes),
      /^ResourceQuota in version "v1" cannot be handled as a ResourceQuota: quantities must match/,
    );
  });

  it('takes kind and version from the request when the envelope has none', () => {
    const bytes = Buffer.from('k8s\0\x12\x05\x0a\x03\x0a\x01a', 'latin1');
    const object = decodeProtobufObject(bytes, builtinSchemaForKind, { group: '', version: 'v1', kind: 'ConfigMap' });
    assert.deepEqual(object, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } });
  });
});
