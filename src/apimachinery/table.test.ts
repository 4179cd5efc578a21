import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { humanDuration, labelsCell, sinceCell } from './table.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const ages: [number, string][] = [
  [-5 * second, '<invalid>'],
  [-1 * second, '0s'],
  [0, '0s'],
  [59 * second, '59s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [2 * minute + second, '2m1s'],
  [10 * minute + 30 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [7 * hour + 59 * minute, '7h59m'],
  [8 * hour + 30 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + hour, '2d1h'],
  [8 * day + 5 * hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [731 * day, '2y1d'],
  [8 * 365 * day + 5 * day, '8y'],
];

for (const [elapsed, text] of ages) {
  test(`${elapsed / second} seconds are shown as ${text}`, () => {
    assert.equal(humanDuration(0, elapsed), text);
  });
}

test('an age has two units at most, and the second one only when it says something', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (elapsed) => {
      assert.match(humanDuration(0, elapsed), /^\d+[smhdy]([1-9]\d*[smhd])?$/);
    }),
  );
});

test('a time that is absent or cannot be read is unknown', () => {
  const now = new Date();
  for (const time of [undefined, null, '', 'yesterday']) assert.equal(sinceCell(time, now), '<unknown>');
});

test('labels are sorted in their cell', () => {
  assert.equal(labelsCell({ b: '2', a: '1' }), 'a=1,b=2');
  assert.equal(labelsCell({}), '<none>');
  assert.equal(labelsCell(undefined), '<none>');
});
