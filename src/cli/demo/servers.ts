import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseKubeconfig } from '../../sync/transport/kubeconfig.ts';

/** A server of this program in a process of its own. */
export type ChildServer = {
  readonly url: string;
  readonly caCertificatePem: string;
  readonly adminToken: string;
  /** Text of the admin's kubeconfig. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
};

const launcher = fileURLToPath(new URL('../atoll.js', import.meta.url));
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const keptOutput = 20_000;

/** Starts `atoll start` on a free loopback port and waits until it is ready. @throws Error with its output when it does not start. */
export async function startChildServer(dataDir: string, flags: readonly string[]): Promise<ChildServer> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      launcher,
      'start',
      '--data-dir',
      dataDir,
      '--listen',
      `127.0.0.1:${port}`,
      '--processes',
      '1',
      '--log-level',
      'warn',
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await ready(child);
  const kubeconfig = await readFile(join(dataDir, 'admin.kubeconfig'), 'utf8');
  const { ca = '', token = '' } = parseKubeconfig(kubeconfig);
  return {
    url: `https://127.0.0.1:${port}`,
    caCertificatePem: ca,
    adminToken: token,
    kubeconfig,
    stop: () => end(child),
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new Error(`the server ${why}:\n${output}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${startTimeoutMs / 1000} s`), startTimeoutMs);
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-keptOutput);
      if (!output.includes('is ready at')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with exit code ${code}`);
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
