import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { type Account, dataPath } from './embedded-account.ts';
import { EmbeddedPostgresError } from './embedded-errors.ts';
import { processStart } from './embedded-owner.ts';

export type ServerOptions = {
  readonly native: string;
  readonly dataDirectory: string;
  readonly account: Account;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
};

const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const restartMs = 200;
const keptLines = 20;

/**
 * Runs Postgres under a shell that waits for the end of its input, which this process holds: when this process dies, however it dies, the shell tells
 * Postgres to shut down. A session of its own keeps a terminal's Ctrl-C away from it.
 */
const guard = `exec 3<&0
"$@" </dev/null & server=$!
(cat <&3 >/dev/null; kill -INT $server) & watcher=$!
wait $server; code=$?
kill $watcher 2>/dev/null
exit $code`;

/** One Postgres server on a data directory; started again when it dies by itself. */
export class EmbeddedServer {
  readonly #options: ServerOptions;
  readonly #lastLines: string[] = [];
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(0);
  #stopping = false;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Resolves when the server accepts connections. */
  async start(): Promise<void> {
    await this.#stopOrphan();
    await this.#launch();
  }

  /** Shuts down: running transactions are rolled back, everything committed is on disk. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined) return;
    child.stdin?.end();
    const late = setTimeout(stopTimeoutMs, 'late', { ref: false });
    if ((await Promise.race([this.#exited, late])) !== 'late') return;
    const pid = await this.#postmasterPid();
    // Immediate shutdown: the next start recovers from the log.
    if (pid !== undefined) signal(pid, 'SIGQUIT');
    await this.#exited;
  }

  async #launch(): Promise<void> {
    const { native, dataDirectory, account, settings, log } = this.#options;
    const server = [join(native, 'bin/postgres'), '-D', dataPath(dataDirectory, account)];
    for (const [name, value] of Object.entries(settings)) server.push('-c', `${name}=${value}`);
    const child = spawn('/bin/sh', ['-c', guard, 'sh', ...server], {
      ...account,
      cwd: dataDirectory,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      child.on('exit', resolve);
      child.on('error', () => resolve(-1));
    });
    const ready = new Promise<'ready'>((resolve) => {
      createInterface(child.stderr).on('line', (line) => {
        this.#lastLines.push(line);
        if (this.#lastLines.length > keptLines) this.#lastLines.shift();
        log(line);
        if (line.includes('database system is ready to accept connections')) resolve('ready');
      });
    });
    const outcome = await Promise.race([ready, this.#exited, setTimeout(startTimeoutMs, 'late', { ref: false })]);
    if (outcome === 'ready') {
      void this.#exited.then((code) => this.#died(code));
      return;
    }
    this.#stopping = true;
    child.stdin.end();
    throw new EmbeddedPostgresError(`the embedded Postgres did not start: ${this.#reason()}`);
  }

  async #died(code: number | null): Promise<void> {
    for (let wait = restartMs; !this.#stopping; wait = Math.min(wait * 2, 10_000)) {
      this.#options.log(`the embedded Postgres ended (${code}); starting it again`);
      await setTimeout(wait, undefined, { ref: false });
      if (this.#stopping) return;
      try {
        return await this.start();
      } catch (error) {
        this.#stopping = false;
        this.#options.log(String(error));
      }
    }
  }

  #reason(): string {
    const fatal = this.#lastLines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? this.#lastLines.at(-1) ?? '';
    return fatal.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '');
  }

  /** A server whose Atoll was killed may still be shutting down, or live on: it has to end before the next begins. */
  async #stopOrphan(): Promise<void> {
    const pid = await this.#postmasterPid();
    if (pid === undefined) return;
    this.#options.log(`stopping the Postgres (process ${pid}) that an earlier run left behind`);
    signal(pid, 'SIGINT');
    if (await this.#ends(pid, 10_000)) return;
    signal(pid, 'SIGQUIT');
    if (await this.#ends(pid, 5000)) return;
    signal(pid, 'SIGKILL');
    if (await this.#ends(pid, 5000)) return;
    throw new EmbeddedPostgresError(`Postgres process ${pid} on ${this.#options.dataDirectory} does not end`);
  }

  /** The living server of the data directory, if there is one. */
  async #postmasterPid(): Promise<number | undefined> {
    const text = await readFile(join(this.#options.dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
    const [first = '', , third = ''] = text.split('\n');
    const pid = Number.parseInt(first, 10);
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
    return (await isPostmaster(pid, Number(third))) ? pid : undefined;
  }

  async #ends(pid: number, withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (performance.now() < until) {
      if ((await processStart(pid)) === undefined) return true;
      await setTimeout(20);
    }
    return false;
  }
}

/** The number may long belong to another process: only a Postgres server that began when the file says is ours. */
async function isPostmaster(pid: number, started: number): Promise<boolean> {
  if ((await processStart(pid)) === undefined) return false;
  if (process.platform !== 'linux') return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return Number.isFinite(started) && /(^|\/)postgres\0/.test(command);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
