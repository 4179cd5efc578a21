import type { Knex } from 'knex';

/**
 * The storage: ordered revisions, current objects, the change log, the tree of logical clusters.
 * Names are interned (clusters, resources): a key costs 8 bytes instead of 50, twice per write and once per index.
 */
const tables = `
-- One revision order per shard. Its row is locked by every commit from the first check to the end: revisions have no gaps and become visible in order.
create table revision (
  shard smallint primary key,
  name text collate "C" not null unique,
  value bigint not null,
  -- The change log holds every change with a greater revision.
  oldest bigint not null,
  -- Of the last commit; never goes back, whatever the clock does.
  committed_at timestamptz not null
) with (fillfactor = 10);

create sequence cluster_ids as integer;

create table clusters (
  id integer primary key,
  parent_id integer not null,
  -- Revision that created it: the resourceVersion of its default content.
  revision bigint not null,
  created_at timestamptz not null,
  uid uuid not null,
  -- 0 while Active, its own id once Deleting: frees the workspace's name for a new cluster.
  deleted_as integer not null default 0,
  shard smallint not null,
  name text collate "C" not null unique,
  workspace text collate "C" not null,
  unique (parent_id, workspace, deleted_as)
);
create index clusters_deleting on clusters (id) where deleted_as <> 0;

create table resources (
  id integer generated always as identity primary key,
  name text collate "C" not null unique
);

create table objects (
  cluster_id integer not null,
  resource_id integer not null,
  revision bigint not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  -- Null: default content that was deleted.
  body json,
  -- UIDs in metadata.ownerReferences.
  owners text[],
  primary key (cluster_id, resource_id, namespace, name)
) with (fillfactor = 90, toast_tuple_target = 4080, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
create index objects_owners on objects using gin (owners) where owners is not null;

-- Append-only. type: A added, M modified, D deleted, C the logical cluster itself is being deleted (resource_id 0).
create table changes (
  shard smallint not null,
  type "char" not null,
  cluster_id integer not null,
  resource_id integer not null,
  revision bigint not null,
  committed_at timestamptz not null,
  -- Revision and body before the change; null when added.
  before_revision bigint,
  namespace text collate "C" not null,
  name text collate "C" not null,
  body json,
  before json
) partition by range (committed_at);
create index changes_in_order on changes (shard, revision);
create index changes_of_collection on changes (cluster_id, resource_id, revision);
create index changes_of_clusters on changes (shard, revision) where resource_id = 0;

-- The partitions changes_<id> of the change log. The youngest ends in the future.
create table change_partitions (
  id integer generated always as identity primary key,
  until_at timestamptz not null unique
);

create table checkpoints (
  name text collate "C" primary key,
  revision bigint not null
);
`;

const partitions = `
-- Makes partitions of at most p_period each until the change log is open to p_until. Takes no lock that readers or writers wait for.
create function extend_changes(p_until timestamptz, p_period interval) returns void language plpgsql as $$
declare
  v_from timestamptz;
  v_until timestamptz;
  v_id integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('atoll:extend_changes', 0));
  loop
    select max(until_at) into v_from from change_partitions;
    exit when v_from >= p_until;
    v_until := greatest(v_from, date_trunc('minute', clock_timestamp())) + p_period;
    insert into change_partitions (until_at) values (v_until) returning id into v_id;
    -- Compressing what is soon dropped costs more than the space: only what does not fit a page is compressed.
    execute format('create table changes_%s (like changes including storage including compression) with (toast_tuple_target = 8160)', v_id);
    execute format('alter table changes attach partition changes_%s for values from (%L) to (%L)',
      v_id, v_from, v_until);
  end loop;
end $$;
`;

