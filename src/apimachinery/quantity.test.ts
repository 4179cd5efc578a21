import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  quantityProblem,
  subtractQuantity,
} from './quantity.ts';

/** [text, canonical text or `error: why`], recorded from k8s.io/apimachinery v0.33. */
const recorded: [string, string][] = JSON.parse(
  readFileSync(new URL('testdata/quantities.json', import.meta.url), 'utf8'),
) as [string, string][];

test('every recorded quantity is read and written as upstream does', () => {
  for (const [text, expected] of recorded) {
    const problem = quantityProblem(text);
    const actual = problem === undefined ? canonicalQuantity(text) : `error: ${problem}`;
    assert.equal(actual, expected, `quantity ${JSON.stringify(text)}`);
  }
});

const quantity = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'e3', 'e-3'),
  )
  .map(([value, suffix]) => parseQuantity(`${value}${suffix}`));

test('the canonical form is read back as the same number and is its own canonical form', () => {
  fc.assert(
    fc.property(quantity, (value) => {
      const text = formatQuantity(value);
      assert.equal(parseQuantity(text).nano, value.nano);
      assert.equal(canonicalQuantity(text), text);
    }),
  );
});

test('addition is exact: it commutes in value and subtraction undoes it', () => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      assert.equal(compareQuantity(addQuantity(a, b), addQuantity(b, a)), 0);
      assert.equal(compareQuantity(subtractQuantity(addQuantity(a, b), b), a), 0);
    }),
  );
});

test('hostile text is refused or read without taking long', () => {
  for (const text of ['1e99999999999', '9'.repeat(100_000), `1${'e'.repeat(5000)}`, '1e-999999999']) {
    const started = performance.now();
    canonicalQuantity(text);
    assert.ok(performance.now() - started < 50);
  }
});
