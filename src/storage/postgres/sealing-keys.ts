import type { Queryable, Statement } from '../../pg/connection.ts';
import { SealError, type Sealing } from '../sealing.ts';

const announce: Statement = {
  name: 'announce_sealing_key',
  text: 'insert into sealing_keys (id) values ($1) on conflict do nothing',
};
const known: Statement = { name: 'sealing_keys', text: 'select id from sealing_keys order by since, id' };

/** Ids of the keys that something may be sealed with, oldest first. */
export async function announcedKeys(connection: Queryable): Promise<readonly string[]> {
  return (await connection.query(known, [])).map(([id]) => id ?? '');
}

/**
 * Notes with which key this process seals. @throws SealError when something may be sealed with a key that it does not have: every server needs all keys
 * before one of them uses a new one
 */
export async function announceKeys(connection: Queryable, sealing: Sealing): Promise<void> {
  const missing = (await announcedKeys(connection)).filter((id) => !sealing.keyIds.includes(id));
  if (missing.length > 0)
    throw new SealError(
      `objects in the database are encrypted with keys that are not configured (--encryption-key-file): ${missing.join(', ')}`,
    );
  const [own] = sealing.keyIds;
  if (own !== undefined) await connection.query(announce, [own]);
}
