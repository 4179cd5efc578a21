import { matchesLabels } from '../apimachinery/labels.ts';
import type { ClusterSnapshot, PlacementPolicy, Taint, Toleration, WorkloadSnapshot } from './snapshot.ts';

/** Why a cluster cannot take a workload: which rule, and in words with the values that decided. */
export type Rejection = { readonly cluster: string; readonly plugin: FilterName; readonly reason: string };

export type FilterName = 'Unschedulable' | 'Ready' | 'Taints' | 'Predicates' | 'ResourceKinds';

type Filter = {
  readonly name: FilterName;
  /** Also decides over a cluster that has the workload already; otherwise such a cluster may keep it. */
  readonly evicts: boolean;
  /** A reason to refuse, or undefined. */
  check(
    cluster: ClusterSnapshot,
    workload: WorkloadSnapshot,
    policy: PlacementPolicy,
    placed: boolean,
  ): string | undefined;
};

/**
 * In the order in which reasons are given. What only says "nothing new here" (unschedulable, not ready, NoSchedule) does not drive away what runs:
 * moving because of an outage is an opt-in of its own.
 */
const filters: readonly Filter[] = [
  {
    name: 'Unschedulable',
    evicts: false,
    check: (cluster) => (cluster.unschedulable ? 'spec.unschedulable is true' : undefined),
  },
  {
    name: 'Ready',
    evicts: false,
    check: (cluster) => (cluster.ready ? undefined : `condition Ready is not True: ${cluster.notReadyReason}`),
  },
  {
    name: 'Taints',
    evicts: true,
    check: (cluster, _workload, policy, placed) => {
      const taint = cluster.taints.find(
        (candidate) =>
          (candidate.effect === 'NoExecute' || (candidate.effect === 'NoSchedule' && !placed)) &&
          !policy.tolerations.some((toleration) => tolerates(toleration, candidate)),
      );
      return taint === undefined ? undefined : `taint ${formatTaint(taint)} is not tolerated`;
    },
  },
  {
    name: 'Predicates',
    evicts: true,
    check: (cluster, _workload, policy) =>
      policy.predicates.length === 0 || policy.predicates.some((selector) => matchesLabels(selector, cluster.labels))
        ? undefined
        : `labels match none of ${policy.predicates.length} predicate${policy.predicates.length === 1 ? '' : 's'}`,
  },
  {
    name: 'ResourceKinds',
    evicts: true,
    check: (cluster, workload) =>
      cluster.resourceKinds.length === 0 || cluster.resourceKinds.includes(workload.resource)
        ? undefined
        : `accepts ${cluster.resourceKinds.join(', ')}, not ${workload.resource}`,
  },
];

/** The first reason why `cluster` cannot have (or, when `placed`, keep) the workload; undefined when it can. */
export function reject(
  cluster: ClusterSnapshot,
  workload: WorkloadSnapshot,
  policy: PlacementPolicy,
  placed: boolean,
): Rejection | undefined {
  for (const filter of filters) {
    if (placed && !filter.evicts) continue;
    const reason = filter.check(cluster, workload, policy, placed);
    if (reason !== undefined) return { cluster: cluster.name, plugin: filter.name, reason };
  }
  return undefined;
}

/** The rules of node taints (k8s.io/api/core/v1/toleration.go): an empty key with Exists matches all, an empty effect matches all effects. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || toleration.value === taint.value;
}

/** `key=value:Effect`, as kubectl shows taints. */
export function formatTaint(taint: Taint): string {
  return `${taint.key}${taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}`;
}
