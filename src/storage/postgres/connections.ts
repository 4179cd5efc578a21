import type pg from 'pg';
import { Connection } from '../../pg/connection.ts';
import { Lane } from '../../pg/lane.ts';

/** The connections of one process, by what they are for: no kind of work waits behind another. All are made on first use. */
export type Connections = {
  /** Look-ups by key. */
  readonly fast: Connection;
  /** The following of the change log. */
  readonly follow: Connection;
  /** Lists and history. */
  readonly bulk: Lane;
  readonly write: Connection;
  readonly upkeep: Connection;
};

/** Every read is a look-up or a walk along an index, at any size of the tables: planning it anew for each value costs more than running it. */
async function prepareReading(client: pg.Client): Promise<void> {
  await client.query('set plan_cache_mode = force_generic_plan; set enable_seqscan = off');
}

/** An acknowledged write is on disk, and a batch sees all batches before it, whatever the server's defaults are. */
async function prepareWriting(client: pg.Client): Promise<void> {
  await client.query("set synchronous_commit = on; set default_transaction_isolation = 'read committed'");
}

/** Somebody's long transaction makes a step of the maintenance wait: then it is tried again in the next round. */
async function prepareUpkeep(client: pg.Client): Promise<void> {
  await client.query("set lock_timeout = '10s'");
}

export function createConnections(url: string): Connections {
  const reading = { url, pipeline: true, onConnect: prepareReading };
  return {
    fast: new Connection({ ...reading, name: 'atoll read' }),
    follow: new Connection({ ...reading, name: 'atoll follow' }),
    bulk: new Lane({ ...reading, name: 'atoll list' }, 2),
    write: new Connection({ url, pipeline: true, name: 'atoll write', onConnect: prepareWriting }),
    upkeep: new Connection({ url, pipeline: true, name: 'atoll maintenance', onConnect: prepareUpkeep }),
  };
}

export async function closeConnections({ fast, follow, bulk, write, upkeep }: Connections): Promise<void> {
  await Promise.all([fast, follow, bulk, write, upkeep].map((connection) => connection.close()));
}
