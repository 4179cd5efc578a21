import { plainArray, textArray } from '../../pg/arrays.ts';
import type { Row, Value } from '../../pg/connection.ts';
import { SerializedObject } from '../cache/serialized.ts';
import { failedGroup, type Failure, isObjectItem, type ObjectItem, ownersOf } from '../group.ts';
import type { ChangeType, ClusterRecord, WriteItem, WriteOutcome } from '../object-store.ts';
import type { StoredChange } from '../ring.ts';
import type { Sealing } from '../sealing.ts';

/** An item that changes an object, with everything that the SQL function needs to know. */
export type PreparedItem = {
  readonly item: ObjectItem;
  readonly cluster: number;
  readonly resource: number;
  /** Text of the default content at this key. */
  readonly base: string | undefined;
  /** What the guard of its cluster must be. */
  readonly guard?: number;
};

/** A cluster that an item creates, with the number reserved for it. */
export type NewCluster = { readonly id: number; readonly record: Omit<ClusterRecord, 'revision' | 'state'> };

/** An atomic group on its way. The maps go from the place of an item in `items`. */
export type PreparedGroup = {
  readonly items: readonly WriteItem[];
  readonly objects: ReadonlyMap<number, PreparedItem>;
  readonly newClusters: ReadonlyMap<number, NewCluster>;
};

/** The groups of one call of commit_batch. */
export type Batch = {
  readonly groups: readonly PreparedGroup[];
  /** The items that change objects, flat, in order. */
  readonly objects: readonly PreparedItem[];
  /** The objects before these changes as far as this process has them; undefined when nobody wants changes. */
  readonly befores: readonly (SerializedObject | undefined)[] | undefined;
};

/** What a batch did. */
export type Settled = {
  /** Per group, per item. */
  readonly outcomes: readonly (readonly WriteOutcome[])[];
  /** The revision before the first change. */
  readonly base: number;
  /** Number of changes to objects. */
  readonly count: number;
  /** The changes, in order; empty when nobody wants them. */
  readonly changes: readonly StoredChange[];
  readonly committedAt: string;
  readonly created: readonly { readonly cluster: NewCluster; readonly revision: number }[];
  readonly deletedClusters: number;
};

/** Numbers of cluster items begin here; object items have smaller ones. */
const clusterItemBase = 1_000_000;
const operations = { create: 'c', update: 'u', delete: 'd' } as const;
const types: Readonly<Record<ObjectItem['op'], ChangeType>> = {
  create: 'ADDED',
  update: 'MODIFIED',
  delete: 'DELETED',
};
const reasons: Readonly<Record<string, Failure['why']>> = {
  1: 'exists',
  2: 'absent',
  3: 'stale',
  4: 'noCluster',
  5: 'outdated',
};

/** The arguments of commit_batch; arrays that would hold nothing go as null. */
export function encodeBatch(shard: number, { groups, objects, befores }: Batch, sealing: Sealing): readonly Value[] {
  const groupNumbers: number[] = [];
  groups.forEach((group, number) => {
    for (let i = 0; i < group.objects.size; i++) groupNumbers.push(number);
  });
  const clusterItems = encodeClusterItems(groups);
  const wants = befores?.map((before, i) => before === undefined && objects[i]?.item.op !== 'create');
  return [
    shard,
    groups.some(({ items }) => items.some((item) => item.op === 'deleteCluster')),
    plainArray(groupNumbers),
    plainArray(objects.map(({ item }) => operations[item.op])),
    plainArray(objects.map(({ cluster }) => cluster)),
    plainArray(objects.map(({ resource }) => resource)),
    textArray(objects.map(({ item }) => item.key.namespace)),
    textArray(objects.map(({ item }) => item.key.name)),
    plainArray(objects.map(({ item }) => (item.op === 'create' ? 0 : item.expected))),
    textArray(objects.map(({ item }) => sealing.seal(item.key, item.text))),
    sparseTextArray(objects.map(({ item }) => ownersText(item))),
    sparseTextArray(objects.map(({ base }) => base ?? null)),
    wants?.includes(true) === true ? plainArray(wants) : null,
    clusterItems.length === 0 ? null : JSON.stringify(clusterItems),
    encodeGuards(objects),
    encodeRaises(objects),
  ];
}

function encodeGuards(objects: readonly PreparedItem[]): string | null {
  return objects.some(({ guard }) => guard !== undefined)
    ? plainArray(objects.map(({ guard = 'null' }) => guard))
    : null;
}

/** Numbers of the items that raise the guard of their cluster. */
function encodeRaises(objects: readonly PreparedItem[]): string | null {
  const numbers: number[] = [];
  objects.forEach(({ item }, place) => {
    if (item.op !== 'delete' && item.raisesGuard === true) numbers.push(place + 1);
  });
  return numbers.length === 0 ? null : plainArray(numbers);
}

