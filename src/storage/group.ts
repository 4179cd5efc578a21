import { badRequest } from '../apimachinery/errors.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { ObjectKey, WriteItem, WriteOutcome } from './object-store.ts';

/** An item that changes an object. */
export type ObjectItem = Extract<WriteItem, { readonly key: ObjectKey }>;
/** An item that changes the tree of logical clusters. */
export type ClusterItem = Exclude<WriteItem, ObjectItem>;
export type Failure = Extract<WriteOutcome, { readonly ok: false }>;

export function isObjectItem(item: WriteItem): item is ObjectItem {
  return item.op !== 'createCluster' && item.op !== 'deleteCluster';
}

/** The logical cluster that an item writes to. */
export function clusterOf(item: WriteItem): ClusterName {
  return isObjectItem(item) ? item.key.cluster : item.op === 'createCluster' ? item.cluster.name : item.cluster;
}

/** A key as one string, for maps. NUL is in no name. */
export function keyText({ cluster, resource, namespace, name }: ObjectKey): string {
  return `${cluster}\0${resource}\0${namespace}\0${name}`;
}

/** The outcomes of a group in which some items failed: the others are aborted. */
export function failedGroup(count: number, failures: ReadonlyMap<number, Failure>): readonly WriteOutcome[] {
  return Array.from(
    { length: count },
    (_, index): WriteOutcome => failures.get(index) ?? { ok: false, why: 'aborted', current: 0 },
  );
}

/** Longest namespace and name together, in bytes: an index entry has to fit a third of a database page. */
const maxKeyBytes = 2048;

/**
 * Throws on groups that no caller should make (empty, the same object or cluster twice), and an `ApiError` on keys that a client made up and no store
 * can hold.
 */
export function assertWellFormed(items: readonly WriteItem[]): void {
  if (items.length === 0) throw new Error('an atomic group needs at least one item');
  if (items.length === 1) return assertStorable(items[0]);
  const seen = new Set<string>();
  for (const item of items) {
    assertStorable(item);
    const key = isObjectItem(item) ? keyText(item.key) : `${item.op}\0${clusterOf(item)}`;
    if (seen.has(key)) throw new Error(`an atomic group names ${JSON.stringify(key)} twice`);
    seen.add(key);
  }
}

function assertStorable(item: WriteItem | undefined): void {
  if (item === undefined) return;
  if (isObjectItem(item)) {
    const { resource, namespace, name } = item.key;
    if (resource === '' || name === '') throw new Error('an object needs a resource and a name');
    assertText(namespace, name);
  } else if (item.op === 'createCluster') assertText(item.cluster.name, item.cluster.workspace);
}

function assertText(first: string, second: string): void {
  if (!isStorableText(first) || !isStorableText(second))
    throw badRequest('a name holds characters that cannot be stored');
  const length = first.length + second.length;
  if (length * 3 > maxKeyBytes && Buffer.byteLength(first) + Buffer.byteLength(second) > maxKeyBytes) {
    throw badRequest(`a name is longer than ${maxKeyBytes} bytes`);
  }
}

/** Postgres' text holds any Unicode text without NUL. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Longest UID that anybody is looked up by; real ones have 36 characters. */
const maxOwnerLength = 256;

/** The owners of an item that can be looked for. Clients may write what they like into ownerReferences. */
export function ownersOf(item: ObjectItem): readonly string[] {
  if (item.op === 'delete' || item.owners === undefined) return [];
  return item.owners.filter(
    (uid) => uid.length > 0 && uid.length <= maxOwnerLength && isStorableText(uid) && !uid.includes('\u001f'),
  );
}
