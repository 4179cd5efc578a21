import { createHash } from 'node:crypto';
import { matchesLabels } from '../apimachinery/labels.ts';
import { divide, type DivisionTarget } from './divide.ts';
import { reject, type Rejection } from './filter.ts';
import { scoreCluster, type Score } from './score.ts';
import type { Assignment, ClusterSnapshot, PlacementPolicy, WorkloadSnapshot } from './snapshot.ts';
import { selectSpread } from './spread.ts';

export type PlacementInput = {
  readonly policy: PlacementPolicy;
  readonly workload: WorkloadSnapshot;
  readonly clusters: readonly ClusterSnapshot[];
  /** The decision in force. */
  readonly current: readonly Assignment[];
};

export type PlacementResult = {
  /** Sorted by cluster name. */
  readonly assignments: readonly (Assignment & { readonly score: Score; readonly placed: boolean })[];
  /** Sorted by cluster name. */
  readonly rejected: readonly Rejection[];
  /** What could not be satisfied, with numbers; empty when all is well. */
  readonly unsatisfied: readonly string[];
};

/**
 * Decides where a workload runs: filter, score, spread, divide. A pure function: equal input gives an equal answer, in whatever order clusters come,
 * and a decision that is still valid stays as it is.
 */
export function schedule({ policy, workload, clusters, current }: PlacementInput): PlacementResult {
  const currently = new Map(current.map((assignment) => [assignment.clusterUID, assignment]));
  const rejected: Rejection[] = [];
  const candidates: ClusterSnapshot[] = [];
  for (const cluster of clusters) {
    const rejection = reject(cluster, workload, policy, currently.has(cluster.uid));
    if (rejection === undefined) candidates.push(cluster);
    else rejected.push(rejection);
  }
  rejected.sort((a, b) => compareText(a.cluster, b.cluster));
  const scores = scoreAll(candidates, policy, currently);
  const ranked = candidates.toSorted(
    (a, b) =>
      totalOf(scores, b) - totalOf(scores, a) || compareText(tie(workload.uid, a.uid), tie(workload.uid, b.uid)),
  );
  const { chosen, unmet } = selectSpread(ranked, policy.numberOfClusters, policy.spreadConstraints);
  const unsatisfied = [...unmet];
  if (chosen.length === 0 && unmet.length === 0) {
    unsatisfied.push(
      clusters.length === 0
        ? 'no physical clusters'
        : `0 of ${clusters.length} physical clusters fit: ${listRejections(rejected)}`,
    );
  } else if (chosen.length < policy.numberOfClusters && unmet.length === 0) {
    unsatisfied.push(`${chosen.length} of ${policy.numberOfClusters} clusters`);
  }
  const replicas = divideReplicas(chosen, policy, workload, currently, unsatisfied);
  return {
    assignments: chosen
      .map((cluster, i) => ({
        cluster: cluster.name,
        clusterUID: cluster.uid,
        replicas: replicas?.[i],
        score: scores.get(cluster.uid) ?? { total: 0, parts: [] },
        placed: currently.has(cluster.uid),
      }))
      .sort((a, b) => compareText(a.cluster, b.cluster)),
    rejected,
    unsatisfied,
  };
}

/** The first few in words: a fleet of a thousand must not make a message of a thousand reasons. */
function listRejections(rejected: readonly Rejection[]): string {
  const shown = rejected.slice(0, 8).map((item) => `${item.cluster}: ${item.reason}`);
  if (rejected.length > shown.length) shown.push(`and ${rejected.length - shown.length} more`);
  return shown.join('; ');
}

function scoreAll(
  candidates: readonly ClusterSnapshot[],
  policy: PlacementPolicy,
  currently: ReadonlyMap<string, Assignment>,
): ReadonlyMap<string, Score> {
  let maxAssigned = 0;
  let maxAvailable = 0;
  for (const cluster of candidates) {
    maxAssigned = Math.max(maxAssigned, cluster.assigned);
    maxAvailable = Math.max(maxAvailable, cluster.available ?? 0);
  }
  return new Map(
    candidates.map((cluster) => [
      cluster.uid,
      scoreCluster({ cluster, policy, placed: currently.has(cluster.uid), maxAssigned, maxAvailable }),
    ]),
  );
}

function totalOf(scores: ReadonlyMap<string, Score>, cluster: ClusterSnapshot): number {
  return scores.get(cluster.uid)?.total ?? 0;
}

/** Replicas of each chosen cluster, or undefined when every cluster gets the object's own number. */
function divideReplicas(
  chosen: readonly ClusterSnapshot[],
  policy: PlacementPolicy,
  workload: WorkloadSnapshot,
  currently: ReadonlyMap<string, Assignment>,
  unsatisfied: string[],
): readonly number[] | undefined {
  const total = workload.replicas;
  if (policy.replicaScheduling.type === 'Duplicated' || total === undefined || chosen.length === 0) return undefined;
  const targets = chosen.map((cluster): DivisionTarget => {
    // An undivided decision put everything on each of its clusters: it says nothing about shares.
    const current = currently.get(cluster.uid)?.replicas ?? 0;
    return {
      weight: weightOf(cluster, policy),
      current,
      available: cluster.available,
      tie: tie(workload.uid, cluster.uid),
    };
  });
  const { seats, left } = divide(
    total,
    policy.replicaScheduling.division === 'Aggregated' ? aggregate(total, targets) : targets,
  );
  if (left > 0) unsatisfied.push(`${left} of ${total} replicas found no room`);
  return seats;
}

function weightOf(cluster: ClusterSnapshot, policy: PlacementPolicy): number {
  const { division, dynamic, staticWeights } = policy.replicaScheduling;
  if (dynamic || division === 'Aggregated') return cluster.available ?? 1;
  if (staticWeights.length === 0) return 1;
  let weight = 0;
  for (const rule of staticWeights)
    if (matchesLabels(rule.selector, cluster.labels)) weight = Math.max(weight, rule.weight);
  return weight;
}

/** As few clusters as have room: those in use first, then the roomiest; the others get weight 0. */
function aggregate(total: number, targets: readonly DivisionTarget[]): readonly DivisionTarget[] {
  const roomOf = (target: DivisionTarget): number =>
    target.available === undefined ? Number.POSITIVE_INFINITY : target.current + target.available;
  const order = targets.toSorted(
    (a, b) => b.current - a.current || compareNumber(roomOf(b), roomOf(a)) || compareText(a.tie, b.tie),
  );
  let room = 0;
  const used = new Set<string>();
  for (const target of order) {
    if (room >= total) break;
    used.add(target.tie);
    room += roomOf(target);
  }
  return targets.map((target) => (used.has(target.tie) ? target : { ...target, weight: 0, available: 0 }));
}

/** Equal quotients are decided by this: stable for an (object, cluster) pair, unrelated between pairs. */
export function tie(objectUID: string, clusterUID: string): string {
  return createHash('sha256').update(`${objectUID}/${clusterUID}`).digest('hex').slice(0, 16);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumber(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