const commit = `
-- Commits a batch of atomic groups, in the order given, in one transaction of its own. Arrays run in parallel, one entry per object item; p_group
-- grows. p_op: c create, u update, d delete. p_base: the body of default content at that key, else null. p_owners: UIDs joined by U+001F.
-- p_clusters: items that create or delete logical clusters, else null.
-- Gives one row with ord 0 (revision: the last before this batch; code: how many clusters were deleted; body: the time of the commit), and one for each
-- item that failed (code; revision: the object's, 0 when absent) or whose former body is wanted (code 0). Items of a group with a failed item are not
-- written; all others have the revisions after the first, in order.
-- Codes: 1 exists, 2 absent, 3 stale, 4 no such cluster.
create function commit_batch(
  p_shard smallint, p_all_shards boolean, p_group integer[], p_op "char"[], p_cluster integer[], p_resource integer[], p_namespace text[],
  p_name text[], p_expected bigint[], p_body text[], p_owners text[], p_base text[], p_want boolean[], p_clusters json
) returns table (ord integer, code integer, revision bigint, body text) language plpgsql
-- The tables may grow a thousandfold while a session keeps its plan: only look-ups by key are ever right.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_base bigint;
  v_now timestamptz;
  v_item record;
  v_code integer;
  v_parent integer;
  v_failed integer[] := '{}';
  v_written integer;
  v_told_ord integer[];
  v_told_code integer[];
  v_told_revision bigint[];
  v_told_body text[];
  v_end bigint;
begin
  if p_all_shards then perform 1 from revision r order by r.shard for update; end if;
  select r.value, greatest(clock_timestamp(), r.committed_at) into strict v_base, v_now from revision r where r.shard = p_shard for update;
  if not exists (select from change_partitions p where p.until_at > v_now) then
    perform extend_changes(v_now + interval '1 minute', interval '10 minutes');
  end if;

  if p_clusters is not null then
    for v_item in select * from json_to_recordset(p_clusters) as t (
      item integer, grp integer, op text, id integer, name text, parent text, workspace text, uid uuid, created_at timestamptz
    ) order by t.item loop
      if v_item.op = 'delete' then
        v_code := case when exists (select from clusters c where c.name = v_item.name and c.deleted_as = 0 and c.parent_id <> 0) then 0 else 4 end;
      else
        select c.id into v_parent from clusters c where c.name = v_item.parent and c.deleted_as = 0;
        v_code := 0;
        if v_parent is null then
          v_code := case when exists (select from clusters c where c.name = v_item.name) then 1 else 4 end;
        else
          insert into clusters (id, parent_id, revision, created_at, uid, shard, name, workspace)
            values (v_item.id, v_parent, v_base, v_item.created_at, v_item.uid, p_shard, v_item.name, v_item.workspace)
            on conflict do nothing;
          if not found then v_code := 1; end if;
        end if;
      end if;
      if v_code <> 0 then
        v_failed := v_failed || v_item.grp;
        return query select v_item.item, v_code, 0::bigint, null::text;
      end if;
    end loop;
  end if;

  with input as materialized (
    select * from unnest(p_group, p_op, p_cluster, p_resource, p_namespace, p_name, p_expected, p_body, p_owners, p_base, p_want)
      with ordinality as t (grp, op, cluster_id, resource_id, namespace, name, expected, body, owners, base, want, item)
  ), found as materialized (
    select i.*, o.ctid as row_id, o.body as row_body, c.deleted_as = 0 and c.shard = p_shard as live,
      case when o.revision is null then case when i.base is null then 0 else c.revision end
        when o.body is null then 0 else o.revision end as current
    from input i
    left join clusters c on c.id = i.cluster_id
    left join objects o on o.cluster_id = i.cluster_id and o.resource_id = i.resource_id and o.namespace = i.namespace and o.name = i.name
  ), checked as materialized (
    select f.*, case
      when f.live is not true then 4
      when f.op = 'c' then case when f.current = 0 then 0 else 1 end
      when f.current = 0 then 2
      when f.current <> f.expected then 3
      else 0 end as verdict
    from found f
  ), failed as materialized (
    select array(select c.grp from checked c where c.verdict <> 0 union select unnest(v_failed)) as groups
  ), good as materialized (
    select c.item, c.op, c.cluster_id, c.resource_id, c.namespace, c.name, c.body::json as body, string_to_array(c.owners, e'\x1f') as owners, c.row_id,
      v_base + row_number() over (order by c.item) as revision,
      case when c.op = 'c' then null else c.current end as before_revision,
      case when c.op = 'c' then null else coalesce(c.row_body, c.base::json) end as before,
      -- A row stays when there is a body, or when it has to hide default content.
      c.op <> 'd' or c.base is not null as keep
    from checked c, failed f where c.grp <> all (f.groups)
  ), inserted as (
    insert into objects (cluster_id, resource_id, revision, namespace, name, body, owners)
      select g.cluster_id, g.resource_id, g.revision, g.namespace, g.name, case when g.op <> 'd' then g.body end, g.owners
      from good g where g.row_id is null and g.keep
  ), updated as (
    update objects o set revision = g.revision, body = case when g.op <> 'd' then g.body end, owners = g.owners
      from good g where o.ctid = g.row_id and g.keep
  ), removed as (
    delete from objects o using good g where o.ctid = g.row_id and not g.keep
  ), logged as (
    insert into changes (shard, type, cluster_id, resource_id, revision, committed_at, before_revision, namespace, name, body, before)
      select p_shard, case g.op when 'c' then 'A'::"char" when 'u' then 'M'::"char" else 'D'::"char" end, g.cluster_id, g.resource_id,
        g.revision, v_now, g.before_revision, g.namespace, g.name, g.body, g.before
      from good g order by g.item
  )
  select (select count(*) from good), (select f.groups from failed f), t.items, t.codes, t.revisions, t.bodies
    into v_written, v_failed, v_told_ord, v_told_code, v_told_revision, v_told_body
    from (
      select array_agg(c.item) as items, array_agg(c.verdict) as codes, array_agg(case when c.verdict = 4 then 0 else c.current end) as revisions,
        array_agg(case when c.verdict = 0 then coalesce(c.row_body::text, c.base) end) as bodies
      from checked c where c.verdict <> 0 or c.want
    ) t;

  if v_written > 0 then
    update revision r set value = v_base + v_written, committed_at = v_now where r.shard = p_shard;
  end if;

  v_end := v_base + v_written;
  if p_clusters is not null then
    for v_item in select * from json_to_recordset(p_clusters) as t (item integer, grp integer, op text, id integer, name text) order by t.item loop
      if v_item.op = 'create' then
        if v_item.grp = any (v_failed) then
          delete from clusters c where c.id = v_item.id;
        else
          update clusters c set revision = v_base + (
            select count(*) from unnest(p_group) g where g <= v_item.grp and g <> all (v_failed)
          ) where c.id = v_item.id;
        end if;
      elsif v_item.grp <> all (v_failed) then
        with recursive below as (
          select c.id from clusters c where c.name = v_item.name and c.deleted_as = 0
          union all
          -- By index, also when statistics say that all clusters have one parent.
          select c.id from below b
            cross join lateral (select c.id from clusters c where c.parent_id = b.id and c.deleted_as = 0 offset 0) c
        ), marked as (
          update clusters c set deleted_as = c.id from below b where c.id = b.id returning c.id, c.shard
        ), logged as (
          insert into changes (shard, type, cluster_id, resource_id, revision, committed_at, namespace, name)
            select m.shard, 'C', m.id, 0, r.value + row_number() over (partition by m.shard order by m.id), v_now, '', ''
            from marked m join revision r on r.shard = m.shard
        )
        update revision r set value = r.value + m.count, committed_at = v_now
          from (select m.shard, count(*) from marked m group by m.shard) m where r.shard = m.shard;
      end if;
    end loop;
    select r.value into v_end from revision r where r.shard = p_shard;
  end if;

  return query select 0, (v_end - v_base - v_written)::integer, v_base, v_now::text;
  if v_told_ord is not null then
    return query select * from unnest(v_told_ord, v_told_code, v_told_revision, v_told_body);
  end if;
end $$;
`;

