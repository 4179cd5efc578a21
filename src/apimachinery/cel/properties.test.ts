import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  BYTES,
  CelCompileError,
  CelError,
  type CelResult,
  type CelType,
  DYN,
  escapeName,
  INT,
  kubernetesEnvironment,
  Program,
  STRING,
  unescapeName,
} from './index.ts';

const base = kubernetesEnvironment();

/** Compiles once what many values are put to. */
function fn(source: string, variables: Readonly<Record<string, CelType>>): (values: object) => CelResult {
  const program = base.extend({ variables }).compile(source);
  assert.ok(program instanceof Program, program instanceof CelCompileError ? program.message : '');
  return (values) => program.run(values as Record<string, unknown>);
}

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -20n, max: 20n }),
  fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
);

/** The form in which JSON with safe and unsafe integers is read. */
const asJson = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function inRange(value: bigint): bigint | string {
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : 'integer overflow';
}

function plain(result: CelResult): unknown {
  if (result instanceof CelError) return result.message;
  return typeof result === 'number' ? BigInt(result) : result;
}

const ab = { a: INT, b: INT };
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1f600}'), maxLength: 8 }),
);

describe('integers', () => {
  const operators: readonly [string, (a: bigint, b: bigint) => bigint | string][] = [
    ['+', (a, b) => inRange(a + b)],
    ['-', (a, b) => inRange(a - b)],
    ['*', (a, b) => inRange(a * b)],
    ['/', (a, b) => (b === 0n ? 'division by zero' : inRange(a / b))],
    ['%', (a, b) => (b === 0n ? 'modulus by zero' : a === -(2n ** 63n) && b === -1n ? 'integer overflow' : a % b)],
  ];
  for (const [operator, exact] of operators) {
    it(`count with ${operator} as int64 do, to the last digit`, () => {
      const run = fn(`a ${operator} b`, ab);
      fc.assert(
        fc.property(int64, int64, (a, b) => {
          assert.equal(plain(run({ a: asJson(a), b: asJson(b) })), exact(a, b));
        }),
      );
    });
  }

  it('compare alike in their two forms', () => {
    const run = fn('[a < b, a <= b, a == b, a != b, a >= b, a > b].map(x, x ? "1" : "0").join()', ab);
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        const wanted = [a < b, a <= b, a === b, a !== b, a >= b, a > b].map(Number).join('');
        assert.equal(run({ a: asJson(a), b: asJson(b) }), wanted);
      }),
    );
  });

  it('come back from texts', () => {
    const run = fn('int(string(a)) == a', ab);
    fc.assert(fc.property(int64, (a) => assert.equal(run({ a: asJson(a), b: 0 }), true)));
  });
});

describe('texts', () => {
  const variables = { s: STRING, t: STRING, i: INT, j: INT };
  const runes = (value: string): string[] => Array.from(value);

  it('have the length, the parts and the places of code points', () => {
    const run = fn('[string(s.size()), string(s.indexOf(t)), s.substring(s.size() / 2), s + t].join("|")', variables);
    fc.assert(
      fc.property(text, text, (s, t) => {
        const points = runes(s);
        const at = s.indexOf(t);
        const place = at < 0 ? -1 : runes(s.slice(0, at)).length;
        const half = points.slice(Math.floor(points.length / 2)).join('');
        assert.equal(run({ s, t, i: 0, j: 0 }), [points.length, place, half, s + t].join('|'));
      }),
    );
  });

  it('are whole again after split and join', () => {
    const run = fn('s.split(t).join(t) == s', variables);
    fc.assert(fc.property(text, text, (s, t) => assert.equal(run({ s, t, i: 0, j: 0 }), true)));
  });

  it('are ordered as their bytes are', () => {
    const run = fn('s < t', variables);
    fc.assert(
      fc.property(text, text, (s, t) => {
        assert.equal(run({ s, t, i: 0, j: 0 }), Buffer.compare(Buffer.from(s), Buffer.from(t)) < 0);
      }),
    );
  });

  it('come back from bytes', () => {
    const run = fn('string(bytes(s)) == s && bytes(s).size() == b', { s: STRING, b: INT });
    fc.assert(fc.property(text, (s) => assert.equal(run({ s, b: Buffer.byteLength(s) }), true)));
  });

  it('are unread where bytes are no text', () => {
    const run = fn('string(b)', { b: BYTES });
    assert.equal(plain(run({ b: Uint8Array.of(0xff) })), 'invalid UTF-8 in bytes, cannot convert to string');
  });
});

describe('values', () => {
  const json = fc.jsonValue({ maxDepth: 3 });

  it('equal themselves, in any order of keys', () => {
    const run = fn('a == b && b == a', { a: DYN, b: DYN });
    fc.assert(
      fc.property(json, (value) => {
        const turned = JSON.parse(JSON.stringify(value), (_, inner: unknown) => {
          if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
          return Object.fromEntries(Object.entries(inner).reverse());
        }) as unknown;
        assert.equal(run({ a: value, b: turned }), true);
      }),
    );
  });
});

describe('sources', () => {
  const pieces = fc.constantFrom(
    ...'a self . ( ) [ ] { } , : ? ?. && || ! - + * == < in 1 1u 1.5 "x" \'y b"z" r"w" true null has all map(x, x) \\ ` $ # & = é //c'.split(
      ' ',
    ),
    '\n',
    ' ',
    '"""',
  );

  it('are programs or errors, whatever they hold', () => {
    const environment = base.extend({ variables: { a: DYN, self: DYN } });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const compiled = environment.compile(parts.join(''));
        if (compiled instanceof Program) return;
        assert.match(compiled.message, /^ERROR: <input>:/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('names of properties', () => {
  it('come back from their escaped forms', () => {
    const unit = fc.constantFrom('a', 'Z', '0', '_', '.', '-', '/', 'in', 'namespace', '__');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 6 }), (parts) => {
        const name = parts.join('');
        const escaped = escapeName(name);
        if (escaped === undefined) return;
        assert.match(escaped, /^[A-Za-z_][A-Za-z0-9_]*$/);
        // Underscores that end one escape may begin another: stock cannot read those back either.
        if (/_[.\-/]|[.\-/]_|___/.test(name)) return;
        assert.equal(unescapeName(escaped), name);
      }),
    );
  });
});
