import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import { maxDepth, parseJson } from './json-parse.ts';

const encoder = new TextEncoder();
const parse = (text: string) => parseJson(encoder.encode(text));

function problem(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ApiError);
    assert.equal(error.code, 400);
    return error.message;
  }
  return '';
}

describe('parsing a JSON body', () => {
  it('gives what JSON.parse gives, for any value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = JSON.parse(text) as unknown;
        fc.pre(!/\\u|\d{16}/.test(text));
        assert.deepEqual(parse(text).value, value);
        assert.deepEqual(parse(text).duplicates, []);
      }),
    );
  });

  it('keeps integers that a double cannot hold', () => {
    assert.deepEqual(parse('{"a":[9223372036854775807,-9007199254740993,9007199254740991]}').value, {
      a: [9223372036854775807n, -9007199254740993n, 9007199254740991],
    });
  });

  it('reads fractions and exponents as doubles and refuses what is beyond them', () => {
    assert.deepEqual(parse('[1.5,1e3,-2E-2]').value, [1.5, 1000, -0.02]);
    assert.equal(problem('[1e400]'), 'json: cannot unmarshal number 1e400 into Go value of type float64');
  });

  it('makes one of repeated objects where that is asked for', () => {
    const parsed = parseJson(
      Buffer.from('{"a":{"x":1,"y":{"z":1}},"a":{"y":{"w":2},"v":[1]},"b":[1],"b":[2],"__proto__":{"c":1}}'),
      true,
    );
    assert.equal(JSON.stringify(parsed.value), '{"a":{"x":1,"y":{"z":1,"w":2},"v":[1]},"b":[2],"__proto__":{"c":1}}');
    assert.deepEqual(parsed.duplicates, ['duplicate field "a"', 'duplicate field "b"']);
  });

  it('reports repeated keys with their path and keeps the last value', () => {
    const parsed = parse('{"a":1,"l":[{"x":{"b":1,"b":2}}],"a":2,"a":3}');
    assert.deepEqual(parsed.duplicates, ['duplicate field "l[0].x.b"', 'duplicate field "a"']);
    assert.deepEqual(parsed.value, { a: 3, l: [{ x: { b: 2 } }] });
  });

  it('is not confused by colons, quotes and backslashes inside strings', () => {
    for (const text of ['{"a\\"b:c":":","\\\\":"\\\\\\""}', '{"a":"\\\\","b:":"{[1e9:"}'])
      assert.deepEqual(parse(text), { value: JSON.parse(text), duplicates: [] });
  });

  it('keeps an own __proto__ key', () => {
    for (const text of ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1e5}}']) {
      const { value } = parse(text);
      assert.ok(typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'));
    }
  });

  it('replaces half a surrogate pair, as Go does', () => {
    assert.deepEqual(parse('["\\ud800x","\\ud83d\\ude00"]').value, ['\ufffdx', '\u{1f600}']);
  });

  it('refuses nesting beyond the bound, also of millions of brackets', () => {
    assert.equal(problem('['.repeat(maxDepth + 1)), "invalid character '[' exceeded max depth");
    assert.equal(problem('{"a":'.repeat(3_000_000)), "invalid character '{' exceeded max depth");
    assert.doesNotThrow(() => parse('['.repeat(maxDepth) + ']'.repeat(maxDepth)));
  });

  // The texts are what a stock API server answered.
  for (const [text, expected] of [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{"kind":"x"}x', "invalid character 'x' after top-level value"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":"\t"}', "invalid character '\\t' in string literal"],
    ['{"a":"\u0001"}', "invalid character '\\x01' in string literal"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":"b",}', "invalid character '}' looking for beginning of object key string"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a":nul', "invalid character ' ' in literal null (expecting 'l')"],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":-}', "invalid character '}' in numeric literal"],
    ['{"a":1.}', "invalid character '}' after decimal point in numeric literal"],
    ['{"a":1e}', "invalid character '}' in exponent of numeric literal"],
    ['{"a":"\\u12"}', "invalid character '\"' in \\u hexadecimal character escape"],
  ] as const)
    it(`says why ${JSON.stringify(text)} is no JSON`, () => assert.equal(problem(text), expected));

  it('finds a problem in exactly the texts that JSON.parse refuses, and in numbers that are too large', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '{', '}', ',', ':', '\\', 'x', '1', ' '),
        (text, at, insert) => {
          const cut = at % (text.length + 1);
          const changed = text.slice(0, cut) + insert + text.slice(cut + 1);
          let valid = true;
          try {
            // Numbers beyond a float64 are no values in Go.
            JSON.parse(changed, (_, value: unknown) => {
              if (typeof value === 'number' && !Number.isFinite(value)) valid = false;
              return value;
            });
          } catch {
            valid = false;
          }
          assert.equal(problem(changed) === '', valid, changed);
        },
      ),
    );
  });
});
