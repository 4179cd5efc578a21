import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import { digestOf } from '../canonical.ts';

/** The label that tells the ReplicaSets and pods of one template from those of another. */
export const templateHashLabel = 'pod-template-hash';

/** A number for a pod template: equal templates, equal number. */
export function templateHash(deployment: KubeObject): string {
  const digest = digestOf(member(deployment.spec as Json, 'template') ?? {});
  return BigInt(`0x${digest.slice(0, 13)}`)
    .toString(36)
    .slice(0, 10);
}

/** A ReplicaSet as far as a rollout cares. */
export type Generation = {
  readonly name: string;
  readonly current: boolean;
  readonly replicas: number;
  readonly available: number;
};

/**
 * The next replica counts of a Deployment's ReplicaSets, by name: the new one grows as far as `maxSurge` allows, the old ones shrink as far as
 * `maxUnavailable` allows, what is not available first. Repeated as pods come and go, it ends with the new one alone.
 */
export function nextReplicas(deployment: KubeObject, sets: readonly Generation[]): ReadonlyMap<string, number> {
  const desired = desiredReplicas(deployment);
  const next = new Map(sets.map((set) => [set.name, set.replicas]));
  const current = sets.find((set) => set.current);
  if (current === undefined) return next;
  const old = sets.filter((set) => !set.current && set.replicas > 0);
  const { maxSurge, maxUnavailable, recreate } = strategy(deployment, desired);
  const oldTotal = old.reduce((sum, set) => sum + set.replicas, 0);
  if (recreate) {
    for (const set of old) next.set(set.name, 0);
    next.set(current.name, oldTotal > 0 ? Math.min(current.replicas, desired) : desired);
    return next;
  }
  const room = Math.max(0, desired + maxSurge - oldTotal);
  next.set(current.name, current.replicas > desired ? desired : Math.max(current.replicas, Math.min(desired, room)));
  let removable = sets.reduce((sum, set) => sum + set.available, 0) - (desired - maxUnavailable);
  for (const set of old) {
    const idle = Math.max(0, set.replicas - set.available);
    const drop = Math.min(set.replicas - idle, Math.max(0, removable));
    removable -= drop;
    next.set(set.name, set.replicas - idle - drop);
  }
  return next;
}

export function desiredReplicas(object: KubeObject): number {
  const replicas = member(object.spec as Json, 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

function strategy(
  deployment: KubeObject,
  desired: number,
): { maxSurge: number; maxUnavailable: number; recreate: boolean } {
  const given = member(deployment.spec as Json, 'strategy');
  const rolling = member(given, 'rollingUpdate');
  const maxSurge = share(member(rolling, 'maxSurge') ?? '25%', desired, Math.ceil);
  const maxUnavailable = share(member(rolling, 'maxUnavailable') ?? '25%', desired, Math.floor);
  return {
    maxSurge,
    // Both zero would never move.
    maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable,
    recreate: member(given, 'type') === 'Recreate',
  };
}

function share(value: Json, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? Number.parseInt(value, 10) : 0;
  return Number.isNaN(percent) ? 0 : round((total * percent) / 100);
}

/** What a Deployment's status says of its ReplicaSets, with the conditions that `kubectl rollout status` and `kubectl wait` read. */
export function rolloutStatus(deployment: KubeObject, sets: readonly Generation[], now: Date): JsonObject {
  const desired = desiredReplicas(deployment);
  const sum = (list: readonly Generation[], field: 'replicas' | 'available'): number =>
    list.reduce((total, set) => total + set[field], 0);
  const replicas = sum(sets, 'replicas');
  const available = sum(sets, 'available');
  const updated = sum(
    sets.filter((set) => set.current),
    'replicas',
  );
  const { maxUnavailable } = strategy(deployment, desired);
  const complete = updated === desired && replicas === desired && available === desired;
  const enough = available >= desired - maxUnavailable;
  const name = sets.find((set) => set.current)?.name ?? '';
  const counts: JsonObject = {
    replicas,
    updatedReplicas: updated,
    readyReplicas: available,
    availableReplicas: available,
  };
  for (const key of Object.keys(counts)) if (counts[key] === 0) delete counts[key];
  if (desired > available) counts.unavailableReplicas = desired - available;
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...counts,
    conditions: [
      condition(
        deployment,
        'Available',
        enough ? 'True' : 'False',
        enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
        now,
      ),
      condition(
        deployment,
        'Progressing',
        'True',
        complete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        complete ? `ReplicaSet "${name}" has successfully progressed.` : `ReplicaSet "${name}" is progressing.`,
        now,
      ),
    ],
  };
}

function condition(
  deployment: KubeObject,
  type: string,
  status: string,
  reason: string,
  message: string,
  now: Date,
): JsonObject {
  const conditions = member(deployment.status as Json | undefined, 'conditions');
  const old = Array.isArray(conditions)
    ? conditions.find((item): item is JsonObject => isObject(item) && item.type === type)
    : undefined;
  if (old?.status === status && old.reason === reason && old.message === message) return old;
  const time = formatTime(now);
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: time,
    lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? time) : time,
  };
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}
