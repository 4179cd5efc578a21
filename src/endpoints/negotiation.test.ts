import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../apimachinery/errors.ts';
import { type Conversions, negotiate, noStream, wantsPretty } from './negotiation.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

describe('negotiation', () => {
  it('answers JSON to clients that say nothing or anything', () => {
    for (const accept of ['', '*/*', 'application/json', 'text/html,*/*;q=0.8', 'application/json;stream=watch']) {
      assert.deepEqual(negotiate(accept, 'object'), { format: 'json', as: undefined, pretty: false });
    }
  });

  it('passes over protobuf, which every client takes JSON instead of', () => {
    assert.equal(negotiate('application/vnd.kubernetes.protobuf,application/json', 'list').format, 'json');
    assert.equal(negotiate('application/vnd.kubernetes.protobuf, */*', 'watch').format, 'json');
  });

  it('answers protobuf to those who take nothing else, where there is such a form', () => {
    const only = 'application/vnd.kubernetes.protobuf';
    for (const conversions of ['object', 'list', 'watch'] as const) {
      assert.equal(negotiate(only, conversions, true).format, 'protobuf');
      assert.equal(
        negotiate(`${only};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, conversions, true).format,
        'protobuf',
      );
      assert.throws(() => negotiate(only, conversions, false), { code: 406 });
      assert.throws(() => negotiate(`${only};as=Table;v=v1;g=meta.k8s.io`, conversions, true), { code: 406 });
    }
    assert.equal(negotiate(`${only},text/html`, 'object', true).format, 'protobuf');
  });

  it('takes the first clause of the highest quality', () => {
    assert.equal(negotiate('application/json;q=0.1,application/yaml', 'object').format, 'yaml');
    assert.equal(negotiate('*/*,application/yaml', 'object').format, 'yaml');
    assert.equal(negotiate('application/yaml;q=abc,application/json', 'object').format, 'json');
    // Go's sort puts what is specific first although it is wanted less.
    assert.equal(negotiate('application/*;q=0.1,application/yaml;q=0.05', 'object').format, 'yaml');
  });

  it('reads conversions whatever the order of parameters', () => {
    const as = { kind: 'Table', group: 'meta.k8s.io', version: 'v1' };
    assert.deepEqual(negotiate(table, 'list').as, as);
    assert.deepEqual(negotiate('application/json; v=v1; g=meta.k8s.io; as=Table; charset=utf-8', 'list').as, as);
  });

  it('takes a version without a kind for a conversion to nothing', () => {
    assert.throws(() => negotiate('application/json;v=v1;g=meta.k8s.io', 'object'), { code: 406 });
  });

  it('tries the next clause when a conversion is not offered', () => {
    assert.equal(negotiate('application/json;as=Foo;v=v1;g=meta.k8s.io,application/json', 'object').as, undefined);
    assert.equal(negotiate(`${table},application/json`, 'none').as, undefined);
  });

  it('says which media types there are when it offers none of those asked for', () => {
    const message = 'only the following media types are accepted: application/json, application/yaml';
    for (const accept of ['application/json;as=Table', 'application/json;as=Table;v=v2;g=meta.k8s.io']) {
      assert.throws(() => negotiate(accept, 'object'), { code: 406, reason: 'NotAcceptable', message });
    }
    assert.throws(() => negotiate('text/html', 'object'), {
      code: 406,
      message: '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml',
    });
  });

  it('streams in the form called watch only, and never YAML', () => {
    assert.equal(negotiate('application/json;stream=watch', 'watch').format, 'json');
    for (const accept of ['application/json;stream=foo', 'application/yaml;stream=watch', 'application/json;sv=v2']) {
      assert.throws(() => negotiate(accept, 'watch'), { code: 406 });
      assert.equal(negotiate(`${accept},application/json`, 'watch').format, 'json');
    }
    // Who asks for YAML is told so when everything else is found to be in order.
    assert.equal(negotiate('application/yaml,application/json', 'watch').format, 'yaml');
    assert.match(
      noStream(true).message,
      /application\/json;stream=watch, application\/vnd.kubernetes.protobuf;stream=watch$/,
    );
  });

  it('offers aggregated discovery in both versions', () => {
    const accept = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    assert.equal(negotiate(`${accept('v2')},${accept('v2beta1')},application/json`, 'discovery').as?.version, 'v2');
    assert.equal(negotiate(`${accept('v2beta1')},application/json`, 'discovery').as?.version, 'v2beta1');
    assert.equal(negotiate(`${accept('v9')},application/json`, 'discovery').as, undefined);
  });

  it('gives a media type or 406 for any header', () => {
    const kinds: Conversions[] = ['object', 'list', 'watch', 'none', 'discovery'];
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...kinds), (accept, conversions) => {
        try {
          negotiate(accept, conversions);
        } catch (error) {
          assert.ok(error instanceof ApiError && error.code === 406);
        }
      }),
    );
    for (const accept of ['constructor', '__proto__', 'toString;as=Table', ',;=;,', 'x'.repeat(100_000)]) {
      assert.throws(() => negotiate(accept, 'object'), { code: 406 });
    }
  });

  it('indents for people and for those who ask', () => {
    const plain = { format: 'json', as: undefined, pretty: false } as const;
    assert.equal(wantsPretty(undefined, 'curl/8.0', plain), true);
    assert.equal(wantsPretty(undefined, 'Mozilla/5.0 (X11)', plain), true);
    assert.equal(wantsPretty(undefined, 'kubectl/v1.33', plain), false);
    assert.equal(wantsPretty('false', 'curl/8.0', plain), false);
    assert.equal(wantsPretty('true', 'kubectl/v1.33', plain), true);
    assert.equal(wantsPretty('x', 'curl/8.0', plain), false);
    assert.equal(wantsPretty('', 'curl/8.0', plain), true);
    assert.equal(wantsPretty('false', 'kubectl/v1.33', { ...plain, pretty: true }), true);
  });
});
