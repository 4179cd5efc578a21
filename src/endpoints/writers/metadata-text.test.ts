import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../apimachinery/object.ts';
import { metadataText } from './metadata-text.ts';

function text(object: object): string {
  return metadataText(Buffer.from(JSON.stringify(object)), { object: object as KubeObject });
}

describe('the metadata of a serialized object', () => {
  it('is cut out as it stands', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (metadata, data) => {
        assert.equal(text({ kind: 'K', apiVersion: 'v1', metadata, data }), JSON.stringify(metadata));
      }),
    );
  });

  it('is found wherever it stands', () => {
    const metadata = { name: 'a' };
    assert.equal(
      text({ kind: 'K', spec: { metadata: { name: 'wrong' } }, apiVersion: 'v1', metadata }),
      '{"name":"a"}',
    );
    assert.equal(text({ kind: '"metadata":{', apiVersion: 'v1', metadata }), '{"name":"a"}');
  });
});
