import { randomUUID } from 'node:crypto';
import { placementApiVersion } from '../../api/placement.atoll.dev/v1alpha1/group.ts';
import {
  type Work,
  type WorkSpec,
  type WorkStatus,
  worksResource,
} from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { deepEqual } from '../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import { type ClusterName, parseClusterName } from '../../logicalcluster/name.ts';
import type { CachedObject, ObjectKey, ObjectStore, WriteItem } from '../../storage/object-store.ts';
import { storedText } from '../../storage/serialized-object.ts';

/** Names one Work: in which logical cluster its row lies, and the row. */
export type WorkKey = { readonly cluster: ClusterName; readonly name: string };

/** A Work as it was read: frozen; `revision` is what an update must expect. */
export type StoredWork = { readonly key: WorkKey; readonly revision: number; readonly work: Work };

/** `<cluster>/<name>`: the key under which queues know a Work. */
export function formatWorkKey({ cluster, name }: WorkKey): string {
  return `${cluster}/${name}`;
}

/** @throws Error when `text` is no work key. */
export function parseWorkKey(text: string): WorkKey {
  const slash = text.indexOf('/');
  const cluster = parseClusterName(text.slice(0, slash));
  if (slash < 0 || cluster === undefined) throw new Error(`${JSON.stringify(text)} is no work key`);
  return { cluster, name: text.slice(slash + 1) };
}

export function workObjectKey({ cluster, name }: WorkKey): ObjectKey {
  return { cluster, resource: worksResource, namespace: '', name };
}

export function toStoredWork(object: CachedObject): StoredWork {
  return {
    key: { cluster: object.key.cluster, name: object.key.name },
    revision: object.revision,
    work: object.object as Work,
  };
}

/** The Work as it is now; undefined when there is none (any more). */
export async function readWork(store: ObjectStore, key: WorkKey): Promise<StoredWork | undefined> {
  const object = await store.get(workObjectKey(key));
  return object === undefined ? undefined : toStoredWork(object);
}

/** Every Work of a logical cluster, as of now. */
export async function listWorks(store: ObjectStore, cluster: ClusterName): Promise<readonly StoredWork[]> {
  const { items } = await store.list({ cluster, resource: worksResource, at: { mode: 'fresh' } });
  return items.map(toStoredWork);
}

const pageSize = 500;

/** Every Work of every logical cluster, page by page; what changes meanwhile may or may not be seen. */
export async function* allWorks(store: ObjectStore): AsyncGenerator<StoredWork> {
  let after: ObjectKey | undefined;
  for (;;) {
    const page = await store.listEverywhere({
      resource: worksResource,
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const object of page) yield toStoredWork(object);
    if (page.length < pageSize) return;
    after = page.at(-1)?.key;
  }
}

/** The write that creates a Work; it fails when the name is taken. */
export function createWorkItem(key: WorkKey, spec: WorkSpec, now: Date): WriteItem {
  const work: KubeObject = {
    apiVersion: placementApiVersion,
    kind: 'Work',
    metadata: { name: key.name, uid: randomUUID(), generation: 1, creationTimestamp: formatTime(now) },
    spec: spec,
  };
  return { op: 'create', key: workObjectKey(key), text: storedText(work) };
}

/** The write that changes what is wished, over the Work as it was read. */
export function updateSpecItem({ key, revision, work }: StoredWork, spec: WorkSpec): WriteItem {
  const next = {
    ...work,
    metadata: { ...work.metadata, generation: (work.metadata.generation ?? 0) + 1 },
    spec,
  };
  return { op: 'update', key: workObjectKey(key), expected: revision, text: storedText(next) };
}

export function deleteWorkItem({ key, revision, work }: StoredWork): WriteItem {
  return { op: 'delete', key: workObjectKey(key), expected: revision, text: storedText(work) };
}

/** Tries of a compare-and-set before the caller's queue has to come again. */
const maxTries = 10;

/**
 * Changes what is known of a Work. `change` gets the Work as it is now and gives its new status, or undefined to leave it. Gives the Work as it is
 * afterwards; undefined when it is gone.
 * @throws Error when others keep changing it.
 */
export async function updateWorkStatus(
  store: ObjectStore,
  key: WorkKey,
  change: (work: Work) => WorkStatus | undefined,
): Promise<StoredWork | undefined> {
  for (let i = 0; i < maxTries; i++) {
    const stored = await readWork(store, key);
    if (stored === undefined) return undefined;
    const status = change(stored.work);
    if (status === undefined || deepEqual(status, stored.work.status ?? {})) {
      return stored;
    }
    const next = { ...stored.work, status };
    const [outcome] = await store.commit([
      { op: 'update', key: workObjectKey(key), expected: stored.revision, text: storedText(next) },
    ]);
    if (outcome?.ok) return { key, revision: outcome.revision, work: next as Work };
    if (outcome?.why !== 'stale') return undefined;
  }
  throw new Error(`work ${formatWorkKey(key)} changes too fast`);
}

/** Removes a Work's row; true when it is gone, false when somebody changed it meanwhile. */
export async function removeWork(store: ObjectStore, stored: StoredWork): Promise<boolean> {
  const [outcome] = await store.commit([deleteWorkItem(stored)]);
  return outcome !== undefined && (outcome.ok || outcome.why === 'absent' || outcome.why === 'noCluster');
}

/** Whether something remains to be done in the physical cluster. */
export function isPending({ spec, status }: Work): boolean {
  return spec.tombstoneAt !== undefined || status?.appliedHash !== spec.desiredHash;
}
