import type { Knex } from 'knex';

/** The ids of the encryption keys that stored objects may be sealed with: a server that lacks one of them does not start. */
const table = `
create table sealing_keys (
  id text primary key,
  since timestamptz not null default clock_timestamp()
);
`;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.raw(table);
}

export function down(): Promise<void> {
  return Promise.reject(new Error('migrations go forward only; restore a backup to go back'));
}