const views = `
-- For people: the current objects and the change log with names.
create view readable_objects as
  select c.name as cluster, c.workspace, r.name as resource, o.namespace, o.name, o.revision, o.body
  from objects o join clusters c on c.id = o.cluster_id join resources r on r.id = o.resource_id
  where o.body is not null;

create view readable_changes as
  select s.name as shard, h.revision, h.committed_at,
    case h.type when 'A' then 'ADDED' when 'M' then 'MODIFIED' when 'D' then 'DELETED' else 'CLUSTER DELETED' end as type,
    coalesce(c.name, '(purged)') as cluster, coalesce(r.name, '') as resource, h.namespace, h.name, h.body, h.before, h.before_revision
  from changes h join revision s on s.shard = h.shard
  left join clusters c on c.id = h.cluster_id left join resources r on r.id = h.resource_id;
`;

// 0 means "any" to clients, so the first object of all, the root cluster, has revision 1.
const content = `
insert into revision (shard, name, value, oldest, committed_at) values (0, 'root', 1, 1, clock_timestamp());
insert into clusters (id, parent_id, revision, created_at, uid, shard, name, workspace)
  values (nextval('cluster_ids'), 0, 1, date_trunc('second', clock_timestamp()), gen_random_uuid(), 0, 'root', 'root');
insert into change_partitions (until_at) values (date_trunc('minute', clock_timestamp()) + interval '1 minute');
create table changes_1 (like changes including storage including compression) with (toast_tuple_target = 8160);
do $$ begin
  execute format('alter table changes attach partition changes_1 for values from (minvalue) to (%L)', (select until_at from change_partitions));
end $$;
`;

export async function up(knex: Knex): Promise<void> {
  for (const statements of [tables, partitions, commit, views, content]) await knex.schema.raw(statements);
}

export function down(): Promise<void> {
  return Promise.reject(new Error('migrations go forward only; restore a backup to go back'));
}
