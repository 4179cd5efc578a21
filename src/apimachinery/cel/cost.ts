/** The least and the most that something may cost, or how small and big a value may be. */
export type Range = { readonly min: number; readonly max: number };

/** Where estimates end: what a 64-bit counter can hold. */
export const unlimited: number = 2 ** 64;

export const unknownSize: Range = { min: 0, max: unlimited };
export const noCost: Range = { min: 0, max: 0 };

/** A range of one number. */
export function fixed(value: number): Range {
  return { min: value, max: value };
}

function bounded(value: number): number {
  return value > unlimited ? unlimited : value;
}

/** The sum of two ranges. */
export function plus(a: Range, b: Range): Range {
  return { min: bounded(a.min + b.min), max: bounded(a.max + b.max) };
}

/** The product of two ranges. */
export function times(a: Range, b: Range): Range {
  return { min: bounded(a.min * b.min), max: bounded(a.max * b.max) };
}

/** A range times a price, rounded up. */
export function scaled(a: Range, price: number): Range {
  return { min: bounded(Math.ceil(a.min * price)), max: bounded(Math.ceil(a.max * price)) };
}

/** The range that holds both. */
export function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
