import { ApiError } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { LoopbackClient, ObjectRef } from '../../client/client.ts';
import type { StoredWork } from '../work/work-store.ts';
import { syncFinalizer } from '../vocabulary.ts';

export function hasSyncFinalizer({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(syncFinalizer) ?? false;
}

/** Makes the deletion of `object` wait until its copies are gone. @throws ApiError when it changed or went meanwhile. */
export async function addSyncFinalizer(client: LoopbackClient, ref: ObjectRef, object: KubeObject): Promise<void> {
  await setFinalizers(client, ref, object, [...(object.metadata.finalizers ?? []), syncFinalizer]);
}

/** Lets the deletion go on. An object that is gone already is fine. */
export async function removeSyncFinalizer(client: LoopbackClient, ref: ObjectRef, object: KubeObject): Promise<void> {
  try {
    const rest = (object.metadata.finalizers ?? []).filter((name) => name !== syncFinalizer);
    await setFinalizers(client, ref, object, rest);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}

async function setFinalizers(
  client: LoopbackClient,
  ref: ObjectRef,
  { metadata: { uid, resourceVersion } }: KubeObject,
  finalizers: readonly string[],
): Promise<void> {
  await client.patch(ref, { metadata: { uid, resourceVersion, finalizers } });
}

/**
 * How long works still hold back the deletion of their object, in milliseconds from now: 0 when none does. A work whose physical cluster has not
 * confirmed within `deadlineMs` stops counting; its row stays until the cluster can be asked.
 */
export function holdsBackMs(works: readonly StoredWork[], now: Date, deadlineMs: number): number {
  let wait = 0;
  for (const { work } of works) {
    const since = work.spec.tombstoneAt === undefined ? now.getTime() : Date.parse(work.spec.tombstoneAt);
    wait = Math.max(wait, since + deadlineMs - now.getTime());
  }
  return wait;
}
