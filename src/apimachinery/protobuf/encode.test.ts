import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { builtinSchemaForKind } from '../../api/builtin-types.ts';
import { structSchema, type } from '../../api/own-types.ts';
import { notFound } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { parseJson } from '../json-parse.ts';
import { decodeProtobufObject } from './decode.ts';
import { encodeProtobufObject, encodeWatchFrame, hasProtobufForm } from './encode.ts';
import { WireReader } from './wire.ts';

/** Objects as a stock kube-apiserver 1.33 encoded them. */
const vectors = parseJson(readFileSync(new URL('../testdata/protobuf.json', import.meta.url))).value as {
  protobuf: string;
}[];

const schemaOf = (group: string, version: string, kind: string) => {
  const schema = builtinSchemaForKind({ group, version, kind });
  assert.ok(schema !== undefined);
  return schema;
};

function encode(object: JsonObject): Buffer {
  const [version = '', group = ''] = (object['apiVersion'] as string).split('/').toReversed();
  return encodeProtobufObject(object, schemaOf(group, version, object['kind'] as string));
}

describe('objects in protobuf', () => {
  for (const { protobuf } of vectors) {
    const bytes = Buffer.from(protobuf, 'base64');
    const object = decodeProtobufObject(bytes, builtinSchemaForKind);
    it(`${object.kind} has the bytes of a stock server`, () => {
      // An empty, but not absent, byte string is lost on the way through JSON.
      if (object.kind === 'ValidatingWebhookConfiguration')
        assert.deepEqual(decodeProtobufObject(encode(object as JsonObject), builtinSchemaForKind), object);
      else assert.equal(encode(object as JsonObject).toString('base64'), protobuf);
    });
  }

  it('a Status and a list are objects like any other', () => {
    const status = { ...notFound({ group: '', resource: 'pods' }, 'x').toStatus() } as unknown as JsonObject;
    assert.deepEqual(decodeProtobufObject(encode(status), builtinSchemaForKind), status);
    const list = {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '7' },
      items: [
        { metadata: { name: 'a' }, data: { b: '2', a: '1' } },
        { metadata: { name: 'b' }, immutable: false },
      ],
    };
    assert.deepEqual(decodeProtobufObject(encode(list), builtinSchemaForKind), list);
  });

  it('a watch frame is its length, the type and the whole object', () => {
    const object = encode({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } });
    const frame = encodeWatchFrame('ADDED', object);
    assert.equal(frame.readUInt32BE(0), frame.byteLength - 4);
    const event = new WireReader(frame.subarray(4));
    assert.ok(event.next('WatchEvent'));
    assert.equal(event.string(), 'ADDED');
    assert.ok(event.next('WatchEvent'));
    const inner = new WireReader(event.slice());
    assert.ok(inner.next('RawExtension'));
    assert.deepEqual(inner.slice(), object);
  });

  it('kinds that are not built in have no protobuf form', () => {
    assert.ok(
      !hasProtobufForm(structSchema({ gvk: { group: 'a.b', version: 'v1', kind: 'C' }, fields: { spec: type.any } })),
    );
    assert.ok(hasProtobufForm(schemaOf('', 'v1', 'Pod')));
  });
});
