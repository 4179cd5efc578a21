create sequence cluster_ids as integer;

create table change_partitions (
  id integer generated always as identity not null,
  until_at timestamp with time zone not null,
  PRIMARY KEY (id),
  UNIQUE (until_at)
);

create table changes (
  shard smallint not null,
  type "char" not null,
  cluster_id integer not null,
  resource_id integer not null,
  revision bigint not null,
  committed_at timestamp with time zone not null,
  before_revision bigint,
  namespace text collate "C" not null,
  name text collate "C" not null,
  body json,
  before json
) partition by RANGE (committed_at);

create table checkpoints (
  name text collate "C" not null,
  revision bigint not null,
  PRIMARY KEY (name)
);

create table clusters (
  id integer not null,
  parent_id integer not null,
  revision bigint not null,
  created_at timestamp with time zone not null,
  uid uuid not null,
  deleted_as integer default 0 not null,
  shard smallint not null,
  name text collate "C" not null,
  workspace text collate "C" not null,
  guard integer default 0 not null,
  PRIMARY KEY (id),
  UNIQUE (name),
  UNIQUE (parent_id, workspace, deleted_as)
);

create table objects (
  cluster_id integer not null,
  resource_id integer not null,
  revision bigint not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  body json,
  owners text[],
  PRIMARY KEY (cluster_id, resource_id, namespace, name)
) with (fillfactor=90, toast_tuple_target=4080, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);

create table resources (
  id integer generated always as identity not null,
  name text collate "C" not null,
  PRIMARY KEY (id),
  UNIQUE (name)
);

create table revision (
  shard smallint not null,
  name text collate "C" not null,
  value bigint not null,
  oldest bigint not null,
  committed_at timestamp with time zone not null,
  PRIMARY KEY (shard),
  UNIQUE (name)
) with (fillfactor=10);

create table sealing_keys (
  id text not null,
  since timestamp with time zone default clock_timestamp() not null,
  PRIMARY KEY (id)
);

CREATE INDEX changes_in_order ON ONLY public.changes USING btree (shard, revision);

CREATE INDEX changes_of_clusters ON ONLY public.changes USING btree (shard, revision) WHERE (resource_id = 0);

CREATE INDEX changes_of_collection ON ONLY public.changes USING btree (cluster_id, resource_id, revision);

CREATE INDEX clusters_deleting ON public.clusters USING btree (id) WHERE (deleted_as <> 0);

CREATE INDEX objects_owners ON public.objects USING gin (owners) WHERE (owners IS NOT NULL);

CREATE OR REPLACE FUNCTION public.commit_batch(p_shard smallint, p_all_shards boolean, p_group integer[], p_op "char"[], p_cluster integer[], p_resource integer[], p_namespace text[], p_name text[], p_expected bigint[], p_body text[], p_owners text[], p_base text[], p_want boolean[], p_clusters json, p_guard integer[], p_raise integer[])
 RETURNS TABLE(ord integer, code integer, revision bigint, body text)
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
    select * from unnest(p_group, p_op, p_cluster, p_resource, p_namespace, p_name, p_expected, p_body, p_owners, p_base, p_want, p_guard)
      with ordinality as t (grp, op, cluster_id, resource_id, namespace, name, expected, body, owners, base, want, guard, item)
  ), found as materialized (
    select i.*, o.ctid as row_id, o.body as row_body, c.deleted_as = 0 and c.shard = p_shard as live, c.guard as cluster_guard,
      case when o.revision is null then case when i.base is null then 0 else c.revision end
        when o.body is null then 0 else o.revision end as current
    from input i
    left join clusters c on c.id = i.cluster_id
    left join objects o on o.cluster_id = i.cluster_id and o.resource_id = i.resource_id and o.namespace = i.namespace and o.name = i.name
  ), checked as materialized (
    select f.*, case
      when f.live is not true then 4
      when f.guard <> f.cluster_guard then 5
      when f.op = 'c' then case when f.current = 0 then 0 else 1 end
      when f.current = 0 then 2
      when f.current <> f.expected then 3
      else 0 end as verdict
    from found f
  ), failed as materialized (
    select array(select c.grp from checked c where c.verdict <> 0 union select unnest(v_failed)) as groups
  ), good as materialized (
    select c.item, c.op, c.cluster_id, c.resource_id, c.namespace, c.name, c.body::json as body, string_to_array(c.owners, e'') as owners, c.row_id,
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
      select array_agg(c.item) as items, array_agg(c.verdict) as codes, array_agg(case c.verdict when 4 then 0 when 5 then c.cluster_guard else c.current end) as revisions,
        array_agg(case when c.verdict = 0 then coalesce(c.row_body::text, c.base) end) as bodies
      from checked c where c.verdict <> 0 or c.want
    ) t;

  if v_written > 0 then
    update revision r set value = v_base + v_written, committed_at = v_now where r.shard = p_shard;
  end if;

  if p_raise is not null then
    update clusters c set guard = c.guard + 1
      where c.id in (select p_cluster[i] from unnest(p_raise) i where p_group[i] <> all (v_failed));
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
end $function$;

CREATE OR REPLACE FUNCTION public.extend_changes(p_until timestamp with time zone, p_period interval)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$;

create view readable_changes as
 SELECT s.name AS shard,
    h.revision,
    h.committed_at,
        CASE h.type
            WHEN 'A'::"char" THEN 'ADDED'::text
            WHEN 'M'::"char" THEN 'MODIFIED'::text
            WHEN 'D'::"char" THEN 'DELETED'::text
            ELSE 'CLUSTER DELETED'::text
        END AS type,
    COALESCE(c.name, '(purged)'::text) AS cluster,
    COALESCE(r.name, ''::text) AS resource,
    h.namespace,
    h.name,
    h.body,
    h.before,
    h.before_revision
   FROM (((changes h
     JOIN revision s ON ((s.shard = h.shard)))
     LEFT JOIN clusters c ON ((c.id = h.cluster_id)))
     LEFT JOIN resources r ON ((r.id = h.resource_id)));

create view readable_objects as
 SELECT c.name AS cluster,
    c.workspace,
    r.name AS resource,
    o.namespace,
    o.name,
    o.revision,
    o.body
   FROM ((objects o
     JOIN clusters c ON ((c.id = o.cluster_id)))
     JOIN resources r ON ((r.id = o.resource_id)))
  WHERE (o.body IS NOT NULL);
