import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import pg from 'pg';
import { startEmbeddedPostgres } from '../pg/embedded.ts';
import { migrate } from './postgres/migrate.ts';

/** A database of its own for one test file, migrated. */
export type TestDatabase = {
  readonly url: string;
  drop(): Promise<void>;
};

/** The environment variable by which the test runner names a server that all files share. */
const sharedServer = 'ATOLL_TEST_DATABASE_URL';

let ownServer: Promise<{ readonly url: string; stop(): Promise<void> }> | undefined;
after(async () => (await ownServer)?.stop());

/**
 * Makes a fresh, migrated database: a copy of a template that the first caller makes. On the server that ATOLL_TEST_DATABASE_URL names, else on one
 * that is started for this process, without fsync, and ends with its tests.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const url = await serverUrl();
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await asAdmin(url, async (admin) => {
    const template = await ensureTemplate(admin, url);
    await admin.query(`create database ${name} template ${template}`);
  });
  return {
    url: withDatabase(url, name),
    drop: () =>
      asAdmin(url, async (admin) => {
        await admin.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

async function serverUrl(): Promise<string> {
  const shared = process.env[sharedServer];
  if (shared !== undefined && shared !== '') return shared;
  return (await (ownServer ??= startServer())).url;
}

async function startServer(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'atoll-test-'));
  const server = await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function asAdmin(url: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

/** One template per schema. Test files that start at the same moment wait for one another. */
async function ensureTemplate(admin: pg.Client, url: string): Promise<string> {
  const schema = await readFile(new URL('../../migrations/000001-storage.ts', import.meta.url));
  const template = `atoll_test_${createHash('sha256').update(schema).digest('hex').slice(0, 12)}`;
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

/** Empties the change log, as if its retention time had passed. */
export async function forgetHistory(url: string): Promise<void> {
  await asAdmin(url, async (admin) => {
    await admin.query('begin; update revision set oldest = value; truncate changes; commit');
  });
}
