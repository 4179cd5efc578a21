import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataDirectoryLocked, EmbeddedPostgresError } from './embedded-errors.ts';

/** Which process has a data directory. The start time tells it from a later process with the same number. */
type Owner = { readonly pid: number; readonly started: string; readonly nonce: string };

/** An owner that was told to end, or was killed, takes a moment to be gone. */
const graceMs = 300;

/** When a process began, in whatever form the system has; undefined when there is no such process. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The name, in parentheses, may hold anything; field 3 follows it. A zombie has ended.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
      return `${boot.trim()} ${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes this process the owner of a data directory, which is made when it is not there; gives the release. Throws `DataDirectoryLocked` when a
 * living process owns it. A killed owner
 * leaves its file behind, which then means nothing.
 */
export async function takeOwnership(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, 'owner.json');
  const own: Owner = {
    pid: process.pid,
    started: (await processStart(process.pid)) ?? '',
    nonce: randomUUID(),
  };
  const draft = join(dataDir, `owner.${own.nonce}`);
  try {
    await mkdir(dataDir, { recursive: true });
    await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
  } catch (error) {
    throw new EmbeddedPostgresError(`cannot write to the data directory ${dataDir}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    const patience = performance.now() + graceMs;
    while (!(await linked(draft, file))) {
      const owner = await readOwner(file);
      const alive = owner !== undefined && (await processStart(owner.pid)) === owner.started;
      if (performance.now() > patience) throw new DataDirectoryLocked(dataDir, owner?.pid ?? 0);
      if (alive) {
        await setTimeout(20);
        continue;
      }
      // Move aside what is stale. Another start may have done so meanwhile, and what was moved is its fresh file: that goes back.
      await rename(file, `${draft}.stale`).catch(() => undefined);
      const moved = await readOwner(`${draft}.stale`);
      if (moved !== undefined && moved.nonce !== owner?.nonce) await linked(`${draft}.stale`, file);
      await rm(`${draft}.stale`, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
  await setTimeout(20);
  const owner = await readOwner(file);
  if (owner?.nonce !== own.nonce) throw new DataDirectoryLocked(dataDir, owner?.pid ?? 0);
  return () => rm(file, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    const { pid, started, nonce } = parsed as Partial<Owner>;
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof nonce !== 'string') return undefined;
    return { pid, started, nonce };
  } catch {
    return undefined;
  }
}