function ownersText(item: ObjectItem): string | null {
  const owners = ownersOf(item);
  return owners.length === 0 ? null : owners.join('\u001f');
}

function sparseTextArray(values: readonly (string | null)[]): Buffer | null {
  return values.every((value) => value === null) ? null : textArray(values);
}

function encodeClusterItems(groups: readonly PreparedGroup[]): readonly object[] {
  const encoded: object[] = [];
  groups.forEach((group, grp) => {
    group.items.forEach((item, place) => {
      if (isObjectItem(item)) return;
      const position = { item: clusterItemBase + encoded.length, grp };
      const made = group.newClusters.get(place);
      if (made === undefined) encoded.push({ ...position, op: 'delete', name: item.cluster });
      else {
        const { name, parent, workspace, uid, createdAt } = made.record;
        encoded.push({ ...position, op: 'create', id: made.id, name, parent, workspace, uid, created_at: createdAt });
      }
    });
  });
  return encoded;
}

/** What commit_batch says. It names failures only; what succeeded has consecutive revisions. */
type Answer = {
  readonly base: number;
  readonly deletedClusters: number;
  readonly committedAt: string;
  readonly failures: ReadonlyMap<number, Failure>;
  /** Bodies before the change, by item number. */
  readonly bodies: ReadonlyMap<number, string>;
};

function readAnswer(rows: readonly Row[]): Answer {
  const failures = new Map<number, Failure>();
  const bodies = new Map<number, string>();
  let head = { base: 0, deletedClusters: 0, committedAt: '' };
  for (const [ord, code, revision, body] of rows) {
    const number = Number(ord);
    const why = reasons[code ?? ''];
    if (number === 0) head = { base: Number(revision), deletedClusters: Number(code), committedAt: body ?? '' };
    else if (why !== undefined) failures.set(number, { ok: false, why, current: Number(revision) });
    else if (body != null) bodies.set(number, body);
  }
  return { ...head, failures, bodies };
}

/** Works out the outcome of every item, and the changes that were made. */
export function settleBatch(batch: Batch, rows: readonly Row[], sealing: Sealing): Settled {
  const answer = readAnswer(rows);
  const { base, failures } = answer;
  const created: { cluster: NewCluster; revision: number }[] = [];
  const changes: StoredChange[] = [];
  let revision = base;
  let objectNumber = 0;
  let clusterNumber = clusterItemBase;
  const drafts = batch.groups.map((group) => {
    const numbers = group.items.map((item) => (isObjectItem(item) ? ++objectNumber : clusterNumber++));
    if (numbers.some((number) => failures.has(number))) {
      const own = new Map<number, Failure>();
      numbers.forEach((number, place) => {
        const failure = failures.get(number);
        if (failure !== undefined) own.set(place, failure);
      });
      return failedGroup(group.items.length, own);
    }
    const revisions = group.items.map((item, place) => {
      if (!isObjectItem(item)) return 0;
      revision++;
      const number = numbers[place] ?? 0;
      if (batch.befores !== undefined) {
        const body = answer.bodies.get(number);
        const opened = body === undefined ? undefined : sealing.open(item.key, body);
        changes.push(toChange(item, revision, batch.befores[number - 1], opened));
      }
      return revision;
    });
    for (const cluster of group.newClusters.values()) created.push({ cluster, revision });
    const last = revision;
    return revisions.map(
      (own, place): WriteOutcome => ({
        ok: true,
        revision: own > 0 ? own : group.items[place]?.op === 'createCluster' ? last : Number.POSITIVE_INFINITY,
      }),
    );
  });
  const count = revision - base;
  const end = revision + answer.deletedClusters;
  // Deletions of clusters take their revisions after all objects.
  const outcomes = drafts.map((draft) =>
    draft.some((outcome) => outcome.ok && outcome.revision > end)
      ? draft.map((outcome) => (outcome.ok && outcome.revision > end ? { ...outcome, revision: end } : outcome))
      : draft,
  );
  const { committedAt, deletedClusters } = answer;
  return { outcomes, base, count, changes, committedAt, created, deletedClusters };
}

function toChange(
  item: ObjectItem,
  revision: number,
  known: SerializedObject | undefined,
  body: string | undefined,
): StoredChange {
  const key = item.key;
  const object = new SerializedObject(key, revision, item.text);
  if (item.op === 'create') return { type: 'ADDED', revision, key, object, before: undefined };
  const before = known ?? new SerializedObject(key, item.expected, body ?? '');
  return { type: types[item.op], revision, key, object, before };
}
