import type { Work } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { parseClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { pathOf, placedKind } from '../kinds.ts';
import { type PhysicalApi, PhysicalError } from '../physical/api.ts';
import { annotations, labels } from '../vocabulary.ts';
import { readWork } from '../work/work-store.ts';
import { isOurs, sourceOf, sourceUID } from './ownership.ts';

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
  const { api } = input;
  const { spec } = input.work;
  const path = workPath(input.work);
  const live = await api.get(path);
  if (live !== undefined && !(await mayWrite(input, live))) {
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

/**
 * Whether the copy may be written to: it carries this work's name, or is the very object that we wrote last (somebody took its labels), or this control plane
 * made it from the same object for a work that exists no more (the physical cluster was registered anew).
 */
async function mayWrite({ store, controlPlaneUID, name, work }: ApplyInput, live: KubeObject): Promise<boolean> {
  if (isOurs(live, controlPlaneUID, name) || live.metadata.uid === work.status?.copyUID) return true;
  const { labels: given, annotations: said } = live.metadata;
  const { source } = work.spec;
  const from = sourceOf(said);
  if (given?.[labels.controlPlane] !== controlPlaneUID || given[labels.workspace] !== source.workspaceUID) return false;
  if (from?.cluster !== source.cluster || from.namespace !== source.namespace || from.name !== source.name)
    return false;
  const cluster = source.resource === 'namespaces' ? rootCluster : parseClusterName(source.cluster);
  return cluster !== undefined && (await readWork(store, { cluster, name: given[labels.work] ?? '' })) === undefined;
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
