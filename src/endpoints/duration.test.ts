import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseGoDuration } from './duration.ts';

describe('Go durations', () => {
  it('are sums of numbers with units', () => {
    const cases: Record<string, number> = {
      '0': 0,
      '5s': 5000,
      '1h30m': 5_400_000,
      '1.5s': 1500,
      '-2s': -2000,
      '+3ms': 3,
      '.5m': 30_000,
      '1µs': 0.001,
    };
    for (const [text, milliseconds] of Object.entries(cases)) assert.equal(parseGoDuration(text), milliseconds, text);
  });

  it('that are wrong get the texts of Go', () => {
    assert.deepEqual(parseGoDuration('1'), { error: 'time: missing unit in duration "1"' });
    assert.deepEqual(parseGoDuration('abc'), { error: 'time: invalid duration "abc"' });
    assert.deepEqual(parseGoDuration('1x'), { error: 'time: unknown unit "x" in duration "1x"' });
    assert.deepEqual(parseGoDuration('1constructor'), {
      error: 'time: unknown unit "constructor" in duration "1constructor"',
    });
    assert.ok('error' in (parseGoDuration('9'.repeat(50) + 's') as object));
  });
});
