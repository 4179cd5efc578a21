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

/**
 * Throws on groups that no caller should make: empty, the same object or cluster twice, a text that cannot be stored.
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
  if (item === undefined || !isObjectItem(item)) return;
  const { resource, namespace, name } = item.key;
  if (resource === '' || name === '' || name.includes('\0') || namespace.includes('\0') || resource.includes('\0')) {
    throw new Error('an object cannot be stored under this key');
  }
}
