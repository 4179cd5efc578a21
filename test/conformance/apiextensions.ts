import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cache, go, release } from './build.ts';
import type { Outcome } from './kubernetes.ts';
import { lineOf, oneLine, type TestResult } from './results.ts';
import { startServerUnderTest } from './server-under-test.ts';

const module = `k8s.io/apiextensions-apiserver@v0${release.slice(1)}`;
/** Tests that open etcd themselves to see what is stored. */
const readEtcd = [
  'TestInvalidObjectMetaInStorage',
  'TestCustomResourceDefaultingOfMetaFields',
  'TestEtcdStorage',
  'TestCBORServingEnablement',
];
/** Tests that turn a feature of their own process off. */
const withoutFeature = ['TestRatchetingDropFields'];
/** The tests make no namespaces, and their own server does not ask for them. */
const flags = ['--disable-admission-plugins', 'NamespaceLifecycle'];

/** One line of `go test -json`. */
type TestEvent = {
  readonly Action: string;
  readonly Test?: string;
  readonly Elapsed?: number;
  readonly Output?: string;
};

/** A copy of the module in the user's cache whose tests get their server from us. */
function copyOfModule(): string {
  const copy = join(cache, 'apiextensions-apiserver');
  if (!existsSync(copy)) {
    const { Dir } = JSON.parse(execFileSync('go', ['mod', 'download', '-json', module]).toString()) as { Dir: string };
    mkdirSync(cache, { recursive: true });
    cpSync(Dir, copy, { recursive: true });
    makeWritable(copy);
  }
  const ours = readFileSync(new URL('apiextensions/server.go', import.meta.url));
  writeFileSync(join(copy, 'test/integration/fixtures/server.go'), ours);
  return copy;
}

function makeWritable(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) makeWritable(path);
    else chmodSync(path, 0o644);
  }
}

/**
 * Runs apiextensions-apiserver's integration tests, each in a logical cluster of its own; subtests count with their test.
 * @throws Error when they cannot be built or the server does not start
 */
export async function runApiExtensions(options: { only?: string; keep: boolean }): Promise<Outcome> {
  const copy = copyOfModule();
  // Its name is the field manager that the tests expect.
  const program = join(cache, 'integration.test');
  go(copy, 'test', '-c', '-o', program, './test/integration');
  const tested = await startServerUnderTest({ keep: options.keep, flags });
  try {
    const caFile = join(tested.directory, 'ca.crt');
    writeFileSync(caFile, tested.server.ca);
    const began = performance.now();
    const child = spawn(
      'go',
      [
        'tool',
        'test2json',
        '-t',
        program,
        '-test.v=test2json',
        '-test.timeout=30m',
        `-test.skip=^(${[...readEtcd, ...withoutFeature].join('|')})$`,
        ...(options.only === undefined ? [] : [`-test.run=${options.only}`]),
      ],
      {
        cwd: join(copy, 'test/integration'),
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ATOLL_URL: tested.server.url, ATOLL_TOKEN: tested.server.token, ATOLL_CA_FILE: caFile },
      },
    );
    const results: TestResult[] = [];
    const said = new Map<string, string>();
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as TestEvent;
      if (event.Test === undefined) continue;
      const [test = ''] = event.Test.split('/');
      if (event.Action === 'output') said.set(test, `${said.get(test) ?? ''}${event.Output ?? ''}`);
      if (event.Test !== test) continue;
      const result = resultOf(test, event, said.get(test) ?? '');
      if (result === undefined) continue;
      console.log(lineOf(result));
      if (result.state === 'failed' && options.keep)
        writeFileSync(join(tested.directory, `${test}.log`), said.get(test) ?? '');
      said.delete(test);
      results.push(result);
    }
    if (options.only === undefined) {
      for (const name of readEtcd) results.push({ name, state: 'skipped', seconds: 0, why: 'reads etcd' });
      const why = 'turns a feature of its own process off';
      for (const name of withoutFeature) results.push({ name, state: 'skipped', seconds: 0, why });
    }
    return { results, seconds: (performance.now() - began) / 1000 };
  } finally {
    await tested.stop();
  }
}

function resultOf(name: string, event: TestEvent, output: string): TestResult | undefined {
  const seconds = event.Elapsed ?? 0;
  if (event.Action === 'pass') return { name, state: 'passed', seconds };
  if (event.Action !== 'fail' && event.Action !== 'skip') return undefined;
  const lines = output.split('\n').filter((line) => /^\s+\w+\.go:\d+: /.test(line));
  return { name, state: event.Action === 'fail' ? 'failed' : 'skipped', seconds, why: oneLine(lines.at(-1) ?? '') };
}
