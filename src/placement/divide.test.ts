import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divide, webster, type DivisionTarget, type Share } from './divide.ts';

function shares(...weights: number[]): Share[] {
  return weights.map((weight, i) => ({ weight, floor: 0, cap: undefined, tie: `t${i}` }));
}

function seats(total: number, ...weights: number[]): readonly number[] {
  return webster(total, shares(...weights)).seats;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test('the vectors of the design divide as written', () => {
  assert.deepEqual(seats(9, 1, 2), [3, 6]);
  assert.deepEqual(seats(9, 1, 3), [2, 7]);
  assert.deepEqual(seats(12, 6, 12, 18), [2, 4, 6]);
  assert.deepEqual(seats(7, 5, 3, 1), [4, 2, 1]);
  assert.deepEqual(seats(11, 6, 6, 2), [5, 4, 2]);
  assert.deepEqual(seats(10, 6, 6, 2), [4, 4, 2]);
  assert.deepEqual(seats(5, 1, 1, 1), [2, 2, 1]);
});

test('the largest replica count a Deployment can ask for is divided at once', () => {
  const started = performance.now();
  const { seats: result, left } = webster(2 ** 31 - 1, shares(1_000_000, 1, 999_999));
  assert.equal(sum(result), 2 ** 31 - 1);
  assert.equal(left, 0);
  assert.ok(performance.now() - started < 200);
});

const weightsArbitrary = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 8 });

test('every seat is given when someone has weight and room, and nobody gains from less', () => {
  fc.assert(
    fc.property(weightsArbitrary, fc.integer({ min: 0, max: 400 }), (weights, n) => {
      const smaller = seats(n, ...weights);
      const larger = seats(n + 1, ...weights);
      const expected = weights.some((weight) => weight > 0) ? n : 0;
      assert.equal(sum(smaller), expected);
      smaller.forEach((value, i) => assert.ok((larger[i] ?? 0) >= value));
    }),
  );
});

test('the same seats come out of one-at-a-time dealing', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          weight: fc.integer({ min: 0, max: 50 }),
          floor: fc.integer({ min: 0, max: 5 }),
          room: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      fc.integer({ min: 0, max: 80 }),
      (input, extra) => {
        const list = input.map(
          ({ weight, floor, room }, i): Share => ({
            weight,
            floor,
            cap: room === undefined ? undefined : floor + room,
            tie: `t${i}`,
          }),
        );
        const total = sum(list.map((share) => share.floor)) + extra;
        assert.deepEqual(webster(total, list), dealOneByOne(total, list));
      },
    ),
  );
});

function dealOneByOne(total: number, list: readonly Share[]): { seats: number[]; left: number } {
  const result = list.map((share) => share.floor);
  let left = total - sum(result);
  for (; left > 0; left--) {
    let winner = -1;
    list.forEach((share, i) => {
      const have = result[i] ?? 0;
      if (share.weight === 0 || (share.cap !== undefined && have >= share.cap)) return;
      const other = list[winner];
      if (other === undefined) {
        winner = i;
        return;
      }
      const otherSeats = result[winner] ?? 0;
      const difference = share.weight * (2 * otherSeats + 1) - other.weight * (2 * have + 1) || otherSeats - have;
      if (difference > 0 || (difference === 0 && share.tie < other.tie)) winner = i;
    });
    if (winner < 0) break;
    result[winner] = (result[winner] ?? 0) + 1;
  }
  return { seats: result, left };
}

test('the order of the clusters does not matter', () => {
  fc.assert(
    fc.property(weightsArbitrary, fc.integer({ min: 0, max: 300 }), (weights, n) => {
      const list = shares(...weights);
      const reversed = webster(n, list.toReversed()).seats.toReversed();
      assert.deepEqual(webster(n, list).seats, reversed);
    }),
  );
});

const targetsArbitrary = fc.array(
  fc.record({
    weight: fc.integer({ min: 1, max: 20 }),
    available: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 6 },
);

function targets(
  input: readonly { weight: number; available: number | undefined }[],
  current: readonly number[],
): DivisionTarget[] {
  return input.map(({ weight, available }, i) => ({ weight, available, current: current[i] ?? 0, tie: `t${i}` }));
}

test('scaling one step at a time from 1 to 100 and back moves nothing between clusters', () => {
  fc.assert(
    fc.property(targetsArbitrary, (input) => {
      let current: readonly number[] = input.map(() => 0);
      const step = (n: number, grows: boolean): void => {
        // `available` counts what is free beyond what runs, so it shrinks as replicas arrive.
        const free = input.map(({ weight, available }, i) => ({
          weight,
          available: available === undefined ? undefined : Math.max(0, available - (current[i] ?? 0)),
        }));
        const { seats: next, left } = divide(n, targets(free, current));
        assert.equal(sum(next) + left, n);
        next.forEach((value, i) => {
          assert.ok(grows ? value >= (current[i] ?? 0) : value <= (current[i] ?? 0));
          const limit = input[i]?.available;
          if (limit !== undefined) assert.ok(value <= limit);
        });
        current = next;
      };
      for (let n = 1; n <= 100; n++) step(n, true);
      const reached = sum(current);
      for (let n = reached - 1; n >= 1; n--) step(n, false);
    }),
    { numRuns: 30 },
  );
});

test('an unchanged total changes nothing, whatever the weights say now', () => {
  fc.assert(
    fc.property(targetsArbitrary, fc.array(fc.nat(30), { minLength: 6, maxLength: 6 }), (input, have) => {
      const list = targets(input, have);
      const total = sum(list.map((target) => target.current));
      assert.deepEqual(
        divide(total, list).seats,
        list.map((target) => target.current),
      );
    }),
  );
});

test('a cluster that goes takes only its own replicas along', () => {
  const before = divide(
    90,
    targets(
      [
        { weight: 1, available: undefined },
        { weight: 1, available: undefined },
        { weight: 1, available: undefined },
      ],
      [],
    ),
  ).seats;
  const after = divide(
    90,
    targets(
      [
        { weight: 1, available: undefined },
        { weight: 1, available: undefined },
      ],
      before,
    ),
  ).seats;
  assert.deepEqual(before, [30, 30, 30]);
  assert.deepEqual(after, [45, 45]);
});

test('what finds no room is reported, not overcommitted', () => {
  assert.deepEqual(
    divide(10, [
      { weight: 1, current: 0, available: 3, tie: 'a' },
      { weight: 1, current: 2, available: 1, tie: 'b' },
    ]),
    { seats: [3, 3], left: 4 },
  );
});
