import type { Work } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';

/** Counters that several clusters' numbers add up to. */
const counters = [
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
];

/**
 * The status of a Deployment from what its physical clusters report (reference/placement.md §3.15): counters add up, conditions are the worst, and
 * `observedGeneration` follows the tenant's generation only once every cluster has applied that generation and says that it has seen it; until then
 * `previous` stands, so that `kubectl rollout status` waits. Undefined while no cluster has reported anything.
 */
export function deploymentStatus(
  generation: number,
  works: readonly Work[],
  previous: JsonObject,
): JsonObject | undefined {
  const reports = works.map((work) => work.status?.observed).filter(isObject);
  const [first] = reports;
  if (first === undefined) return undefined;
  const observedGeneration = works.every((work) => hasSeen(work, generation))
    ? generation
    : previous.observedGeneration;
  const generations = observedGeneration === undefined ? {} : { observedGeneration };
  if (works.length === 1) {
    const { observedGeneration: _below, ...rest } = first;
    return { ...generations, ...rest };
  }
  const status: JsonObject = { ...generations };
  for (const name of counters) {
    const sum = reports.reduce((total, report) => total + number(report[name]), 0);
    if (sum > 0) status[name] = sum;
  }
  const collisions = Math.max(0, ...reports.map((report) => number(report.collisionCount)));
  if (collisions > 0) status.collisionCount = collisions;
  const conditions = mergeConditions(reports, works.length);
  if (conditions.length > 0) status.conditions = conditions;
  return status;
}

function hasSeen({ spec, status }: Work, generation: number): boolean {
  return (
    spec.tombstoneAt === undefined &&
    spec.source.generation === generation &&
    status?.appliedHash === spec.desiredHash &&
    number(status.observed?.observedGeneration) >= (status.appliedGeneration ?? 0)
  );
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** For most conditions False is the worst answer; a failure is bad when it is True. */
function badness(type: string, status: Json | undefined): number {
  if (status === 'Unknown') return 1;
  return (status === 'True') === (type === 'ReplicaFailure') ? 2 : 0;
}

/** For each type the worst condition, of equally bad ones the newest, with a note on how many clusters it speaks for. */
function mergeConditions(reports: readonly JsonObject[], targets: number): JsonObject[] {
  const worst = new Map<string, { condition: JsonObject; alike: number }>();
  for (const report of reports) {
    for (const condition of Array.isArray(report.conditions) ? report.conditions.filter(isObject) : []) {
      const { type } = condition;
      if (typeof type !== 'string') continue;
      const known = worst.get(type);
      const difference =
        known === undefined ? 1 : badness(type, condition.status) - badness(type, known.condition.status);
      if (known === undefined || difference > 0) worst.set(type, { condition, alike: 1 });
      else if (difference === 0) {
        known.alike++;
        if (text(condition.lastUpdateTime) > text(known.condition.lastUpdateTime)) known.condition = condition;
      }
    }
  }
  return [...worst.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { condition, alike }]) =>
      alike === targets
        ? { ...condition }
        : { ...condition, message: `${alike} of ${targets} clusters: ${text(condition.message)}` },
    );
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
