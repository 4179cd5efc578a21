import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('a long pass is followed by a rest in proportion, others and short ones are not', () => {
  let now = 1000;
  const pace = new Pace(() => now);
  pace.took('a/default', 100);
  pace.took('b/default', 2);
  assert.equal(pace.restMs('a/default'), 300);
  assert.equal(pace.restMs('b/default'), 0);
  now += 299;
  assert.equal(pace.restMs('a/default'), 1);
  now += 1;
  assert.equal(pace.restMs('a/default'), 0);
});

test('no rest is longer than three seconds', () => {
  const pace = new Pace(() => 0);
  pace.took('a/default', 60_000);
  assert.equal(pace.restMs('a/default'), 3000);
});
