import type { Row } from '../../pg/connection.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { SerializedObject } from '../cache/serialized.ts';
import type { ChangeType, ObjectKey } from '../object-store.ts';
import type { StoredChange } from '../ring.ts';
import type { Sealing } from '../sealing.ts';

type Head = { readonly value: number; readonly oldest: number; readonly committedAt: string };

/** The first three columns of every statement that reads the log. */
export function readHead(rows: readonly Row[]): Head {
  const row = rows[0];
  if (row === undefined) throw new Error('the shard has no row in the table "revision"');
  return { value: Number(row[0]), oldest: Number(row[1]), committedAt: row[2] ?? '' };
}

const types: Readonly<Record<string, ChangeType>> = { A: 'ADDED', M: 'MODIFIED', D: 'DELETED' };

/** Reads the columns that the statements call changeColumns, which begin at the fourth. */
export function readChange(row: Row, cluster: ClusterName, resource: string, sealing: Sealing): StoredChange {
  const key: ObjectKey = { cluster, resource, namespace: row[7] ?? '', name: row[8] ?? '' };
  const revision = Number(row[3]);
  return {
    type: types[row[4] ?? ''] ?? 'MODIFIED',
    revision,
    key,
    object: new SerializedObject(key, revision, sealing.open(key, row[9] ?? '')),
    before: row[11] == null ? undefined : new SerializedObject(key, Number(row[10]), sealing.open(key, row[11])),
  };
}
