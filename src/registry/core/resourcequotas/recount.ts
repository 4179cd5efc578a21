import { addAmounts, type Amounts, onesOf, pickAmounts, zerosOf } from '../../../apimachinery/amounts.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { factsOf } from '../../generic/resource-facts.ts';
import type { Catalog } from '../../registry.ts';
import { type Evaluator, evaluatorOf } from './evaluator.ts';
import { isInScope, namesTracked, type Quota } from './quota.ts';

/**
 * What the objects of a quota's namespace use now, of every name that this server can count. What was said of other names stays (a custom resource whose
 * definition is gone), as with upstream's controller.
 *
 * The objects are as new as the call, and so at least as new as the quota. Committed by compare-and-set on the quota, the result is exact: whoever
 * changes what it counts changes the quota in the same commit, once it exists (`QuotaLedger`).
 */
export async function recount(
  store: Pick<ObjectStore, 'list'>,
  catalog: Catalog,
  quota: Quota,
  now: number,
): Promise<Amounts> {
  let used = pickAmounts(quota.used, (name) => quota.hard.has(name));
  for (const definition of catalog.definitions) {
    const evaluator = evaluatorOf(definition);
    if (evaluator === undefined) continue;
    const names = namesTracked(quota, evaluator);
    if (names.length === 0) continue;
    const counted = await countObjects(store, factsOf(definition).storage, evaluator, names, quota, now);
    used = new Map([...used, ...counted]);
  }
  return used;
}

async function countObjects(
  store: Pick<ObjectStore, 'list'>,
  resource: string,
  evaluator: Evaluator,
  names: readonly string[],
  quota: Quota,
  now: number,
): Promise<Amounts> {
  const { cluster, namespace } = quota.cached.key;
  const { items } = await store.list({ cluster, resource, namespace, at: { mode: 'fresh' } });
  let total = zerosOf(names);
  if (!evaluator.changes) {
    // They differ in nothing: their number is enough, and no object needs to be parsed.
    if (quota.scopes.length > 0) return total;
    const one = onesOf(names);
    for (const name of names) {
      const each = one.get(name);
      if (each !== undefined) total = new Map([...total, [name, { ...each, nano: each.nano * BigInt(items.length) }]]);
    }
    return total;
  }
  for (const { object } of items) {
    if (!isInScope(quota, evaluator, object)) continue;
    total = addAmounts(
      total,
      pickAmounts(evaluator.usage(object, now), (name) => names.includes(name)),
    );
  }
  return total;
}
