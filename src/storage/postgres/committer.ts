import type { Queryable, Row } from '../../pg/connection.ts';
import { isStatementError } from '../../pg/errors.ts';
import type { SerializedObject } from '../cache/serialized.ts';
import { isObjectItem, keyText, type ObjectItem } from '../group.ts';
import { StorageUnavailable, type WriteOutcome } from '../object-store.ts';
import type { Sealing } from '../sealing.ts';
import { type Batch, encodeBatch, type PreparedGroup, type Settled, settleBatch } from './batch.ts';
import { commitBatch } from './statements.ts';

export type CommitterOptions = {
  readonly shard: number;
  readonly sealing: Sealing;
  /** Pipelined: the database begins a batch the moment the one before it is done. */
  readonly connection: Queryable;
  /** True when the changes themselves are wanted, with the state before them. */
  readonly wantsChanges: () => boolean;
  /** The object that an update or delete expects, if this process holds it. */
  readonly findBefore: (item: ObjectItem) => SerializedObject | undefined;
  /** A batch is durable. The callers hear of it once this has resolved. */
  readonly onCommitted: (settled: Settled) => Promise<void> | undefined;
  /** How many items a batch had, and how long the database took. */
  readonly onAnswered: (items: number, seconds: number) => void;
};

type Waiting = {
  readonly group: PreparedGroup;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly resolve: (outcomes: readonly WriteOutcome[]) => void;
  readonly reject: (error: unknown) => void;
};

const maxItems = 128;
const maxBytes = 4 * 1024 * 1024;
const maxWaiting = 20_000;
/** A second batch goes before the first is back when it is worth its own fixed cost. */
const maxUnderWay = 2;
const worthwhile = 24;

/**
 * Group commit: gathers the atomic groups of concurrent callers and commits them together, in one call of one SQL function, which is one transaction.
 * What arrives while a batch is under way makes up the next one; when nothing is under way a batch goes at the end of the tick.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #queue: Waiting[] = [];
  #underWay = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Commits a group; resolves after the commit is durable. Rejects with the connection's error when the outcome is unknown. */
  commit(group: PreparedGroup): Promise<readonly WriteOutcome[]> {
    if (this.#closed) return Promise.reject(new StorageUnavailable('the store is closed'));
    if (this.#queue.length >= maxWaiting) return Promise.reject(new StorageUnavailable('too many writes are waiting'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ group, keys: keysOf(group), bytes: bytesOf(group), resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#pump();
      });
    });
  }

  /** Rejects what waits; what is under way ends by itself. */
  close(): void {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(new StorageUnavailable('the store is closed'));
  }

  #pump(): void {
    while (this.#queue.length > (this.#underWay === 0 ? 0 : worthwhile - 1) && this.#underWay < maxUnderWay) {
      void this.#send(this.#takeBatch());
    }
  }

  /** The waiting groups that fit, in order; groups that touch a key of an earlier one stay for the next batch. */
  #takeBatch(): readonly Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    const keys = new Set<string>();
    let items = 0;
    let bytes = 0;
    let full = false;
    for (const waiting of this.#queue) {
      full ||= items > 0 && (items + waiting.group.items.length > maxItems || bytes + waiting.bytes > maxBytes);
      const repeats = !full && waiting.keys.some((key) => keys.has(key));
      if (full || repeats) left.push(waiting);
      else {
        taken.push(waiting);
        items += waiting.group.items.length;
        bytes += waiting.bytes;
      }
      if (!full) for (const key of waiting.keys) keys.add(key);
    }
    this.#queue = left;
    return taken;
  }

  async #send(waiting: readonly Waiting[]): Promise<void> {
    const batch = this.#assemble(waiting);
    try {
      const settled = settleBatch(batch, await this.#ask(batch), this.#options.sealing);
      await this.#options.onCommitted(settled);
      waiting.forEach(({ resolve }, number) => resolve(settled.outcomes[number] ?? []));
    } catch (error) {
      // The statement itself failed: nothing was committed, and one group is to blame. The others must not suffer for it.
      if (waiting.length > 1 && isStatementError(error)) for (const one of waiting) await this.#send([one]);
      else for (const { reject } of waiting) reject(error);
    }
  }

  async #ask(batch: Batch): Promise<readonly Row[]> {
    const began = performance.now();
    this.#underWay++;
    try {
      return await this.#options.connection.query(
        commitBatch,
        encodeBatch(this.#options.shard, batch, this.#options.sealing),
      );
    } finally {
      this.#underWay--;
      this.#options.onAnswered(batch.objects.length, (performance.now() - began) / 1000);
      this.#pump();
    }
  }

  #assemble(waiting: readonly Waiting[]): Batch {
    const groups = waiting.map(({ group }) => group);
    const objects = groups.flatMap((group) => [...group.objects.values()]);
    const befores = this.#options.wantsChanges()
      ? objects.map(({ item }) => {
          const known = item.op === 'create' ? undefined : this.#options.findBefore(item);
          return item.op !== 'create' && known?.revision === item.expected ? known : undefined;
        })
      : undefined;
    return { groups, objects, befores };
  }
}

function keysOf({ items }: PreparedGroup): readonly string[] {
  return items.flatMap((item) => {
    if (isObjectItem(item)) return [keyText(item.key)];
    if (item.op === 'deleteCluster') return [`cluster\0${item.cluster}`];
    const { name, parent, workspace } = item.cluster;
    return [`cluster\0${name}`, `workspace\0${parent}\0${workspace}`];
  });
}

function bytesOf({ objects }: PreparedGroup): number {
  let bytes = 0;
  for (const { item, base } of objects.values()) bytes += item.text.length + (base?.length ?? 0);
  return bytes;
}
