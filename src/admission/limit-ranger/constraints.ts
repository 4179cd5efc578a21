import { podLimits, podRequests, type PodWithResources } from '../../api/core/v1/pod-resources.ts';
import type { ResourceList } from '../../api/core/v1/pod-template/types.ts';
import { type Amounts, noAmounts, parseAmounts } from '../../apimachinery/amounts.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { formatQuantity, type Quantity } from '../../apimachinery/quantity.ts';
import type { Limit, LimitRange } from './types.ts';

/** What is requested and limited. */
type Requirements = { readonly requests: Amounts; readonly limits: Amounts };

/** What a LimitRange finds wrong with a pod, in upstream's words. */
export function podProblems(range: LimitRange, pod: PodWithResources): readonly string[] {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const problems: string[] = [];
  for (const limit of range.spec?.limits ?? []) {
    if (limit.type === 'Container')
      for (const { resources } of [...containers, ...initContainers])
        checkAll(
          limit,
          { requests: parseAmounts(resources?.requests), limits: parseAmounts(resources?.limits) },
          problems,
        );
    if (limit.type !== 'Pod') continue;
    const options = { withStatus: false, withOverhead: false };
    checkAll(limit, { requests: podRequests(pod, options), limits: podLimits(pod, options) }, problems);
  }
  return problems;
}

type Claim = KubeObject & { spec?: { resources?: { requests?: ResourceList } } };

/** The same for a PersistentVolumeClaim, which only requests. */
export function claimProblems(range: LimitRange, claim: KubeObject): readonly string[] {
  const requests = parseAmounts((claim as Claim).spec?.resources?.requests);
  const problems: string[] = [];
  for (const limit of range.spec?.limits ?? []) {
    if (limit.type !== 'PersistentVolumeClaim') continue;
    each(limit.min, (name, bound) => minimum(limit.type, name, bound, { requests, limits: noAmounts }), problems);
    each(limit.max, (name, bound) => maximumRequest(limit.type, name, bound, requests), problems);
  }
  return problems;
}

function checkAll(limit: Limit, asked: Requirements, problems: string[]): void {
  each(limit.min, (name, bound) => minimum(limit.type, name, bound, asked), problems);
  each(limit.max, (name, bound) => maximum(limit.type, name, bound, asked), problems);
  each(limit.maxLimitRequestRatio, (name, bound) => ratio(limit.type, name, bound, asked), problems);
}

function each(
  list: ResourceList | undefined,
  check: (name: string, bound: Quantity) => string | undefined,
  problems: string[],
): void {
  for (const [name, bound] of [...parseAmounts(list)].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const problem = check(name, bound);
    if (problem !== undefined) problems.push(problem);
  }
}

function minimum(type: string | undefined, name: string, bound: Quantity, asked: Requirements): string | undefined {
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  const text = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (request === undefined) return `${text}.  No request is specified`;
  const value = scaleFor(request, limit, bound);
  if (value(request) < value(bound)) return `${text}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && value(limit) < value(bound)) return `${text}, but limit is ${formatQuantity(limit)}`;
  return undefined;
}

function maximum(type: string | undefined, name: string, bound: Quantity, asked: Requirements): string | undefined {
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  const text = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (limit === undefined) return `${text}.  No limit is specified`;
  const value = scaleFor(request, limit, bound);
  if (value(limit) > value(bound)) return `${text}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && value(request) > value(bound))
    return `${text}, but request is ${formatQuantity(request)}`;
  return undefined;
}

function maximumRequest(
  type: string | undefined,
  name: string,
  bound: Quantity,
  requests: Amounts,
): string | undefined {
  const request = requests.get(name);
  const text = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (request === undefined) return `${text}.  No request is specified`;
  const value = scaleFor(request, undefined, bound);
  return value(request) > value(bound) ? `${text}, but request is ${formatQuantity(request)}` : undefined;
}

function ratio(type: string | undefined, name: string, bound: Quantity, asked: Requirements): string | undefined {
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  const text = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
  const value = scaleFor(request, limit, bound);
  if (request === undefined || value(request) === 0n) return `${text}, but no request is specified or request is 0`;
  if (limit === undefined || value(limit) === 0n) return `${text}, but no limit is specified or limit is 0`;
  const observed = Number(value(limit)) / Number(value(request));
  const isSmall = inUnits(bound) <= maxMilliValue;
  const exceeds = isSmall ? observed * 1000 > Number(inMilli(bound)) : observed > Number(inUnits(bound));
  return exceeds ? `${text}, but provided ratio is ${observed.toFixed(6)}` : undefined;
}

/** The greatest whole number that upstream still compares in thousandths. */
const maxMilliValue = ((1n << 63n) - 1n) / 1000n;

/** Upstream compares thousandths, or whole numbers when one of the quantities is too great for that; both are rounded up. */
function scaleFor(...quantities: readonly (Quantity | undefined)[]): (quantity: Quantity) => bigint {
  return quantities.every((each) => each === undefined || inUnits(each) <= maxMilliValue) ? inMilli : inUnits;
}

function inUnits({ nano }: Quantity): bigint {
  return ceil(nano, 1_000_000_000n);
}

function inMilli({ nano }: Quantity): bigint {
  return ceil(nano, 1_000_000n);
}

function ceil(value: bigint, divisor: bigint): bigint {
  return value > 0n ? (value + divisor - 1n) / divisor : value / divisor;
}
