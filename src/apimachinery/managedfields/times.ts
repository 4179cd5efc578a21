import { deepEqual, type Json, type JsonObject } from '../json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';

/**
 * The managedFields that a write should store: those of `live` when the two objects differ in nothing but the times of their entries, so that a write
 * that changes nothing stays one; else those of `updated`. Both are complete objects, after defaulting and admission.
 */
export function keepTimesOfNoop(updated: KubeObject, live: KubeObject): ManagedFieldsEntry[] | undefined {
  const before = live.metadata.managedFields;
  const after = updated.metadata.managedFields;
  if (before === undefined || after === undefined || before === after) return after;
  if (before.length !== after.length) return after;
  let timesDiffer = false;
  for (let i = 0; i < after.length; i++) {
    const { time: newTime, ...newEntry } = after[i] as ManagedFieldsEntry;
    const { time: oldTime, ...oldEntry } = before[i] as ManagedFieldsEntry;
    if (!deepEqual(newEntry as JsonObject, oldEntry as JsonObject)) return after;
    if (newTime !== oldTime) timesDiffer = true;
  }
  if (!timesDiffer) return after;
  for (const key of new Set([...Object.keys(updated), ...Object.keys(live)])) {
    if (key !== 'metadata' && !deepEqual(updated[key] as Json, live[key] as Json)) return after;
  }
  const { managedFields: _new, ...newMetadata } = updated.metadata;
  const { managedFields: _old, ...oldMetadata } = live.metadata;
  return deepEqual(newMetadata as JsonObject, oldMetadata as JsonObject) ? before : after;
}
