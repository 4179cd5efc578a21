import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantity,
} from './quantity.ts';

/** A ResourceList that is calculated with: resource name → exact quantity. */
export type Amounts = ReadonlyMap<string, Quantity>;

export const noAmounts: Amounts = new Map();
const zero: Quantity = { nano: 0n, format: 'DecimalSI' };
const one: Quantity = { nano: 1_000_000_000n, format: 'DecimalSI' };

/** Reads the quantities of a ResourceList. @throws ApiError 400 for texts that are none. */
export function parseAmounts(list: Readonly<Record<string, unknown>> | null | undefined): Amounts {
  if (list === undefined || list === null) return noAmounts;
  return new Map(Object.keys(list).map((name) => [name, parseQuantity(String(list[name]))]));
}

/** The ResourceList of amounts, names in order. */
export function formatAmounts(amounts: Amounts): Record<string, string> {
  const entries = [...amounts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/** `pods=1,requests.cpu=500m`: how upstream's errors show amounts. */
export function showAmounts(amounts: Amounts): string {
  return Object.entries(formatAmounts(amounts))
    .map(([name, text]) => `${name}=${text}`)
    .join(',');
}

/** One of each. */
export function onesOf(names: Iterable<string>): Amounts {
  return new Map([...names].map((name) => [name, one]));
}

/** None of each. */
export function zerosOf(names: Iterable<string>): Amounts {
  return new Map([...names].map((name) => [name, zero]));
}

/** a + b for every name in either. */
export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  for (const [name, quantity] of b) {
    const other = sum.get(name);
    sum.set(name, other === undefined ? quantity : addQuantity(other, quantity));
  }
  return sum;
}

/** a − b for every name in either. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const difference = new Map(a);
  for (const [name, quantity] of b) difference.set(name, subtractQuantity(difference.get(name) ?? zero, quantity));
  return difference;
}

/** The greater of a and b for every name in either. */
export function maxAmounts(a: Amounts, b: Amounts): Amounts {
  const greatest = new Map(a);
  for (const [name, quantity] of b) {
    const other = greatest.get(name);
    if (other === undefined || compareQuantity(quantity, other) > 0) greatest.set(name, quantity);
  }
  return greatest;
}

/** Only the names that are wanted. */
export function pickAmounts(amounts: Amounts, wants: (name: string, quantity: Quantity) => boolean): Amounts {
  return new Map([...amounts].filter(([name, quantity]) => wants(name, quantity)));
}

/** The same names with the same values, however they are written. */
export function equalAmounts(a: Amounts, b: Amounts): boolean {
  return a.size === b.size && [...a].every(([name, quantity]) => b.get(name)?.nano === quantity.nano);
}
