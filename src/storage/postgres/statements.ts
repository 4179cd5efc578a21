import type { Statement } from '../../pg/connection.ts';

/** Every statement of the storage. Columns come back as text, in the order written. */

const clusterColumns = `c.id, c.name, r.name, coalesce(p.name, ''), c.workspace, c.uid, c.revision,
  to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), c.deleted_as, c.guard`;
const clusterTables =
  'clusters c join revision r on r.shard = c.shard left join clusters p on p.id = c.parent_id and c.parent_id <> 0';

const changeColumns =
  'h.revision, h.type, h.cluster_id, h.resource_id, h.namespace, h.name, h.body, h.before_revision, h.before, h.committed_at';

function statement(name: string, text: string): Statement {
  return { name, text };
}

export const commitBatch = statement(
  'commit_batch',
  'select * from commit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)',
);

export const reserveClusterIds = statement(
  'reserve_cluster_ids',
  "select nextval('cluster_ids') from generate_series(1, $1::int)",
);

/** shard name → number, value, oldest, committed_at. Made when there is none. */
export const openShard = statement(
  'open_shard',
  `with made as (
    insert into revision (shard, name, value, oldest, committed_at)
      select coalesce(max(shard), -1) + 1, $1, 1, 1, clock_timestamp() from revision where not exists (select from revision where name = $1)
      on conflict do nothing returning shard, value, oldest, committed_at
  ) select shard, value, oldest, committed_at from made
    union all select shard, value, oldest, committed_at from revision where name = $1`,
);

export const findResource = statement('find_resource', 'select id from resources where name = $1');

export const makeResource = statement(
  'make_resource',
  'insert into resources (name) values ($1) on conflict (name) do nothing',
);

export const resourceNames = statement('resource_names', 'select id, name from resources where id = any ($1::int[])');

export const clusterByName = statement(
  'cluster_by_name',
  `select ${clusterColumns} from ${clusterTables} where c.name = $1`,
);

export const clustersById = statement(
  'clusters_by_id',
  `select ${clusterColumns} from ${clusterTables} where c.id = any ($1::int[])`,
);

/** A live child hides a deleted one of the same name. */
export const childByWorkspace = statement(
  'child_by_workspace',
  `select ${clusterColumns} from ${clusterTables} where c.parent_id = $1 and c.workspace = $2
    order by c.deleted_as limit 1`,
);

export const childrenAfter = statement(
  'children_after',
  `select distinct on (c.workspace) ${clusterColumns} from ${clusterTables} where c.parent_id = $1 and c.workspace > $2
    order by c.workspace, c.deleted_as limit $3`,
);

export const getObject = statement(
  'get_object',
  'select revision, body from objects where cluster_id = $1 and resource_id = $2 and namespace = $3 and name = $4',
);

/** A whole collection with the revision that it is at, unless it is larger than $4 bytes (then one row with its size). */
export const loadCollection = statement(
  'load_collection',
  `select r.value, s.bytes, o.namespace, o.name, o.revision, o.body
  from revision r
  cross join (select coalesce(sum(pg_column_size(body)), 0) as bytes from objects where cluster_id = $2 and resource_id = $3) s
  left join objects o on o.cluster_id = $2 and o.resource_id = $3 and s.bytes <= $4
  where r.shard = $1
  order by o.namespace, o.name`,
);

/** A page of the current state; with tombstones, because they hide default content. $4: namespace or '' for all. */
export const pageNow = statement(
  'page_now',
  `select r.value, r.oldest, o.namespace, o.name, o.revision, o.body
  from revision r
  left join lateral (
    select namespace, name, revision, body from objects
    where cluster_id = $2 and resource_id = $3 and (namespace, name) > ($5, $6)
    order by namespace, name limit $7
  ) o on true
  where r.shard = $1 and $4 = ''
  union all
  select r.value, r.oldest, o.namespace, o.name, o.revision, o.body
  from revision r
  left join lateral (
    select namespace, name, revision, body from objects
    where cluster_id = $2 and resource_id = $3 and namespace = $4 and (namespace, name) > ($5, $6)
    order by namespace, name limit $7
  ) o on true
  where r.shard = $1 and $4 <> ''
  order by 3, 4`,
);

