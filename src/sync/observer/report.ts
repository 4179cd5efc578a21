import type { Work, WorkStatus } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import { setCondition } from '../physical/conditions.ts';
import { lastOtherManager, ownedFieldsHash } from '../worker/ownership.ts';

/** More of a status than this is not kept: a physical cluster could report anything. */
const maxObservedBytes = 256 << 10;

/** The part of a copy that says how its workload does; undefined for kinds without status. */
export function observedStatus(object: KubeObject): JsonObject | undefined {
  const status = object.status as Json | undefined;
  if (!isObject(status)) return undefined;
  return JSON.stringify(status).length > maxObservedBytes ? {} : status;
}

/** What somebody who waits for the workload wants to hear of at once: conditions, generations, and whether all replicas are there. */
export function readinessDigest(object: KubeObject): string {
  const status = observedStatus(object) ?? {};
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : [];
  const { replicas = 0, readyReplicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  return JSON.stringify([
    status.observedGeneration ?? 0,
    conditions.map(({ type, status: value, reason }) => [type, value, reason]),
    replicas === readyReplicas && readyReplicas === updatedReplicas && readyReplicas === availableReplicas,
  ]);
}

/** Whether the physical cluster says that somebody took over fields of ours since they were last applied. */
export function hasDrifted({ spec, status }: Work, object: KubeObject): boolean {
  return (
    spec.tombstoneAt === undefined &&
    status?.appliedHash === spec.desiredHash &&
    status.ownedFieldsHash !== undefined &&
    status.ownedFieldsHash !== ownedFieldsHash(object)
  );
}

/** Five reverts within ten minutes make a fight: from then on we strike back every ten minutes only. */
const fightWindowMs = 600_000;
const fightAfter = 5;

/** The status of a Work whose copy somebody else changed: to be applied again, unless that has not helped so far. */
export function driftedStatus(work: Work, object: KubeObject, now: Date): WorkStatus {
  const { appliedHash: _undone, ...status } = work.status ?? {};
  const before = status.drift;
  const recent = before !== undefined && now.getTime() - Date.parse(before.firstObservedTime) < fightWindowMs;
  const drift = {
    count: recent ? before.count + 1 : 1,
    firstObservedTime: recent ? before.firstObservedTime : formatTime(now),
    lastObservedTime: formatTime(now),
    manager: lastOtherManager(object),
  };
  const fighting = drift.count > fightAfter;
  const message = `${drift.manager === '' ? 'somebody' : drift.manager} changed fields that are set in the workspace, ${drift.count} times since ${drift.firstObservedTime}`;
  const condition = { type: 'Drifted', status: 'True', reason: fighting ? 'Fighting' : 'Reverting', message } as const;
  return {
    ...status,
    drift,
    conditions: [...setCondition(status.conditions ?? [], condition, now)],
    ...(fighting
      ? {
          lastError: {
            class: 'Fighting',
            message,
            count: drift.count,
            nextRetry: new Date(now.getTime() + fightWindowMs).toISOString(),
            generation: work.metadata.generation ?? 0,
          },
        }
      : {}),
  };
}

/** The status of a Work whose copy is gone although it is wished: to be applied again. */
export function lostStatus(work: Work): WorkStatus {
  const { appliedHash: _gone, ...status } = work.status ?? {};
  return status;
}
