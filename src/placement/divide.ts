/** One cluster's part in a division of replicas. */
export type Share = {
  /** Integer ≥ 0; a share of weight 0 gets nothing beyond its floor. */
  readonly weight: number;
  /** Seats it keeps in any case. */
  readonly floor: number;
  /** Seats it can take at most, floor included; undefined: no limit. */
  readonly cap: number | undefined;
  /** Breaks ties after "fewer seats": smaller first. Must differ between shares. */
  readonly tie: string;
};

export type Division = {
  readonly seats: readonly number[];
  /** What found no room. */
  readonly left: number;
};

/** Finer than any distance between two quotients of 32-bit seats and weights that matters for speed; the end is decided exactly. */
const scale = 1n << 40n;

/**
 * Webster / Sainte-Laguë in integers: seat s+1 of a share has priority weight / (2s+1), and the highest priorities win. Floors are kept, caps are
 * respected, ties go to fewer seats and then to the smaller `tie`. The result does not depend on the order of `shares`. Cost is independent of
 * `total`: a divisor is found by bisection, the few seats beside it are dealt one at a time.
 */
export function webster(total: number, shares: readonly Share[]): Division {
  const weights = shares.map((share) => BigInt(share.weight));
  const floors = shares.map((share) => BigInt(share.floor));
  const caps = shares.map((share) => (share.cap === undefined ? undefined : BigInt(Math.max(share.cap, share.floor))));
  const seatsAt = (x: bigint): bigint[] =>
    weights.map((weight, i) => clamp((weight * x + scale) / (2n * scale), floors[i] ?? 0n, caps[i]));
  const wanted = BigInt(total);
  // With x = scale · (2 · total + 1) every share of weight ≥ 1 has reached `total`; the largest x that does not overshoot is the divisor.
  let low = 0n;
  let high = scale * (2n * wanted + 1n);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (sum(seatsAt(middle)) <= wanted) low = middle;
    else high = middle - 1n;
  }
  const seats = seatsAt(low);
  let left = wanted - sum(seats);
  while (left > 0n) {
    const next = best(shares, weights, seats, caps);
    if (next === undefined) break;
    seats[next] = (seats[next] ?? 0n) + 1n;
    left--;
  }
  return { seats: seats.map(Number), left: left > 0n ? Number(left) : 0 };
}

function clamp(value: bigint, floor: bigint, cap: bigint | undefined): bigint {
  if (value < floor) return floor;
  return cap !== undefined && value > cap ? cap : value;
}

function sum(values: readonly bigint[]): bigint {
  let result = 0n;
  for (const value of values) result += value;
  return result;
}

/** The share that the next seat goes to: exact comparison by cross-multiplication. */
function best(
  shares: readonly Share[],
  weights: readonly bigint[],
  seats: readonly bigint[],
  caps: readonly (bigint | undefined)[],
): number | undefined {
  let winner: number | undefined;
  for (let i = 0; i < shares.length; i++) {
    const weight = weights[i] ?? 0n;
    const have = seats[i] ?? 0n;
    const cap = caps[i];
    if (weight === 0n || (cap !== undefined && have >= cap)) continue;
    if (winner === undefined) {
      winner = i;
      continue;
    }
    const other = seats[winner] ?? 0n;
    const mine = weight * (2n * other + 1n);
    const theirs = (weights[winner] ?? 0n) * (2n * have + 1n);
    const closer = mine - theirs || other - have;
    if (closer > 0n || (closer === 0n && (shares[i]?.tie ?? '') < (shares[winner]?.tie ?? ''))) winner = i;
  }
  return winner;
}

/** A cluster that replicas are divided over. */
export type DivisionTarget = {
  readonly weight: number;
  /** Replicas there now; 0 when it is new. */
  readonly current: number;
  /** Free room beyond `current`; undefined: no limit known. */
  readonly available: number | undefined;
  readonly tie: string;
};

/**
 * Divides with as little change as possible: nothing moves when the total is unchanged, growth deals out only what is new, and shrinking takes
 * from everyone in proportion to what they have, so that no cluster ever gains when the total falls or loses when it rises.
 */
export function divide(total: number, targets: readonly DivisionTarget[]): Division {
  let current = 0;
  for (const target of targets) current += target.current;
  if (total >= current) {
    return webster(
      total,
      targets.map(({ weight, current: floor, available, tie }) => ({
        weight,
        floor,
        cap: available === undefined ? undefined : floor + Math.max(0, available),
        tie,
      })),
    );
  }
  return webster(
    total,
    targets.map(({ current: seats, tie }) => ({ weight: seats, floor: 0, cap: seats, tie })),
  );
}