/**
 * The same as it was at revision $8: what has not changed since, and for what has, the state before its first change since. A null body says that
 * there was nothing at that key, default content neither.
 */
export const pageAt = statement(
  'page_at',
  `with later as materialized (
    select distinct on (h.namespace, h.name) h.namespace, h.name, h.before_revision as revision, h.before as body from changes h
    where h.cluster_id = $2 and h.resource_id = $3 and h.revision > $8 and ($4 = '' or h.namespace = $4)
    order by h.namespace, h.name, h.revision
  )
  select r.value, r.oldest, o.namespace, o.name, o.revision, o.body
  from revision r
  left join lateral (
    (
      select namespace, name, revision, body from objects o
      where cluster_id = $2 and resource_id = $3 and (namespace, name) > ($5, $6) and $4 = '' and revision <= $8
        and not exists (select from later l where l.namespace = o.namespace and l.name = o.name)
      order by namespace, name limit $7
    ) union all (
      select namespace, name, revision, body from objects o
      where cluster_id = $2 and resource_id = $3 and (namespace, name) > ($5, $6) and $4 <> '' and namespace = $4 and revision <= $8
        and not exists (select from later l where l.namespace = o.namespace and l.name = o.name)
      order by namespace, name limit $7
    ) union all (
      select namespace, name, revision, body from later where (namespace, name) > ($5, $6)
    )
    order by namespace, name limit $7
  ) o on true
  where r.shard = $1
  order by o.namespace, o.name`,
);

/** How many objects a collection had behind a key at revision $6, default content at the keys $7 and $8 included. As `pageAt`. */
export const countBehind = statement(
  'count_behind',
  `with later as materialized (
    select distinct on (h.namespace, h.name) h.namespace, h.name, h.before as body from changes h
    where h.cluster_id = $1 and h.resource_id = $2 and h.revision > $6 and ($3 = '' or h.namespace = $3) and (h.namespace, h.name) > ($4, $5)
    order by h.namespace, h.name, h.revision
  )
  select (
    select count(*) from objects o
    where cluster_id = $1 and resource_id = $2 and (namespace, name) > ($4, $5) and ($3 = '' or namespace = $3) and revision <= $6
      and body is not null and not exists (select from later l where l.namespace = o.namespace and l.name = o.name)
  ) + (select count(*) from later where body is not null) + (
    select count(*) from unnest($7::text[], $8::text[]) as d (namespace, name)
    where not exists (select from later l where l.namespace = d.namespace and l.name = d.name) and not exists (
      select from objects o
      where o.cluster_id = $1 and o.resource_id = $2 and o.namespace = d.namespace and o.name = d.name
    )
  )`,
);

/** In the order of cluster names; the cluster's columns first. */
export const everywhere = statement(
  'everywhere',
  `select c.name, o.namespace, o.name, o.revision, o.body
  from clusters c
  cross join lateral (
    select namespace, name, revision, body from objects o
    where o.cluster_id = c.id and o.resource_id = $2 and body is not null
      and (c.name > $3 or (o.namespace, o.name) > ($4, $5))
    order by o.namespace, o.name limit $6
  ) o
  where c.shard = $1 and c.name >= $3
  order by c.name, o.namespace, o.name limit $6`,
);

export const dependents = statement(
  'dependents',
  `select r.name, o.namespace, o.name, o.revision, o.body from objects o join resources r on r.id = o.resource_id
  where o.cluster_id = $1 and o.owners @> array[$2::text] and o.body is not null
  order by r.name, o.namespace, o.name limit $3`,
);

export const countInCluster = statement(
  'count_in_cluster',
  `select r.name, o.count from resources r
  cross join lateral (
    select count(*) from objects where cluster_id = $1 and resource_id = r.id and body is not null
  ) o where o.count > 0`,
);

export const countInNamespace = statement(
  'count_in_namespace',
  `select r.name, o.count from resources r
  cross join lateral (
    select count(*) from objects where cluster_id = $1 and resource_id = r.id and namespace = $2 and body is not null
  ) o where o.count > 0`,
);

