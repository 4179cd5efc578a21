import { setTimeout } from 'node:timers/promises';
import type { Queryable } from '../../pg/connection.ts';
import type { StorageLog } from '../log.ts';
import { extendChanges, oldPartitions } from './statements.ts';

export type MaintenanceOptions = {
  readonly connection: Queryable;
  readonly retentionMs: number;
  readonly log: StorageLog;
};

/** Older history is let go in this many steps per retention time. */
const partitionsPerRetention = 6;
const minPeriodMs = 100;
const maxPeriodMs = 24 * 3600 * 1000;
const maxWaitMs = 60_000;

/**
 * Keeps the change log open ahead of the writes, and drops the partitions that hold nothing younger than the retention time. Runs in one process at a
 * time; nothing breaks when it runs in none for a while (commit_batch makes a partition when there is none).
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #periodMs: number;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    const period = Math.ceil(options.retentionMs / partitionsPerRetention);
    this.#periodMs = Math.max(minPeriodMs, Math.min(maxPeriodMs, period));
  }

  /** Works until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.once();
      const wait = Math.min(maxWaitMs, this.#periodMs / 2);
      await setTimeout(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** One round. */
  async once(): Promise<void> {
    const { connection, retentionMs, log } = this.#options;
    await connection.query(extendChanges, [this.#periodMs]);
    for (const [id] of await connection.query(oldPartitions, [retentionMs])) {
      await this.#drop(Number(id));
      log.debug({ partition: Number(id) }, 'dropped a partition of the change log');
    }
  }

  /**
   * First every reader is told, in a transaction of its own, that the log no longer reaches back that far; then the partition leaves the log without
   * stopping anybody; then it is dropped. Each step may be repeated after a crash.
   */
  async #drop(id: number): Promise<void> {
    const partition = `changes_${id}`;
    await this.#run(`update revision r set oldest = greatest(r.oldest, h.newest)
      from (select shard, max(revision) as newest from ${partition} group by shard) h where h.shard = r.shard`);
    const [attached] = await this.#run(
      `select inhdetachpending from pg_inherits where inhrelid = '${partition}'::regclass and inhparent = 'changes'::regclass`,
    );
    if (attached !== undefined) {
      await this.#run(
        `alter table changes detach partition ${partition} ${attached[0] === 't' ? 'finalize' : 'concurrently'}`,
      );
    }
    await this.#run(`drop table ${partition}`);
    await this.#run(`delete from change_partitions where id = ${id}`);
  }

  #run(text: string): Promise<readonly (readonly (string | null)[])[]> {
    // Unnamed: each text is run once.
    return this.#options.connection.query({ name: '', text }, []);
  }
}
