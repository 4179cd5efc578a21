import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeGeneratedSection } from '../support/generated-section.ts';
import { startServerProcess } from '../support/server-process.ts';
import { createWorkspace } from '../support/workspace.ts';
import { build, type ClientProgram, finish, missing, programs } from './programs.ts';

type Tried = {
  readonly program: string;
  readonly version: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped?: string;
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: 'string' },
    token: { type: 'string' },
    ca: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => programs.every((program) => program.name !== name));
if (unknown.length > 0) throw new Error(`there is no program ${unknown.join(', ')}`);
const wanted = programs.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const directory = mkdtempSync(join(tmpdir(), 'atoll-clients-'));
const started = flags.server === undefined ? await startServerProcess({ dataDir: join(directory, 'data') }) : undefined;
const server = started ?? {
  url: flags.server ?? '',
  token: flags.token ?? '',
  ca: flags.ca === undefined ? '' : readFileSync(flags.ca, 'utf8'),
};

async function tryOut(program: ClientProgram): Promise<Tried> {
  const nothing = { program: program.name, version: '', passed: [], failed: [] };
  const lacking = await missing(program);
  if (lacking !== undefined) return { ...nothing, skipped: `no ${lacking} on this machine` };
  const built = await build(program);
  if ('failure' in built) return { ...nothing, failed: [`build: ${built.failure}`] };
  const kubeconfig = join(directory, `${program.name}.kubeconfig`);
  writeFileSync(kubeconfig, await createWorkspace(server, `clients-${program.name}-${Date.now().toString(36)}`), {
    mode: 0o600,
  });
  const { code, output } = await finish(program.run, {
    cwd: built.directory,
    timeoutMs: 300_000,
    env: { KUBECONFIG: kubeconfig, WIDGET_DEFINITION: new URL('widget-definition.yaml', import.meta.url).pathname },
  });
  const lines = output.split('\n');
  const after = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const failed = after('FAIL');
  if (code !== 0 && failed.length === 0) failed.push(`ended with ${code}: ${output.slice(-2000)}`);
  if (code === 0 && after('PASS').length === 0) failed.push('tried nothing');
  return { program: program.name, version: after('VERSION').join(', '), passed: after('PASS'), failed };
}

const results: Tried[] = [];
for (const program of wanted) {
  const tried = await tryOut(program);
  results.push(tried);
  const outcome =
    tried.skipped === undefined
      ? `${tried.passed.length} passed, ${tried.failed.length} failed`
      : `SKIPPED: ${tried.skipped}`;
  console.log(`${tried.program} (${tried.version}): ${outcome}`);
  for (const name of tried.passed) console.log(`  passed  ${name}`);
  for (const why of tried.failed) console.log(`  failed  ${why}`);
}
await started?.stop();
rmSync(directory, { recursive: true, force: true });

const sum = (count: (tried: Tried) => number): number => results.reduce((total, tried) => total + count(tried), 0);
const failures = sum(({ failed }) => failed.length);
console.log(
  `\n${sum(({ passed }) => passed.length)} passed, ${failures} failed, ${sum(({ skipped }) => (skipped === undefined ? 0 : 1))} skipped`,
);
if (flags.report) {
  const rows = results.map(
    ({ version, program, passed, failed, skipped }) =>
      `| ${version === '' ? program : version} | ${skipped === undefined ? `${passed.length} of ${passed.length + failed.length}` : `skipped: ${skipped}`} | ${passed.join('; ')} |`,
  );
  const file = new URL('../../docs/compatibility.md', import.meta.url).pathname;
  writeGeneratedSection(file, 'clients', ['| client | passed | what it does |', '|---|---|---|', ...rows]);
}
process.exitCode = failures === 0 ? 0 : 1;
