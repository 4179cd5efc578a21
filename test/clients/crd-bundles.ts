import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeGeneratedSection } from '../support/generated-section.ts';
import { clientBinaries, runClient } from '../support/kubectl.ts';
import { startServerProcess } from '../support/server-process.ts';
import { createWorkspace } from '../support/workspace.ts';
import { type BundleFiles, bundleFiles, type Manifest } from './bundle-files.ts';
import { type Bundle, bundles } from './bundles.ts';
import { differences, onlyOrder, withoutChance } from './outputs.ts';

/** What came of a step: how many objects were taken, of how many; and its output, for the comparison. */
type Step = { readonly title: string; readonly done: number; readonly of: number; readonly lines: readonly string[] };

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mirrors: { type: 'string' },
    stock: { type: 'string' },
    report: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
});
const wanted = bundles.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const directory = mkdtempSync(join(tmpdir(), 'atoll-bundles-'));
const { kubectl } = clientBinaries();

async function run(
  kubeconfig: string,
  args: readonly string[],
  objects?: readonly Manifest[],
): Promise<{ lines: string[]; code: number }> {
  const input = objects?.map((object) => JSON.stringify(object)).join('\n---\n');
  const home = `${kubeconfig}.home`;
  const { code, stdout, stderr } = await runClient(kubectl, ['--kubeconfig', kubeconfig, ...args], {
    ...(input === undefined ? {} : { input }),
    timeoutMs: 300_000,
    env: { HOME: home },
  });
  // A value of the wrong type is the client's mistake here (400); stock says 500 with the same text.
  const text = withoutChance(`${stdout}${stderr}`, '\0').replaceAll(
    ' (BadRequest): failed to create typed',
    ': failed to create typed',
  );
  return { code, lines: text.split('\n').filter(Boolean) };
}

async function apply(
  kubeconfig: string,
  title: string,
  args: readonly string[],
  objects: readonly Manifest[],
): Promise<Step> {
  if (objects.length === 0) return { title, done: 0, of: 0, lines: [] };
  const { lines } = await run(kubeconfig, ['apply', ...args, '-f', '-'], objects);
  const done = lines.filter((line) => / (created|configured|unchanged|serverside-applied)$/.test(line)).length;
  return { title, done, of: objects.length, lines: lines.toSorted() };
}

async function each(
  kubeconfig: string,
  title: string,
  kinds: readonly string[],
  args: (kind: string) => string[],
): Promise<Step> {
  let done = 0;
  const all: string[] = [];
  for (const kind of kinds) {
    // A stock server publishes new definitions after some seconds.
    let { code, lines } = await run(kubeconfig, args(kind));
    for (let tries = 0; code !== 0 && tries < 5; tries++) {
      await setTimeout(2000);
      ({ code, lines } = await run(kubeconfig, args(kind)));
    }
    if (code === 0) done++;
    all.push(...lines);
  }
  return { title, done, of: kinds.length, lines: all };
}

const forced = ['--server-side', '--force-conflicts'];

async function tryOut({ definitions, samples }: BundleFiles, kubeconfig: string): Promise<Step[]> {
  const kinds = definitions.map(({ metadata }) => metadata.name ?? '');
  const namespaces = [...new Set(samples.map(({ metadata }) => metadata.namespace ?? 'default'))];
  const steps = [await apply(kubeconfig, 'apply', [], definitions)];
  steps.push(await apply(kubeconfig, 'apply --server-side', forced, definitions));
  const names = kinds.map((name) => `crd/${name}`);
  await run(kubeconfig, ['wait', '--for=condition=Established', '--timeout=60s', ...names]);
  const explainable = definitions.map(({ spec }) => `${spec?.names?.plural ?? ''}.${spec?.group ?? ''}`);
  steps.push(await each(kubeconfig, 'explain', explainable, (kind) => ['explain', kind, '--recursive']));
  for (const name of namespaces) await run(kubeconfig, ['create', 'namespace', name]);
  steps.push(await apply(kubeconfig, 'samples', [], samples));
  steps.push(await apply(kubeconfig, 'samples --server-side', forced, samples));
  steps.push(
    await each(kubeconfig, 'get', explainable, (kind) => ['get', kind, '-A', '-o', 'wide', '--sort-by=.metadata.name']),
  );
  return steps;
}

const server = await startServerProcess({ dataDir: join(directory, 'data'), flags: ['--processes', '1'] });
const rows: string[] = [];
const failures: string[] = [];

function judge(bundle: Bundle, files: BundleFiles, ours: readonly Step[], stock: readonly Step[] | undefined): void {
  const cells = ours.map(({ title, done, of, lines }, index) => {
    const theirs = stock?.[index];
    const differing = theirs === undefined ? [] : differences(lines, theirs.lines);
    const alike = theirs === undefined ? done === of : differing.length === 0 || onlyOrder(differing);
    if (!alike) failures.push(`${bundle.name}: ${title}`);
    if (flags.show && !alike) {
      console.log(`  ${title}:`);
      const shown = theirs === undefined ? lines.filter((line) => /rror|invalid/.test(line)) : differing;
      for (const line of shown.slice(0, 20)) console.log(`    ${line.slice(0, 500)}`);
    }
    const remark = theirs === undefined ? '' : !alike ? ', **differs**' : done < of ? ', as stock' : '';
    return `${done} of ${of}${remark}`;
  });
  console.log(
    `${bundle.name} (${files.commit}): ${cells.map((cell, index) => `${ours[index]?.title ?? ''} ${cell}`).join('; ')}`,
  );
  rows.push(`| ${bundle.name} (${files.commit}) | ${cells.join(' | ')} |`);
}

const kubeconfigOf = ({ repository }: Bundle): string => join(directory, `${repository.replace('/', '-')}.kubeconfig`);
for (const bundle of wanted) {
  const name = bundle.repository.replace('/', '-');
  writeFileSync(kubeconfigOf(bundle), await createWorkspace(server, name), { mode: 0o600 });
}
for (const bundle of wanted) {
  let files: BundleFiles;
  try {
    files = bundleFiles(bundle, flags.mirrors);
  } catch (error) {
    console.log(`${bundle.name}: SKIPPED, ${bundle.repository} cannot be read (${String(error).split('\n')[0] ?? ''})`);
    continue;
  }
  const kubeconfig = kubeconfigOf(bundle);
  const [ours, stock] = await Promise.all([
    tryOut(files, kubeconfig),
    flags.stock === undefined ? undefined : tryOut(files, flags.stock),
  ]);
  judge(bundle, files, ours, stock);
}
await server.stop();
rmSync(directory, { recursive: true, force: true });
console.log(
  `\n${rows.length} projects tried; ${failures.length === 0 ? 'all as it should be' : `not as it should be: ${failures.join(', ')}`}`,
);
if (flags.report) {
  const file = new URL('../../docs/conformance.md', import.meta.url).pathname;
  const titles = ['apply', 'apply --server-side', 'explain', 'samples applied', 'samples server-side', 'get'];
  const head = `| project (commit) | ${titles.join(' | ')} |`;
  writeGeneratedSection(file, 'bundles', [head, `|---${'|---'.repeat(titles.length)}|`, ...rows]);
}
process.exitCode = failures.length === 0 ? 0 : 1;
