import knexFactory, { type Knex } from 'knex';
import * as storage from '../../../migrations/000001-storage.ts';
import * as guards from '../../../migrations/000002-guards.ts';
import * as sealingKeys from '../../../migrations/000003-sealing-keys.ts';
import * as ipAddresses from '../../../migrations/000004-ip-addresses.ts';
import { errorText, isUnavailable } from '../../pg/errors.ts';
import { StorageUnavailable } from '../object-store.ts';

type Migration = { readonly name: string; readonly up: Knex.Migration['up']; readonly down: Knex.Migration['down'] };

/** All migrations, oldest first. A name is for ever. */
const migrations: readonly Migration[] = [
  { name: '000001-storage', up: storage.up, down: storage.down },
  { name: '000002-guards', up: guards.up, down: guards.down },
  { name: '000003-sealing-keys', up: sealingKeys.up, down: sealingKeys.down },
  { name: '000004-ip-addresses', up: ipAddresses.up, down: ipAddresses.down },
];

const source: Knex.MigrationSource<Migration> = {
  getMigrations: () => Promise.resolve([...migrations]),
  getMigrationName: (migration) => migration.name,
  getMigration: (migration) => Promise.resolve({ up: migration.up, down: migration.down }),
};

/** The database can be reached and can never serve: too old, or unable to hold every text. The message says which. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}

const oldestServer = 15;

async function checkServer(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: [{ version: string; encoding: string }] }>(
    "select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding",
  );
  const [{ version, encoding }] = rows;
  const major = Math.floor(Number(version) / 10_000);
  if (major < oldestServer) throw new UnfitDatabase(`it is Postgres ${major}; ${oldestServer} or newer is needed`);
  if (encoding !== 'UTF8') throw new UnfitDatabase(`its encoding is ${encoding}; UTF8 is needed`);
}

/**
 * Brings the database to the schema of this version. Safe to run twice, from several machines at once, and after a run that was killed. Throws
 * `StorageUnavailable` when the database cannot be reached.
 */
export function migrate(databaseUrl: string): Promise<void> {
  return withKnex(databaseUrl, async (knex) => {
    // Our own lock dies with its connection; the one that knex keeps in a table outlives a killed run, and means nothing beside ours.
    await knex.transaction(async (lock) => {
      await lock.raw("select pg_advisory_xact_lock(hashtextextended('atoll:migrate', 0))");
      if ((await appliedNames(knex)) !== undefined) await knex.migrate.forceFreeMigrationsLock();
      await knex.migrate.latest();
    });
  });
}

/** Compares the database's schema with this version's. Throws `StorageUnavailable` when the database cannot be reached, `UnfitDatabase` when it cannot be used. */
export function checkSchema(databaseUrl: string): Promise<'current' | 'behind' | 'ahead' | 'empty'> {
  return withKnex(databaseUrl, async (knex) => {
    await checkServer(knex);
    const applied = await appliedNames(knex);
    if (applied === undefined || applied.length === 0) return 'empty';
    if (applied.some((name) => !migrations.some((known) => known.name === name))) return 'ahead';
    return applied.length < migrations.length ? 'behind' : 'current';
  });
}

/** Names of the migrations that have run; undefined when none ever did. */
async function appliedNames(knex: Knex): Promise<readonly string[] | undefined> {
  if (!(await knex.schema.hasTable('knex_migrations'))) return undefined;
  const rows = await knex<{ name: string }>('knex_migrations').select('name');
  return rows.map((row) => row.name);
}

async function withKnex<T>(databaseUrl: string, use: (knex: Knex) => Promise<T>): Promise<T> {
  const knex = knexFactory({
    client: 'pg',
    connection: { connectionString: databaseUrl, connectionTimeoutMillis: 5000 },
    pool: { min: 0, max: 2 },
    migrations: { migrationSource: source },
    // What goes wrong is thrown; knex would print it as well.
    log: { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} },
  });
  try {
    return await use(knex);
  } catch (error) {
    if (isUnavailable(error)) throw new StorageUnavailable(errorText(error), { cause: error });
    throw error;
  } finally {
    await knex.destroy();
  }
}
