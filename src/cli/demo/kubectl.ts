import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where `kubectl` is on this machine's PATH; undefined when it is not. */
export function findKubectl(path: string): string | undefined {
  for (const directory of path.split(delimiter)) {
    if (directory === '') continue;
    const file = join(directory, 'kubectl');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Runs kubectl and gives what it printed. @throws Error with its stderr when it fails. */
export function runKubectl(
  binary: string,
  kubeconfig: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ['--kubeconfig', kubeconfig, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let printed = '';
    let complaints = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed.trim());
      else reject(new Error(`kubectl ${args.join(' ')}: ${complaints.trim()}`));
    });
    child.stdin.end(input ?? '');
  });
}
