import { ApiError } from '../../apimachinery/errors.ts';
import type { OwnerReference } from '../../apimachinery/object.ts';
import type { LoopbackClient } from '../../client/client.ts';
import type { CachedObject } from '../../storage/object-store.ts';

export type GarbageClient = Pick<LoopbackClient, 'delete' | 'patch'>;

/** Deletes the object if it is still exactly this one; one that is gone is fine. */
export async function deleteExactly(
  client: GarbageClient,
  object: CachedObject,
  propagationPolicy: string,
): Promise<void> {
  const { uid } = object.object.metadata;
  await ignoreGone(
    client.delete(object.key, {
      propagationPolicy,
      preconditions: { ...(uid === undefined ? {} : { uid }), resourceVersion: String(object.revision) },
    }),
  );
}

/** Takes a finalizer away from the object as it was read. */
export async function removeFinalizer(client: GarbageClient, object: CachedObject, finalizer: string): Promise<void> {
  const finalizers = (object.object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  await patchMetadata(client, object, { finalizers });
}

/** Replaces the owner references of the object as it was read. */
export async function setOwners(
  client: GarbageClient,
  object: CachedObject,
  ownerReferences: readonly OwnerReference[],
): Promise<void> {
  await patchMetadata(client, object, { ownerReferences: ownerReferences.length === 0 ? null : ownerReferences });
}

async function patchMetadata(client: GarbageClient, object: CachedObject, metadata: object): Promise<void> {
  const { uid } = object.object.metadata;
  const current = { resourceVersion: String(object.revision), ...(uid === undefined ? {} : { uid }) };
  await ignoreGone(client.patch(object.key, { metadata: { ...current, ...metadata } }));
}

/** Gone is what was wanted; what may not be deleted or changed (a basic namespace) is left as it is. Conflicts are thrown: read again, judge again. */
async function ignoreGone(doing: Promise<unknown>): Promise<void> {
  try {
    await doing;
  } catch (error) {
    if (!(error instanceof ApiError && [403, 404, 405].includes(error.code))) throw error;
  }
}
