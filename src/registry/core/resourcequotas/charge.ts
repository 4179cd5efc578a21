import {
  addAmounts,
  type Amounts,
  noAmounts,
  pickAmounts,
  showAmounts,
  subtractAmounts,
} from '../../../apimachinery/amounts.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantity } from '../../../apimachinery/quantity.ts';
import type { Evaluator } from './evaluator.ts';
import { isInScope, namesTracked, type Quota } from './quota.ts';

/** A write, as quotas see it. */
export type Charge = {
  readonly evaluator: Evaluator;
  /** The object before and after; undefined where there is none. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /** Held to the limits, not only counted. */
  readonly isChecked: boolean;
  /** Uses of both states are taken at this moment. */
  readonly now: number;
};

/** What a write changes in what a quota has counted; undefined when that is nothing. */
export function deltaOf(quota: Quota, charge: Charge): Amounts | undefined {
  const { evaluator, before, after, now } = charge;
  const names = namesTracked(quota, evaluator);
  if (names.length === 0) return undefined;
  const uses = (object: KubeObject | undefined): Amounts =>
    object === undefined || !isInScope(quota, evaluator, object)
      ? noAmounts
      : pickAmounts(evaluator.usage(object, now), (name) => names.includes(name));
  const delta = pickAmounts(subtractAmounts(uses(after), uses(before)), (_, { nano }) => nano !== 0n);
  return delta.size > 0 || isOverdue(charge) ? delta : undefined;
}

/**
 * Whether time alone has changed what the object uses: nobody can tell whether it has been counted anew since, so whoever writes it has to (only pods whose
 * node is lost).
 */
export function isOverdue({ evaluator, before, now }: Charge): boolean {
  return before !== undefined && evaluator.isOverdue?.(before, now) === true;
}

/** A quota with what is used of it by now. */
export type Balance = { readonly quota: Quota; readonly used: Amounts };

/**
 * Why quotas refuse a write, in upstream's words (admission/plugin/resourcequota CheckRequest); undefined when they do not. `balances` are of the quotas in
 * the order in which they are asked.
 */
export function refusalOf(charge: Charge, balances: readonly Balance[]): string | undefined {
  const { evaluator, after, before, now } = charge;
  if (after === undefined || !charge.isChecked) return undefined;
  const concerned = balances.filter(
    ({ quota }) => namesTracked(quota, evaluator).length > 0 && isInScope(quota, evaluator, after),
  );
  for (const { quota } of concerned) {
    const missing = evaluator.missing?.(namesTracked(quota, evaluator), after);
    if (missing !== undefined) return `failed quota: ${quota.name}: ${missing}`;
  }
  const usage = evaluator.usage(after, now);
  const negative = [...usage.keys()].filter((name) => (usage.get(name)?.nano ?? 0n) < 0n);
  if (concerned.length > 0 && negative.length > 0)
    return `quota usage is negative for resource(s): ${negative.toSorted().join(',')}`;
  for (const { quota, used } of concerned) {
    const wasIn = before !== undefined && isInScope(quota, evaluator, before);
    const asked = wasIn ? subtractAmounts(usage, evaluator.usage(before, now)) : usage;
    const requested = pickAmounts(asked, (name, { nano }) => nano > 0n && quota.hard.has(name));
    const next = addAmounts(used, requested);
    const exceeds = (name: string): boolean => {
      const [limit, wanted] = [quota.hard.get(name), next.get(name)];
      return requested.has(name) && limit !== undefined && wanted !== undefined && compareQuantity(wanted, limit) > 0;
    };
    if (![...requested.keys()].some(exceeds)) continue;
    const [asks, has, may] = [requested, used, quota.hard].map((each) => showAmounts(pickAmounts(each, exceeds)));
    return `exceeded quota: ${quota.name}, requested: ${asks}, used: ${has}, limited: ${may}`;
  }
  return undefined;
}
