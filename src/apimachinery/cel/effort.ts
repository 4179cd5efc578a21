import { CelCostExceeded } from './frame.ts';

/**
 * What an evaluation may take of the machine, about a nanosecond a unit. Stock's costs decide what is refused; but some
 * calls cost one unit however long their text is, and stock leaves those to the deadline of the request, which nothing
 * here would notice. An honest expression stays far below.
 */
const maxWork = 100_000_000;

/** Evaluations are never interleaved, so one count serves the one that runs; outside of evaluations nobody counts. */
let left = Infinity;

/** Counts work before it is done. @throws CelCostExceeded beyond what an evaluation may take */
export function work(units: number): void {
  left -= units;
  if (left < 0) throw tooMuch();
}

/** Begins to count; false if an evaluation around this one counts already. */
export function beginWork(): boolean {
  if (left !== Infinity) return false;
  left = maxWork;
  return true;
}

/** Ends the count that began. */
export function endWork(): void {
  left = Infinity;
}

/** The end of an evaluation that takes more than it may. */
export function tooMuch(): CelCostExceeded {
  return new CelCostExceeded('call', 'operation cancelled: actual cost limit exceeded');
}
