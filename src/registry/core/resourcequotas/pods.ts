import { podLimits, podRequests, type PodWithResources } from '../../../api/core/v1/pod-resources.ts';
import { podQosClass } from '../../../api/core/v1/pod-template/qos.ts';
import { isExtendedResource, isNativeResource } from '../../../api/core/v1/pod-template/validate-resources.ts';
import { addAmounts, type Amounts, onesOf, parseAmounts } from '../../../apimachinery/amounts.ts';
import type { Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Quantity } from '../../../apimachinery/quantity.ts';
import type { Evaluator, ScopeRequirement } from './evaluator.ts';

const computed = ['cpu', 'memory', 'ephemeral-storage'];
const hugePages = 'hugepages-';
const tracked: ReadonlySet<string> = new Set([
  'count/pods',
  'pods',
  ...computed,
  ...computed.map((name) => `requests.${name}`),
  ...computed.map((name) => `limits.${name}`),
]);
/** Names that every container has to say something about once a quota counts them: a mistake that cannot be taken back, says upstream. */
const required: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);
const counted = onesOf(['count/pods']);
const options = { withStatus: true, withOverhead: true };

/** Pods count, and what they ask for as long as they have not ended (upstream's evaluator/core/pods.go). */
export const podEvaluator: Evaluator = {
  tracks: (name) =>
    tracked.has(name) ||
    name.startsWith(hugePages) ||
    name.startsWith(`requests.${hugePages}`) ||
    (name.startsWith('requests.') && !isNativeResource(name)),
  usage(object, now) {
    const pod = object as PodWithResources;
    if (hasEnded(pod) || isLost(pod, now)) return counted;
    return addAmounts(counted, computeUsage(podRequests(pod, options), podLimits(pod, options)));
  },
  matchesScope: (requirement, object) => matchesScope(requirement, object as PodWithResources),
  missing(names, object) {
    const { containers = [], initContainers = [] } = (object as PodWithResources).spec ?? {};
    const without = new Map<string, Set<string>>();
    for (const { name = '', resources } of [...containers, ...initContainers]) {
      const said = computeUsage(parseAmounts(resources?.requests), parseAmounts(resources?.limits));
      for (const each of names)
        if (required.has(each) && !said.has(each)) without.set(each, (without.get(each) ?? new Set()).add(name));
    }
    if (without.size === 0) return undefined;
    const texts = [...without.keys()]
      .toSorted()
      .map((each) => `${each} for: ${[...(without.get(each) ?? [])].toSorted().join(',')}`);
    return `must specify ${texts.join('; ')}`;
  },
  changes: true,
  checksUpdate: (subresource, object, old) =>
    subresource === 'resize' || (subresource === '' && hasDeadline(object) !== hasDeadline(old)),
  isOverdue: (object, now) => !hasEnded(object as PodWithResources) && isLost(object, now),
};

/** The names under which quotas count what is requested and limited. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map<string, Quantity>(onesOf(['pods']));
  for (const name of computed) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request !== undefined) usage.set(name, request).set(`requests.${name}`, request);
    if (limit !== undefined) usage.set(`limits.${name}`, limit);
  }
  for (const [name, quantity] of requests) {
    if (name.startsWith(hugePages)) usage.set(name, quantity).set(`requests.${name}`, quantity);
    if (isExtendedResource(name)) usage.set(`requests.${name}`, quantity);
  }
  return usage;
}

function hasEnded({ status }: PodWithResources): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

/** Its grace period has been over for as long again: its node is lost, and it must not keep others from running. */
function isLost({ metadata }: KubeObject, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return now >= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function hasDeadline(object: KubeObject): boolean {
  const seconds = (object as PodWithResources).spec?.activeDeadlineSeconds;
  return seconds !== undefined && seconds >= 0;
}

function matchesScope(requirement: ScopeRequirement, pod: PodWithResources): boolean {
  switch (requirement.scope) {
    case 'Terminating':
      return hasDeadline(pod);
    case 'NotTerminating':
      return !hasDeadline(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass':
      return matchesPriority(requirement, pod.spec?.priorityClassName ?? '');
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod);
    default:
      return false;
  }
}

function isBestEffort({ spec, status }: PodWithResources): boolean {
  return (status?.qosClass || podQosClass(spec ?? {})) === 'BestEffort';
}

function matchesPriority({ operator, values }: ScopeRequirement, className: string): boolean {
  switch (operator) {
    case 'Exists':
      return className !== '';
    case 'DoesNotExist':
      return className === '';
    case 'In':
      return className !== '' && values.includes(className);
    default:
      return operator === 'NotIn' && !values.includes(className);
  }
}

function reachesOtherNamespaces({ spec }: PodWithResources): boolean {
  const affinity = spec?.affinity as Record<string, Affinity | undefined> | undefined;
  return [affinity?.['podAffinity'], affinity?.['podAntiAffinity']].some((each) =>
    [
      ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ].some((term) => (term?.namespaces?.length ?? 0) > 0 || (term?.namespaceSelector ?? undefined) !== undefined),
  );
}

type Term = { namespaces?: string[]; namespaceSelector?: Json };
type Affinity = {
  requiredDuringSchedulingIgnoredDuringExecution?: Term[];
  preferredDuringSchedulingIgnoredDuringExecution?: { podAffinityTerm?: Term }[];
};
