import { addQuantity, compareQuantity, parseQuantity, type Quantity } from '../../../../apimachinery/quantity.ts';
import type { PodSpec, ResourceList } from './types.ts';

const counted = ['cpu', 'memory'] as const;
const zero = parseQuantity('0');

type Totals = Map<string, Quantity>;

/** Adds the positive amounts of a list to the totals; true when it has both cpu and memory. */
function add(list: ResourceList | undefined, totals: Totals): boolean {
  let found = 0;
  for (const name of counted) {
    if (list === undefined || !Object.hasOwn(list, name)) continue;
    const quantity = parseQuantity(list[name] ?? '0');
    if (compareQuantity(quantity, zero) <= 0) continue;
    found++;
    const sum = totals.get(name);
    totals.set(name, sum === undefined ? quantity : addQuantity(sum, quantity));
  }
  return found === counted.length;
}

/**
 * Which pods a node evicts first: `Guaranteed` when every container limits cpu and memory and requests as much, `BestEffort` when none asks for
 * anything, else `Burstable`.
 */
export function podQosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const requests: Totals = new Map();
  const limits: Totals = new Map();
  let allLimited = true;
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    add(resources?.requests, requests);
    if (!add(resources?.limits, limits)) allLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  if (!allLimited || requests.size !== limits.size) return 'Burstable';
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (limit === undefined || compareQuantity(limit, request) !== 0) return 'Burstable';
  }
  return 'Guaranteed';
}
