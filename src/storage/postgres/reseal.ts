import { textArray } from '../../pg/arrays.ts';
import { Connection, type Queryable, type Statement } from '../../pg/connection.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { type Sealing, sealedWith } from '../sealing.ts';
import { announcedKeys, announceKeys } from './sealing-keys.ts';

export type Resealed = {
  /** Objects that were sealed anew. */
  readonly objects: number;
  /** Keys that history still needs; they may go when they are no longer named here. */
  readonly stillNeeded: readonly string[];
};

const pageRows = 200;

const page: Statement = {
  name: 'reseal_page',
  text: `select o.cluster_id, o.resource_id, o.namespace, o.name, o.revision, o.body, c.name, r.name
    from objects o join resources r on r.id = o.resource_id join clusters c on c.id = o.cluster_id
    where r.name = any ($1::text[]) and o.body is not null
      and (o.cluster_id, o.resource_id, o.namespace, o.name) > ($2::integer, $3::integer, $4, $5)
    order by o.cluster_id, o.resource_id, o.namespace, o.name limit $6`,
};

/** A newer state of an object is sealed with the new key anyway. */
const replace: Statement = {
  name: 'reseal_replace',
  text: 'update objects set body = $6 where cluster_id = $1 and resource_id = $2 and namespace = $3 and name = $4 and revision = $5',
};

const inHistory: Statement = {
  name: 'reseal_history',
  text: `select exists (select from changes h where h.resource_id = any (select id from resources where name = any ($1::text[]))
    and (starts_with(h.body::text, $2) or starts_with(h.before::text, $2)))`,
};

const forget: Statement = { name: 'forget_sealing_key', text: 'delete from sealing_keys where id = $1' };

/**
 * Seals what is stored of the given resources with the newest key, in place: no revision changes, and servers may go on meanwhile. Run it when all servers
 * use that key. Safe to repeat. @throws SealError
 */
export async function resealObjects(
  databaseUrl: string,
  sealing: Sealing,
  resources: readonly string[],
): Promise<Resealed> {
  const connection = new Connection({ url: databaseUrl, name: 'atoll rotate' });
  try {
    await announceKeys(connection, sealing);
    const names = textArray(resources);
    const objects = await resealAll(connection, sealing, names);
    const stillNeeded: string[] = [];
    for (const id of await announcedKeys(connection)) {
      if (id === sealing.keyIds[0]) continue;
      const [row] = await connection.query(inHistory, [names, `{"sealed":"${id}"`]);
      if (row?.[0] === 't') stillNeeded.push(id);
      else await connection.query(forget, [id]);
    }
    return { objects, stillNeeded };
  } finally {
    await connection.close();
  }
}

async function resealAll(connection: Queryable, sealing: Sealing, resources: Buffer): Promise<number> {
  let objects = 0;
  let after: readonly [number, number, string, string] = [0, 0, '', ''];
  for (;;) {
    const rows = await connection.query(page, [resources, ...after, pageRows]);
    for (const [cluster, resource, namespace = '', name = '', revision, body, clusterName, resourceName] of rows) {
      const key = {
        cluster: clusterName as ClusterName,
        resource: resourceName ?? '',
        namespace: namespace ?? '',
        name: name ?? '',
      };
      const stored = body ?? '';
      if (sealedWith(stored) === sealing.keyIds[0]) continue;
      const sealed = sealing.seal(key, sealing.open(key, stored));
      const place = [Number(cluster), Number(resource), key.namespace, key.name];
      await connection.query(replace, [...place, Number(revision), sealed]);
      objects++;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageRows) return objects;
    after = [Number(last[0]), Number(last[1]), last[2] ?? '', last[3] ?? ''];
  }
}
