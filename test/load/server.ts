import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';

export type BenchServer = {
  readonly url: string;
  readonly token: string;
  readonly ca: string;
  /** From process start to the first answered /readyz. */
  readonly readyMs: number;
  readonly pid: number;
  readonly dataDir: string;
  stop(): Promise<void>;
};

const launcher = new URL('../../src/cli/atoll.js', import.meta.url).pathname;

/** Starts `atoll start` as a user would, in a process of its own, on a free loopback port. */
export async function startBenchServer(dataDir: string, flags: readonly string[] = []): Promise<BenchServer> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [launcher, 'start', '--data-dir', dataDir, '--listen', `127.0.0.1:${port}`, '--log-level', 'warn', ...flags],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await readyLine(child);
  const readyMs = performance.now() - began;
  const config = parse(readFileSync(join(dataDir, 'admin.kubeconfig'), 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  return {
    url: `https://127.0.0.1:${port}`,
    token: config.users[0].user.token,
    ca: Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString(),
    readyMs,
    pid: child.pid ?? 0,
    dataDir,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function readyLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('is ready at')) resolve();
    });
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

export type Memory = { readonly node: number; readonly postgres: number; readonly processes: number };

/** Proportional set size (shared pages divided by their users), in MiB, of a process and its descendants, by program. */
export function memoryOf(root: number): Memory {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = readProc(entry, 'stat');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  let node = 0;
  let postgres = 0;
  let processes = 0;
  const visit = (pid: number): void => {
    const kilobytes = Number(/^Pss:\s+(\d+)/m.exec(readProc(String(pid), 'smaps_rollup'))?.[1] ?? 0);
    if (readProc(String(pid), 'comm').startsWith('postgres')) postgres += kilobytes;
    else {
      node += kilobytes;
      processes++;
    }
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(root);
  return { node: node / 1024, postgres: postgres / 1024, processes };
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
