import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../pg/embedded.ts';
import { migrate } from './postgres/migrate.ts';

/** A database of its own for one test file, migrated. */
export type TestDatabase = {
  readonly url: string;
  /** Drops the database, and stops the server if it was started for it. */
  drop(): Promise<void>;
};

type Server = { readonly url: string; stop(): Promise<void> };

/** The environment variable by which the test runner names a server that all files share. */
const sharedServer = 'ATOLL_TEST_DATABASE_URL';

/**
 * Makes a fresh, migrated database: a copy of a template that the first caller makes. On the server that ATOLL_TEST_DATABASE_URL names, else on one
 * that is started for it, without fsync.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await findServer();
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  try {
    const template = await ensureTemplate(admin, server.url);
    await admin.query(`create database ${name} template ${template}`);
  } finally {
    await admin.end();
  }
  return {
    url: withDatabase(server.url, name),
    drop: async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query(`drop database if exists ${name} with (force)`);
      await client.end();
      await server.stop();
    },
  };
}

async function findServer(): Promise<Server> {
  const shared = process.env[sharedServer];
  if (shared !== undefined && shared !== '') return { url: shared, stop: () => Promise.resolve() };
  const dataDir = await mkdtemp(join(tmpdir(), 'atoll-test-'));
  const server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One template per run: the server does not outlive it. Test files that start at the same moment wait for one another. */
async function ensureTemplate(admin: pg.Client, url: string): Promise<string> {
  const template = 'atoll_test_template';
  await admin.query("select pg_advisory_lock(hashtextextended('atoll:test-template', 0))");
  try {
    const { rows } = await admin.query('select from pg_database where datname = $1 and datistemplate', [template]);
    if (rows.length > 0) return template;
    await admin.query(`drop database if exists ${template} with (force)`);
    await admin.query(`create database ${template}`);
    await migrate(withDatabase(url, template));
    await admin.query(`alter database ${template} with is_template true allow_connections false`);
    return template;
  } finally {
    await admin.query("select pg_advisory_unlock(hashtextextended('atoll:test-template', 0))");
  }
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}
