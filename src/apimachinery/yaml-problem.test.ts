import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseYaml } from './yaml-parse.ts';

/** As a stock 1.33 server answered them. */
const recorded: readonly (readonly [text: string, problem: string])[] = [
  ['apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: y\n', 'line 4: found character that cannot start any token'],
  [
    'apiVersion: v1\nkind: ConfigMap\n metadata:\n  name: y\n',
    'line 3: mapping values are not allowed in this context',
  ],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\n foo: z\n', 'line 4: did not find expected key'],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "y\n', 'line 5: found unexpected end of stream'],
  ["apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 'y\n", 'line 5: found unexpected end of stream'],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y\n', "line 3: did not find expected ',' or '}'"],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata: [name\n', "line 3: did not find expected ',' or ']'"],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata: ]\n', 'line 2: did not find expected node content'],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata: name: y\n', 'line 3: mapping values are not allowed in this context'],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata\n  name: y\n', "line 4: could not find expected ':'"],
  [
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n- a\n  b: c\n',
    'line 5: mapping values are not allowed in this context',
  ],
  ['apiVersion: v1\nkind ConfigMap\n', "line 3: could not find expected ':'"],
  ['a: b: c', 'mapping values are not allowed in this context'],
  ['a:\n  - b\n c: d', 'line 2: did not find expected key'],
  ['a: @b', 'found character that cannot start any token'],
  ['a: `b', 'found character that cannot start any token'],
  ['a: %b', 'found character that cannot start any token'],
  ['a: "\\x"', 'did not find expected hexdecimal number'],
  ['a: "\\q"', 'found unknown escape character'],
  ['a: &', 'did not find expected alphabetic or numeric character'],
  ['a: *', 'did not find expected alphabetic or numeric character'],
  ['\ta: b', 'found character that cannot start any token'],
  ['a: b\n\tc: d', 'line 2: found a tab character that violates indentation'],
  ['"a', 'found unexpected end of stream'],
  ['}', 'did not find expected node content'],
  ['{a: b', "line 1: did not find expected ',' or '}'"],
  ['[a, b', "line 1: did not find expected ',' or ']'"],
  ['a: |x\n b', 'did not find expected comment or line break'],
  ['a: > x', 'did not find expected comment or line break'],
  ['- a\nb: c', "line 1: did not find expected '-' indicator"],
  ['a: b\n- c', 'line 1: did not find expected key'],
  ['a: [b,\nc: d', "line 2: did not find expected ',' or ']'"],
  ['\u0001a: b', 'control characters are not allowed'],
  ['a: \u0007', 'control characters are not allowed'],
];

describe('YAML problems', () => {
  for (const [text, problem] of recorded)
    it(`are told as go-yaml does: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseYaml(Buffer.from(text)), { code: 400, message: `yaml: ${problem}` });
    });

  it('are told for bytes that are no UTF-8', () => {
    assert.throws(() => parseYaml(Buffer.from('a: \xff', 'latin1')), { message: 'yaml: invalid leading UTF-8 octet' });
  });
});
