import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergeOpenApiV2, openApiV2Of } from './merge-v2.ts';

const ref = (name: string) => ({ $ref: `#/definitions/${name}` });

describe('one OpenAPI v2 document of several', () => {
  test('takes of another server what its paths need, however deep, and no more', () => {
    const whole = {
      swagger: '2.0',
      paths: { '/apis/a/v1/x': { get: ref('A') }, '/apis/b/v1/y': { get: ref('B') }, '/apis/': {} },
      definitions: { A: { properties: { c: ref('C'), p: { $ref: '#/parameters/P' } } }, B: {}, C: { items: ref('A') } },
      parameters: { P: { name: 'p' }, Q: {} },
    };
    assert.deepEqual(openApiV2Of(whole, '/apis/a/v1/'), {
      paths: { '/apis/a/v1/x': { get: ref('A') } },
      definitions: { A: whole.definitions.A, C: whole.definitions.C },
      parameters: { P: { name: 'p' } },
    });
  });

  test('has equal definitions once, and gives others of the same name a name of their own', () => {
    const first = { swagger: '2.0', paths: { '/a': {} }, definitions: { Meta: { type: 'object' }, Own: ref('Meta') } };
    const same = { paths: { '/b': ref('Meta') }, definitions: { Meta: { type: 'object' } } };
    const other = {
      paths: { '/c': ref('Meta'), '/a': ref('Meta') },
      definitions: { Meta: { type: 'string' }, X: ref('Meta') },
    };
    assert.deepEqual(mergeOpenApiV2(first, [same, other]), {
      swagger: '2.0',
      paths: { '/a': {}, '/b': ref('Meta'), '/c': ref('Meta_v2') },
      definitions: { Meta: { type: 'object' }, Own: ref('Meta'), Meta_v2: { type: 'string' }, X: ref('Meta_v2') },
    });
    assert.deepEqual(Object.keys(first.definitions), ['Meta', 'Own']);
  });

  test('survives what is no document', () => {
    const hostile = JSON.parse('{"paths":{"/a/__proto__":{"$ref":"#/definitions/__proto__"}},"definitions":7}');
    assert.deepEqual(Object.keys(openApiV2Of(hostile, '/a/')), ['paths']);
    assert.deepEqual(mergeOpenApiV2({ paths: {} }, [{ paths: [] }, {}]), { paths: {} });
  });
});
