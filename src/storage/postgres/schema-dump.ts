import pg from 'pg';

/** Tables of the migration tool, and partitions, which come and go. */
const ours = `c.relnamespace = 'public'::regnamespace and c.relname not like 'knex\\_%' and not c.relispartition`;

const queries = {
  tables: `
    select c.relname as name, c.relkind::text as kind,
      coalesce(array_to_string(c.reloptions, ', '), '') as options,
      coalesce(pg_get_partkeydef(c.oid), '') as partition,
      (select string_agg(format(e'  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          case when a.attcollation <> t.typcollation then ' collate ' || quote_ident(l.collname) else '' end,
          case when a.attidentity = 'a' then ' generated always as identity'
            when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end,
          case when a.attnotnull then ' not null' else '' end), e',\n' order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        left join pg_collation l on l.oid = a.attcollation
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      coalesce((select string_agg(e',\n  ' || pg_get_constraintdef(k.oid), '' order by k.contype, k.conname)
        from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n'), '') as constraints
    from pg_class c where ${ours} and c.relkind in ('r', 'p') order by c.relname`,
  indexes: `
    select pg_get_indexdef(i.indexrelid) as text from pg_index i join pg_class c on c.oid = i.indrelid
    where ${ours} and not exists (select from pg_constraint k where k.conindid = i.indexrelid) order by 1`,
  sequences: `
    select c.relname as name, format_type(s.seqtypid, null) as type from pg_sequence s join pg_class c on c.oid = s.seqrelid
    where ${ours} and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i') order by 1`,
  views: `
    select c.relname as name, pg_get_viewdef(c.oid) as text from pg_class c where ${ours} and c.relkind = 'v' order by 1`,
  functions: `
    select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = 'public'::regnamespace order by p.proname`,
};

type Table = Record<'name' | 'kind' | 'options' | 'partition' | 'columns' | 'constraints', string>;

/** The schema that a database has, as SQL for people to read: the same text for the same schema. */
export async function dumpSchema(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const read = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows;
    const statements: string[] = [];
    for (const { name, type } of await read<{ name: string; type: string }>(queries.sequences)) {
      statements.push(`create sequence ${name} as ${type}`);
    }
    for (const table of await read<Table>(queries.tables)) {
      const partition = table.partition === '' ? '' : ` partition by ${table.partition}`;
      const options = table.options === '' ? '' : ` with (${table.options})`;
      statements.push(`create table ${table.name} (\n${table.columns}${table.constraints}\n)${partition}${options}`);
    }
    for (const { text } of await read<{ text: string }>(queries.indexes)) statements.push(text);
    for (const { text } of await read<{ text: string }>(queries.functions)) statements.push(text.trimEnd());
    for (const { name, text } of await read<{ name: string; text: string }>(queries.views)) {
      statements.push(`create view ${name} as\n${text.replace(/;$/, '')}`);
    }
    return statements.map((statement) => `${statement};\n`).join('\n');
  } finally {
    await client.end();
  }
}