/**
 * What a process that watches needs: the newest revision, and the changes after $2 that it does not know itself ($3, a multirange). $4 is the time of
 * the last known commit: older partitions need not be looked at.
 */
export const follow = statement(
  'follow',
  `select r.value, r.oldest, r.committed_at, ${changeColumns}
  from revision r
  left join lateral (
    select * from changes h
    where h.shard = r.shard and h.revision > $2 and h.committed_at >= $4::timestamptz and not (h.revision <@ $3::int8multirange)
    order by h.revision limit $5
  ) h on true
  where r.shard = $1
  order by h.revision`,
);

/** What a process that watches nothing needs: the newest revision, and which clusters were deleted. */
export const followClusters = statement(
  'follow_clusters',
  `select r.value, r.oldest, r.committed_at, h.cluster_id
  from revision r
  left join lateral (
    select h.cluster_id from changes h
    where h.shard = r.shard and h.revision > $2 and h.committed_at >= $3::timestamptz and h.resource_id = 0 limit $4
  ) h on true
  where r.shard = $1`,
);

/**
 * The log, oldest first, as one watch wants it. Which conditions there are is part of the statement's name: each has its own plan. A cluster lives in one
 * shard; naming both would invite a walk over the whole log.
 */
export function history(cluster: boolean, resource: boolean, namespace: boolean): Statement {
  return statement(
    `history_${Number(cluster)}${Number(resource)}${Number(namespace)}`,
    `select r.value, r.oldest, r.committed_at, ${changeColumns}
    from revision r
    left join lateral (
      select * from changes h
      where h.revision > $2 and h.resource_id <> 0
        and ${cluster ? 'h.cluster_id = $4' : 'h.shard = r.shard and $4::int is not null'}
        and ${resource ? 'h.resource_id = $5' : '$5::int is not null'}
        and ${namespace ? 'h.namespace = $6' : '$6::text is not null'}
      order by h.revision limit $3
    ) h on true
    where r.shard = $1
    order by h.revision`,
  );
}

/**
 * Removes up to $1 rows of clusters that are being deleted and have none below them: their objects, and when those are gone, their own. Gives how many.
 */
export const purge = statement(
  'purge',
  `with dead as materialized (
    select c.id from clusters c
    where c.deleted_as <> 0 and not exists (select from clusters below where below.parent_id = c.id)
    order by c.id limit 1000
  ), doomed as materialized (
    select o.row from dead d cross join lateral (select o.ctid as row from objects o where o.cluster_id = d.id offset 0) o limit $1
  ), gone as (
    delete from objects o using doomed where o.ctid = doomed.row returning 1
  ), empty as materialized (
    select d.id from dead d order by d.id limit $1 - (select count(*) from doomed)
  ), finished as (
    delete from clusters c using empty e where c.id = e.id returning 1
  )
  select (select count(*) from gone) + (select count(*) from finished)`,
);

export const readCheckpoint = statement('read_checkpoint', 'select revision from checkpoints where name = $1');

export const writeCheckpoint = statement(
  'write_checkpoint',
  `insert into checkpoints (name, revision) values ($1, $2) on conflict (name) do update set revision = excluded.revision`,
);

export const tryLock = statement('try_lock', "select pg_try_advisory_lock(hashtextextended('atoll:lead:' || $1, 0))");
export const unlock = statement('unlock', "select pg_advisory_unlock(hashtextextended('atoll:lead:' || $1, 0))");
export const notify = statement('notify', "select pg_notify('atoll', $1)");

/** Partitions of $1 milliseconds each, at least two of them ahead. */
export const extendChanges = statement(
  'extend_changes',
  "select extend_changes(clock_timestamp() + $1::bigint * interval '2 ms', $1::bigint * interval '1 ms')",
);

/** Partitions whose every change is older than $1 milliseconds, oldest first. The last one always stays. */
export const oldPartitions = statement(
  'old_partitions',
  `select id from change_partitions
  where until_at < clock_timestamp() - $1::bigint * interval '1 ms' and until_at < (select max(until_at) from change_partitions)
  order by until_at`,
);
