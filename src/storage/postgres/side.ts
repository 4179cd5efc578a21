import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import { Connection } from '../../pg/connection.ts';
import { isUnavailable } from '../../pg/errors.ts';
import type { StorageLog } from '../log.ts';
import { notify, tryLock, unlock } from './statements.ts';

export type SideOptions = {
  readonly url: string;
  readonly log: StorageLog;
  /** Another process has committed to this shard. */
  readonly onNews: (shard: string) => void;
};

const channel = 'atoll';
/** At most one notification of a shard in this time; the first goes at once. */
const debounceMs = 3;
const reconnectMs = 1000;
const lockRetryMs = 1000;

/**
 * The connection beside the traffic: hears of other processes' commits, tells them of ours, and holds the locks by which one process leads. A process
 * tells nothing while it knows of no other: everyone greets when it begins to listen, and is greeted back.
 */
export class Side {
  readonly #options: SideOptions;
  readonly #connection: Connection;
  readonly #self = randomUUID();
  readonly #told = new Map<string, number>();
  readonly #telling = new Map<string, NodeJS.Timeout>();
  readonly #held = new Map<string, AbortController>();
  #alone = true;
  #closed = false;

  constructor(options: SideOptions) {
    this.#options = options;
    this.#connection = new Connection({
      url: options.url,
      name: 'atoll side',
      pipeline: true,
      onConnect: (client) => this.#listen(client),
      onLost: (error) => this.#lost(error),
    });
  }

  /** Begins to listen. Resolves when it does, or after the first failure: then it goes on trying. */
  async start(): Promise<void> {
    await this.#connection.connect().catch((error: unknown) => this.#lost(error));
  }

  /** Tells the other processes that this one has committed to a shard. */
  tell(shard: string): void {
    if (this.#alone || this.#closed || this.#telling.has(shard)) return;
    const wait = (this.#told.get(shard) ?? 0) + debounceMs - performance.now();
    const send = (): void => {
      this.#telling.delete(shard);
      this.#told.set(shard, performance.now());
      this.#say(`${this.#self} ${shard}`);
    };
    this.#telling.set(shard, globalThis.setTimeout(send, Math.max(wait, 0)).unref());
  }

  /** As `ObjectStore.lead`. */
  async lead(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted && !this.#closed) {
      try {
        if (await this.#acquire(name)) await this.#hold(name, signal, run);
      } catch (error) {
        if (!isUnavailable(error)) this.#options.log.error({ err: error, name }, 'a leader failed');
      }
      await setTimeout(lockRetryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#telling.values()) clearTimeout(timer);
    for (const held of this.#held.values()) held.abort();
    await this.#connection.close();
  }

  async #acquire(name: string): Promise<boolean> {
    // The database would grant a second lock to the same session.
    if (this.#held.has(name)) return false;
    this.#held.set(name, new AbortController());
    try {
      const [row] = await this.#connection.query(tryLock, [name]);
      if (row?.[0] === 't') return true;
    } catch (error) {
      this.#held.delete(name);
      throw error;
    }
    this.#held.delete(name);
    return false;
  }

  async #hold(name: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const held = this.#held.get(name) ?? new AbortController();
    try {
      if (!held.signal.aborted) await run(AbortSignal.any([signal, held.signal]));
    } finally {
      this.#held.delete(name);
      if (!held.signal.aborted) await this.#connection.query(unlock, [name]);
    }
  }

  async #listen(client: pg.Client): Promise<void> {
    client.on('notification', ({ payload = '' }) => this.#hear(payload));
    // Notifications and locks are no data: nothing is lost when they are.
    await client.query(`set synchronous_commit = off; listen ${channel}`);
    await client.query(`select pg_notify('${channel}', $1)`, [`${this.#self} ?`]);
  }

  #hear(payload: string): void {
    const space = payload.indexOf(' ');
    if (payload.slice(0, space) === this.#self) return;
    this.#alone = false;
    const what = payload.slice(space + 1);
    if (what === '?') this.#say(`${this.#self} !`);
    else if (what !== '!') this.#options.onNews(what);
  }

  #say(payload: string): void {
    // Others poll as well: a notification that is lost costs them half a second.
    this.#connection.query(notify, [payload]).catch(() => undefined);
  }

  #lost(error: unknown): void {
    for (const held of this.#held.values()) held.abort();
    if (this.#closed) return;
    this.#options.log.warn({ err: error }, 'lost the side connection to the database');
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (!this.#closed) {
      await setTimeout(reconnectMs, undefined, { ref: false });
      if (this.#closed || this.#connection.connected) return;
      try {
        await this.#connection.connect();
        return;
      } catch {
        // The log has said so once; the next attempt follows.
      }
    }
  }
}
