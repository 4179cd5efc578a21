import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from './errors.ts';
import { parseYaml } from './yaml-parse.ts';

const encoder = new TextEncoder();
const parse = (text: string) => parseYaml(encoder.encode(text));
const value = (text: string) => parse(text).value;

function problem(text: string): ApiError {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ApiError);
    return error;
  }
  throw new assert.AssertionError({ message: `no problem with ${text.slice(0, 80)}` });
}

describe('parsing a YAML body', () => {
  it('reads maps, lists and scalars as their JSON form', () => {
    assert.deepEqual(value('kind: A\nlist:\n- a: b\n- [1, "2"]\ntext: |\n  x\n  y\nempty:\n'), {
      kind: 'A',
      list: [{ a: 'b' }, [1, '2']],
      text: 'x\ny\n',
      empty: null,
    });
  });

  // Each answer was compared with a stock server's.
  for (const [text, expected] of [
    ['yes', true],
    ['Off', false],
    ['~', null],
    ['012', 10],
    ['0o14', 12],
    ['0x1F', 31],
    ['1_000', 1000],
    ['1.50', 1.5],
    ['1e3', 1000],
    ['9007199254740993', 9007199254740993n],
    ['2001-01-01', '2001-01-01'],
    ['1:30', '1:30'],
    ['"on"', 'on'],
    ['!!str 1', '1'],
    ['!!binary YQ==', 'a'],
    ['!foo x', 'x'],
    ['v1', 'v1'],
    ['100m', '100m'],
  ] as const)
    it(`resolves ${text}`, () => assert.deepEqual(value(`a: ${text}`), { a: expected }));

  it('writes keys that are no strings as strings', () => {
    assert.deepEqual(value('1: a\ntrue: b\n1.5: c\n'), { 1: 'a', true: 'b', 1.5: 'c' });
  });

  it('reports repeated keys by line and keeps the last', () => {
    const parsed = parse('a: 1\nb:\n  c: 1\n  c: 2\na: 3\n');
    assert.deepEqual(parsed.value, { a: 3, b: { c: 2 } });
    assert.deepEqual(parsed.duplicates, [
      'yaml: unmarshal errors:\n  line 4: key "c" already set in map\n  line 5: key "a" already set in map',
    ]);
  });

  it('follows aliases and merge keys', () => {
    assert.deepEqual(value('x: &x {a: b}\nw: *x\nz:\n  <<: *x\n  a: c\n  d: e\n'), {
      x: { a: 'b' },
      w: { a: 'b' },
      z: { a: 'c', d: 'e' },
    });
    assert.match(problem('a: *b').message, /^yaml: /);
  });

  it('parses JSON exactly as the JSON parser does', () => {
    assert.deepEqual(parse('\n {"a":9007199254740993,"a":1}').duplicates, ['duplicate field "a"']);
  });

  it('gives null for nothing', () => {
    assert.equal(value(''), null);
    assert.equal(value('# only a comment\n'), null);
  });

  it('takes the first of several documents', () => {
    assert.deepEqual(parseYaml(Buffer.from('a: 1\n---\nb: 2\n')).value, { a: 1 });
  });

  it('refuses alias bombs, deep nesting and too large bodies', () => {
    let bomb = 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n';
    for (let i = 1; i < 9; i++) bomb += `a${i}: &a${i} [${`*a${i - 1},`.repeat(10)}]\n`;
    assert.equal(problem(bomb).message, 'yaml: document contains excessive aliasing');
    assert.equal(problem('a: &a [*a]').code, 400);
    assert.equal(problem('['.repeat(100_000)).code, 400);
    assert.equal(problem(`a: ${'[1, '.repeat(2000)}${']'.repeat(2000)}`).code, 400);
    assert.equal(problem(`a: ${'x'.repeat(1024 * 1024)}`).code, 413);
  });

  it('keeps an own __proto__ key', () => {
    const parsed = value('__proto__: {a: 1}');
    assert.ok(typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, '__proto__'));
  });
});
