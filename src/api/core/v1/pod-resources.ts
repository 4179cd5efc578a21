import {
  addAmounts,
  type Amounts,
  maxAmounts,
  noAmounts,
  parseAmounts,
  pickAmounts,
} from '../../../apimachinery/amounts.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { PodSpec, ResourceList, ResourceRequirements } from './pod-template/types.ts';

type ContainerStatus = { name?: string; resources?: ResourceRequirements; allocatedResources?: ResourceList };

/** The parts of a Pod that say what it asks for. */
export type PodWithResources = KubeObject & {
  spec?: PodSpec;
  status?: {
    phase?: string;
    qosClass?: string;
    conditions?: { type?: string; reason?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
};

export type PodResourcesOptions = {
  /** What containers have got counts as well: a pod that is being resized holds the greater of both. */
  readonly withStatus: boolean;
  /** What the runtime itself needs counts as well. */
  readonly withOverhead: boolean;
};

/** What a pod requests: its containers together, or its init containers where one of them needs more (component-helpers PodRequests). */
export function podRequests(pod: PodWithResources, options: PodResourcesOptions): Amounts {
  const requests = aggregate(pod, options, 'requests');
  return options.withOverhead ? addAmounts(requests, parseAmounts(pod.spec?.overhead)) : requests;
}

/** What a pod is limited to (component-helpers PodLimits): overhead counts where there is a limit at all. */
export function podLimits(pod: PodWithResources, options: PodResourcesOptions): Amounts {
  const limits = aggregate(pod, options, 'limits');
  if (!options.withOverhead) return limits;
  const overhead = pickAmounts(parseAmounts(pod.spec?.overhead), (name) => (limits.get(name)?.nano ?? 0n) !== 0n);
  return addAmounts(limits, overhead);
}

/** Init containers run one after another, beside those sidecars (restartPolicy Always) that began before them. */
function aggregate(pod: PodWithResources, { withStatus }: PodResourcesOptions, which: 'requests' | 'limits'): Amounts {
  const statuses = new Map<string | undefined, ContainerStatus>();
  if (withStatus) {
    for (const status of pod.status?.containerStatuses ?? []) statuses.set(status.name, status);
    for (const status of pod.status?.initContainerStatuses ?? []) statuses.set(status.name, status);
  }
  const infeasible = isResizeInfeasible(pod);
  const own = (resources: ResourceRequirements | undefined, name: string | undefined): Amounts => {
    const wanted = parseAmounts(resources?.[which]);
    const status = statuses.get(name);
    if (status?.resources === undefined || status.resources === null) return wanted;
    const actual = parseAmounts(status.resources[which]);
    const allocated = which === 'requests' ? parseAmounts(status.allocatedResources) : noAmounts;
    const held = maxAmounts(actual, allocated);
    return infeasible ? held : maxAmounts(wanted, held);
  };
  let total = noAmounts;
  for (const { name, resources } of pod.spec?.containers ?? []) total = addAmounts(total, own(resources, name));
  let sidecars = noAmounts;
  let starting = noAmounts;
  for (const { name, resources, restartPolicy } of pod.spec?.initContainers ?? []) {
    if (restartPolicy === 'Always') {
      const amounts = own(resources, name);
      total = addAmounts(total, amounts);
      sidecars = addAmounts(sidecars, amounts);
      starting = maxAmounts(starting, sidecars);
    } else starting = maxAmounts(starting, addAmounts(parseAmounts(resources?.[which]), sidecars));
  }
  return maxAmounts(total, starting);
}

function isResizeInfeasible({ status }: PodWithResources): boolean {
  return status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';
}
