import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';

export type ServerProcess = {
  readonly url: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  readonly kubeconfig: string;
  /** From the start of the process to its greeting. */
  readonly readyMs: number;
  readonly pid: number;
  readonly dataDir: string;
  /** Everything printed so far. */
  output(): string;
  /** SIGTERM and wait; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL and wait. */
  kill(): Promise<void>;
};

const launcher = new URL('../../src/cli/atoll.js', import.meta.url).pathname;

/** Starts `atoll start` as a user would, in a process of its own, on a loopback port (a free one unless given). */
export async function startServerProcess(options: {
  dataDir: string;
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
  port?: number;
}): Promise<ServerProcess> {
  const { dataDir } = options;
  const port = options.port ?? (await freePort());
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      launcher,
      'start',
      '--data-dir',
      dataDir,
      '--listen',
      `127.0.0.1:${port}`,
      '--log-level',
      'warn',
      ...(options.flags ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  const printed = await readyLine(child);
  const readyMs = performance.now() - began;
  const kubeconfig = join(dataDir, 'admin.kubeconfig');
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    url: `https://127.0.0.1:${port}`,
    token: config.users[0].user.token,
    ca: Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString(),
    kubeconfig,
    readyMs,
    pid: child.pid ?? 0,
    dataDir,
    output: printed,
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
  };
}

/** Resolves to a reader of all output once the server has greeted. */
function readyLine(child: ChildProcess): Promise<() => string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes('is ready at')) resolve(() => text);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
