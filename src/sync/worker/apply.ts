import type { Work } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { parseClusterName } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { pathOf, placedKind } from '../kinds.ts';
import { type PhysicalApi, PhysicalError } from '../physical/api.ts';
import { annotations } from '../vocabulary.ts';
import { isOurs, sourceUID } from './ownership.ts';

export type ApplyInput = {
  readonly store: ObjectStore;
  readonly api: PhysicalApi;
  readonly controlPlaneUID: string;
  readonly name: string;
  readonly work: Work;
};

/**
 * Makes the copy in the physical cluster say what the work wishes: server-side apply of the user's fields, over nothing or over our own copy only.
 * Applying the same again changes nothing there. Undefined: the Secret that its bytes come from is gone, so the work is about to be retired.
 * @throws PhysicalError
 */
export async function applyWork(input: ApplyInput): Promise<KubeObject | undefined> {
  const { api, controlPlaneUID, name } = input;
  const { spec } = input.work;
  const path = workPath(input.work);
  const live = await api.get(path);
  const proven =
    live !== undefined &&
    (isOurs(live, controlPlaneUID, name) || (live.metadata.uid ?? '') === input.work.status?.copyUID);
  if (live !== undefined && !proven) {
    throw new PhysicalError('Conflict', 409, `${path} exists and is not ours: it is left as it is`);
  }
  if (live?.metadata.deletionTimestamp !== undefined) {
    throw new PhysicalError('NotReady', 409, `${path} is still being deleted`);
  }
  const body = await completeBody(input, live);
  if (body === undefined) return undefined;
  try {
    // Over our own copy we insist (a hand edit of our fields is undone); over nothing we do not, in case somebody was quicker.
    return await api.apply(path, body, { force: live !== undefined });
  } catch (error) {
    const replaced = live !== undefined && sourceUID(live) !== spec.source.uid;
    if (!(error instanceof PhysicalError) || error.class !== 'Invalid' || !replaced) throw error;
    // The tenant deleted and created the object anew, with what cannot be changed in place: so do we.
    await api.remove(path, live.metadata.uid ?? '');
    throw new PhysicalError('NotReady', 409, `${path} is being replaced: ${error.message}`);
  }
}

/** Deletes the copy. True: it is gone, or what is there is not ours. @throws PhysicalError */
export async function removeCopy({ api, controlPlaneUID, name, work }: ApplyInput): Promise<boolean> {
  const path = workPath(work);
  const live = await api.get(path);
  if (live === undefined || !isOurs(live, controlPlaneUID, name)) return true;
  if (live.metadata.deletionTimestamp === undefined) await api.remove(path, live.metadata.uid ?? '');
  const after = await api.get(path);
  return after === undefined || after.metadata.uid !== live.metadata.uid;
}

/** URL path of the copy. */
export function workPath({ spec }: Work): string {
  const kind = placedKind(spec.source.resource);
  return kind.namespaced
    ? pathOf(kind, spec.targetNamespace, spec.source.name)
    : pathOf(kind, '', spec.targetNamespace);
}

async function completeBody(
  { store, work }: ApplyInput,
  live: KubeObject | undefined,
): Promise<JsonObject | undefined> {
  const { desired, desiredHash, source } = work.spec;
  const metadata = isObject(desired.metadata) ? desired.metadata : {};
  const given = isObject(metadata.annotations) ? metadata.annotations : {};
  const body: JsonObject = {
    ...desired,
    metadata: {
      ...metadata,
      annotations: { ...given, [annotations.desiredHash]: desiredHash },
      // With it the server refuses when the object was replaced between our look and our write.
      ...(live?.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
    },
  };
  if (source.resource !== 'secrets') return body;
  const cluster = parseClusterName(source.cluster);
  const secret =
    cluster === undefined
      ? undefined
      : await store.get({ cluster, resource: 'secrets', namespace: source.namespace, name: source.name });
  if (secret === undefined || secret.object.metadata.uid !== source.uid) return undefined;
  const data = secret.object.data as Json | undefined;
  return data === undefined ? body : { ...body, data };
}
