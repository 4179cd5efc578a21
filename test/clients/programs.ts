import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hash } from 'node:crypto';

/** A program that tries a client library out. It prints `VERSION name version`, then `PASS name` or `FAIL name: why` for each thing it tried. */
export type ClientProgram = {
  readonly name: string;
  /** The toolchain's commands: without one of them the program is skipped. */
  readonly needs: readonly string[];
  /** Below this folder. */
  readonly source: string;
  /** Commands that make the program ready, run in a copy of its source. */
  readonly build: readonly (readonly string[])[];
  readonly run: readonly string[];
};

export const programs: readonly ClientProgram[] = [
  {
    name: 'go',
    needs: ['go'],
    source: 'go',
    build: [['go', 'build', '-o', 'program', '.']],
    run: ['./program', 'client-go'],
  },
  {
    name: 'controller-runtime',
    needs: ['go'],
    source: 'go',
    build: [['go', 'build', '-o', 'program', '.']],
    run: ['./program', 'controller-runtime'],
  },
  {
    name: 'python',
    needs: ['python3'],
    source: 'python',
    build: [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', '--requirement', 'requirements.txt'],
    ],
    run: ['venv/bin/python', 'main.py'],
  },
  {
    name: 'java',
    needs: ['mvn', 'java'],
    source: 'java',
    build: [
      [
        'mvn',
        '--quiet',
        '--batch-mode',
        'package',
        'dependency:copy-dependencies',
        '-DoutputDirectory=target/libraries',
      ],
    ],
    run: ['java', '-cp', 'target/classes:target/libraries/*', 'com.example.clients.Main'],
  },
  {
    name: 'rust',
    needs: ['cargo'],
    source: 'rust',
    build: [['cargo', 'build', '--quiet']],
    run: ['target/debug/clients'],
  },
  { name: 'javascript', needs: ['node'], source: 'javascript', build: [], run: [process.execPath, 'main.ts'] },
];

export type Finished = { readonly code: number; readonly output: string };

/** Runs a command to its end; `timeoutMs` kills it. */
export function finish(
  command: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; timeoutMs?: number },
): Promise<Finished> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 1_200_000,
      env: { ...process.env, ...options.env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => resolve({ code: 1, output: `${output}${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The first of the commands that this machine lacks. */
export async function missing({ needs }: ClientProgram): Promise<string | undefined> {
  for (const command of needs) {
    const { code } = await finish(['sh', '-c', `command -v ${command}`], { cwd: '/' });
    if (code !== 0) return command;
  }
  return undefined;
}

const here = new URL('.', import.meta.url).pathname;
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'atoll-clients');

/** Builds a program in the user's cache, unless the same source is built already. Gives its directory, or what the tools said when they failed. */
export async function build(program: ClientProgram): Promise<{ directory: string } | { failure: string }> {
  const source = join(here, program.source);
  if (program.build.length === 0) return { directory: source };
  const directory = join(cache, program.source);
  const listing = await finish(['sh', '-c', 'find . -type f | LC_ALL=C sort | xargs cat'], { cwd: source });
  const fingerprint = hash('sha256', listing.output + JSON.stringify(program.build), 'hex');
  const stamp = join(directory, '.built');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return { directory };
  rmSync(stamp, { force: true });
  mkdirSync(directory, { recursive: true });
  cpSync(source, directory, { recursive: true });
  for (const command of program.build) {
    const { code, output } = await finish(command, { cwd: directory });
    if (code !== 0) return { failure: `${command.join(' ')}: ${output.slice(-2000)}` };
  }
  writeFileSync(stamp, fingerprint);
  return { directory };
}
