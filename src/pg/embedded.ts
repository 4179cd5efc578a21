import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import {
  type Account,
  dataPath,
  giveTo,
  packagedBinaries,
  reachableBinaries,
  serverAccount,
} from './embedded-account.ts';
import { EmbeddedPostgresError, InitdbFailed } from './embedded-errors.ts';
import { takeOwnership } from './embedded-owner.ts';
import { EmbeddedServer } from './embedded-server.ts';

export { DataDirectoryLocked, EmbeddedPostgresError, InitdbFailed } from './embedded-errors.ts';

export type EmbeddedOptions = {
  readonly dataDir: string;
  /** Takes the server's own log, line by line. */
  readonly log: (line: string) => void;
  /** False: faster, and a crash of the machine loses data. For tests. */
  readonly durable?: boolean;
  /** Where bin/ and lib/ are; the packaged ones by default. */
  readonly native?: string;
};

export type EmbeddedPostgres = {
  /** Connects to the database `atoll`. Holds the password. */
  readonly url: string;
  stop(): Promise<void>;
};

const user = 'atoll';
const database = 'atoll';
/** A socket's path is limited to 107 bytes on Linux, 103 on macOS. */
const maxSocketDirectory = 80;

const childEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Small enough for a laptop, fast enough for thousands of writes a second. */
const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  // A process takes seven, and its queues some more; one process per core.
  max_connections: '200',
  shared_buffers: '64MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '2GB',
  min_wal_size: '128MB',
  checkpoint_timeout: '10min',
  checkpoint_completion_target: '0.9',
  wal_buffers: '16MB',
  max_wal_senders: '2',
  synchronous_commit: 'on',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  io_method: 'sync',
  huge_pages: 'off',
  autovacuum_naptime: '20s',
  log_checkpoints: 'off',
  log_line_prefix: '',
  timezone: 'UTC',
};

/**
 * Starts the packaged Postgres on `<dataDir>/postgres`, made on first use. It listens on a Unix socket that other users cannot reach, ends with this
 * process however that ends, and is started again when it dies. Throws `DataDirectoryLocked`, `InitdbFailed`, `EmbeddedPostgresError`.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const account = serverAccount();
  const release = await takeOwnership(dataDir);
  try {
    const native = await reachableBinaries(options.native ?? packagedBinaries(), account);
    const dataDirectory = join(dataDir, 'postgres');
    const password = await readPassword(join(dataDir, 'postgres.password'));
    await initialize({ native, dataDirectory, account, password });
    await giveTo(dataDirectory, account);
    const sockets = await socketDirectory(dataDir, account);
    const server = new EmbeddedServer({
      native,
      dataDirectory,
      account,
      log: options.log,
      settings: {
        ...settings,
        unix_socket_directories: sockets,
        ...(options.durable === false ? { fsync: 'off', full_page_writes: 'off' } : {}),
      },
    });
    await server.start();
    const urlOf = (name: string): string =>
      `postgres://${user}:${password}@localhost/${name}?host=${encodeURIComponent(sockets)}`;
    await ensureDatabase(urlOf('postgres'));
    return {
      url: urlOf(database),
      stop: async () => {
        await server.stop();
        await rm(sockets, { recursive: true, force: true });
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function readPassword(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known.trim();
  const password = randomBytes(18).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

type Initialization = {
  readonly native: string;
  readonly dataDirectory: string;
  readonly account: Account;
  readonly password: string;
};

/** Makes the data directory when there is none: beside its place first, so that a half-made one is never taken for whole. */
async function initialize({ native, dataDirectory, account, password }: Initialization): Promise<void> {
  const version = await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return assertSameVersion(native, version.trim(), dataDirectory);
  const draft = `${dataDirectory}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (account !== undefined) await chown(draft, account.uid, account.gid);
  const arguments_ = ['-D', dataPath(draft, account), '-U', user, '--auth=scram-sha-256', '--pwfile=/dev/stdin'];
  arguments_.push('--no-sync', '--no-instructions', '-E', 'UTF8', '--locale=C');
  arguments_.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  // Our pipes are sockets, which /dev/stdin cannot open; those of a shell can be.
  const shell = ['-c', 'cat | "$@"', 'sh', join(native, 'bin/initdb'), ...arguments_];
  const { code, errors } = await run('/bin/sh', shell, { account, cwd: draft, input: password });
  if (code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new InitdbFailed(`initdb failed in ${dataDirectory}: ${errors.trim().split('\n').at(-1) ?? code}`);
  }
  await rename(draft, dataDirectory);
}

async function assertSameVersion(native: string, version: string, dataDirectory: string): Promise<void> {
  const { output } = await run(join(native, 'bin/postgres'), ['--version'], {
    account: undefined,
    cwd: '/',
    input: '',
  });
  const own = /\(PostgreSQL\) ([0-9]+)/.exec(output)?.[1];
  if (own === undefined || own === version) return;
  throw new EmbeddedPostgresError(
    `${dataDirectory} was made by Postgres ${version}, and this version of Atoll brings Postgres ${own}`,
  );
}

type Run = { readonly code: number | null; readonly output: string; readonly errors: string };

function run(
  file: string,
  arguments_: readonly string[],
  { account, cwd, input }: { readonly account: Account; readonly cwd: string; readonly input: string },
): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(file, arguments_, { ...account, cwd, env: childEnvironment });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.on('error', (error) => resolve({ code: -1, output, errors: error.message }));
    child.on('close', (code) => resolve({ code, output, errors }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A directory for the socket that only the server's account can enter (and root), with a short path. */
async function socketDirectory(dataDir: string, account: Account): Promise<string> {
  const base = tmpdir().length > maxSocketDirectory - 24 ? '/tmp' : tmpdir();
  const owner = account?.uid ?? process.getuid?.();
  const name = join(base, `atoll-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`);
  await mkdir(name, { mode: 0o700 }).catch(() => undefined);
  const found = await stat(name);
  // Somebody else's directory of that name is left alone.
  const usable = found.isDirectory() && (found.uid === owner || found.uid === process.getuid?.());
  const directory = usable ? name : await mkdtemp(join(base, 'atoll-'));
  await chmod(directory, 0o700);
  if (account !== undefined) await chown(directory, account.uid, account.gid);
  return directory;
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('select from pg_database where datname = $1', [database]);
    if (rows.length === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
