import type { PlacementDecision } from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import type { Work } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { formatTime } from '../../apimachinery/object.ts';

/** The condition by which a tenant learns that something keeps a workload from running; absent when nothing does. */
const syncedType = 'Synced';

/** A cluster that does not answer is worth a word after so many tries. */
const patience = 3;
/** Errors that the tenant can do something about, or has to know. */
const tellable: ReadonlySet<string> = new Set(['Invalid', 'Forbidden', 'Conflict', 'Quota', 'Fighting']);

export type Trouble = { readonly reason: string; readonly message: string };

/** What is wrong with a workload, in words that name no physical cluster. */
export function troubleOf(
  works: readonly Work[],
  decision: PlacementDecision['spec'] | undefined,
): Trouble | undefined {
  const unsatisfied = decision?.unsatisfied ?? [];
  if (decision !== undefined && unsatisfied.length > 0) {
    if (decision.decisions.length > 0) return { reason: 'Unsatisfied', message: unsatisfied.join('; ') };
    return { reason: 'NoClusterFits', message: `no physical cluster can take it${countReasons(decision)}` };
  }
  for (const { spec, status } of works) {
    const error = status?.lastError;
    if (error === undefined) continue;
    if (tellable.has(error.class)) {
      return { reason: error.class, message: error.message.replaceAll(spec.targetNamespace, spec.source.namespace) };
    }
    if (error.count >= patience)
      return { reason: 'Unreachable', message: 'the cluster that it goes to does not answer' };
  }
  return undefined;
}

/** `: Ready 2, Taints 1`: which rules refused, and how many clusters each. */
function countReasons({ explanation }: PlacementDecision['spec']): string {
  const counts = new Map<string, number>();
  for (const { reason } of explanation) {
    const [plugin = ''] = reason.split(':', 1);
    counts.set(plugin, (counts.get(plugin) ?? 0) + 1);
  }
  const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([plugin, count]) => `${plugin} ${count}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** `status` with the condition that tells of the trouble, or without it when there is none. Times stay while it stays the same. */
export function withTrouble(
  status: JsonObject,
  trouble: Trouble | undefined,
  previous: JsonObject,
  now: Date,
): JsonObject {
  const others = conditionsOf(status).filter((condition) => !isSynced(condition));
  if (trouble === undefined) {
    if (status.conditions === undefined || others.length > 0)
      return { ...status, ...(others.length > 0 ? { conditions: others } : {}) };
    const { conditions: _none, ...rest } = status;
    return rest;
  }
  const time = formatTime(now);
  const old = conditionsOf(previous).find(isSynced);
  const same = isObject(old) && old.reason === trouble.reason && old.message === trouble.message;
  const condition = same
    ? old
    : { type: syncedType, status: 'False', ...trouble, lastUpdateTime: time, lastTransitionTime: time };
  return { ...status, conditions: [...others, condition] };
}

function conditionsOf(status: JsonObject): readonly Json[] {
  return Array.isArray(status.conditions) ? status.conditions : [];
}

function isSynced(condition: Json): boolean {
  return isObject(condition) && condition.type === syncedType;
}
