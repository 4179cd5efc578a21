// Takes a release through its life with Helm 3 and Helm 4 on two servers and prints where they answer differently. By hand, not part of `npm test`:
//
//   node test/clients/compare-helm.ts OURS.kubeconfig STOCK.kubeconfig [--kubectl-versions 1.31,1.33] [--report]
//
// Helm comes with kubectl from npm (versions.ts): 3.17 with 1.31, 4.1 with 1.33. --report writes the table into docs/kubectl.md. The second server should
// run the namespace, garbage-collector, serviceaccount and root-CA controllers only; Jobs and Pods are ended here, on both.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeChart } from '../support/chart.ts';
import { writeGeneratedSection } from '../support/generated-section.ts';
import { kubectl, runClient } from '../support/kubectl.ts';
import { differences, onlyOrder, withoutChance } from './outputs.ts';
import { binariesOf } from './versions.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'kubectl-versions': { type: 'string', default: '1.31,1.33' },
    report: { type: 'boolean', default: false },
  },
});
const [ours, stock] = positionals;
if (ours === undefined || stock === undefined) throw new Error('two kubeconfig files are needed');
const directory = mkdtempSync(join(tmpdir(), 'atoll-helm-'));
const chart = writeChart(join(directory, 'shop'));

/** `!`: refused on purpose. */
const commands: readonly string[] = [
  'template shop CHART',
  'install shop CHART --dry-run=server',
  'install shop CHART --wait=false',
  '! install shop CHART',
  'list',
  'list --all-namespaces --output json',
  'status shop',
  'get manifest shop',
  'get values shop --all',
  'get hooks shop',
  'get notes shop',
  'upgrade shop CHART --set replicas=3 --set greeting=again',
  '! upgrade shop CHART --set replicas=-1',
  'history shop',
  'test shop',
  'rollback shop 1',
  'status shop --output json',
  'history shop --output json',
  'upgrade --install other CHART --set greeting=other',
  'list --output yaml',
  '! rollback nothing 1',
  'uninstall other --keep-history',
  'list --uninstalled',
  'uninstall shop',
  '! status shop',
  '! uninstall shop',
  'list',
];
const after = 'get deployments,services,configmaps,ingresses,secrets -o yaml';

/** Ends Jobs and Pods, as whatever runs them would. */
async function runWorkloads(kubeconfig: string, namespace: string, signal: AbortSignal): Promise<void> {
  const at = '2026-01-01T00:00:00Z';
  const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: at,
  }));
  const job = { startTime: at, completionTime: at, succeeded: 1, uncountedTerminatedPods: {}, conditions };
  const end = async (resource: string, waiting: string, status: object): Promise<void> => {
    const run = (...args: string[]) => kubectl({ kubeconfig }, '-n', namespace, ...args);
    const { stdout } = await run(
      'get',
      resource,
      '-o',
      `jsonpath={range .items[*]}{.metadata.name}={${waiting}}{"\\n"}{end}`,
    );
    for (const line of stdout.split('\n').filter((each) => /=(Pending)?$/.test(each)))
      await run(
        'patch',
        resource,
        line.replace(/=.*/, ''),
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify({ status }),
      );
  };
  while (!signal.aborted) {
    await end('jobs', '.status.succeeded', job);
    await end('pods', '.status.phase', { phase: 'Succeeded' });
    await setTimeout(300, undefined, { signal }).catch(() => undefined);
  }
}

async function live(helm: string, kubeconfig: string, namespace: string, home: string): Promise<string[][]> {
  await kubectl({ kubeconfig }, 'create', 'namespace', namespace);
  const ending = new AbortController();
  const workloads = runWorkloads(kubeconfig, namespace, ending.signal);
  const outputs: string[][] = [];
  const keep = ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }): void => {
    const text = withoutChance(`${stdout}${stderr === '' ? '' : `[stderr]\n${stderr}`}`, namespace);
    outputs.push([...text.split('\n'), `[exit code ${code}]`]);
  };
  for (const command of commands) {
    const args = command
      .replace(/^! /, '')
      .split(' ')
      .map((word) => (word === 'CHART' ? chart : word));
    const env = { KUBECONFIG: kubeconfig, HOME: home };
    keep(await runClient(helm, ['--namespace', namespace, ...args], { timeoutMs: 120_000, env }));
    keep(await kubectl({ kubeconfig }, '-n', namespace, ...after.split(' ')));
  }
  ending.abort();
  await workloads;
  await kubectl({ kubeconfig }, 'delete', 'namespace', namespace, '--wait=false');
  return outputs;
}

const rows: string[] = [];
let differing = 0;
for (const minor of flags['kubectl-versions'].split(',')) {
  const { helm } = binariesOf(minor);
  const version = (await runClient(helm, ['version', '--template', '{{.Version}}'], {})).stdout.trim();
  const namespace = `helm-${Date.now().toString(36)}`;
  const [a, b] = await Promise.all([
    live(helm, ours, namespace, join(directory, 'a')),
    live(helm, stock, namespace, join(directory, 'b')),
  ]);
  let alike = 0;
  for (const [index, output] of a.entries()) {
    const lines = differences(output, b[index] ?? []);
    if (lines.length === 0 || onlyOrder(lines)) alike++;
    else {
      const command = commands[Math.floor(index / 2)] ?? '';
      console.log(`helm ${version} ${command}${index % 2 === 0 ? '' : `, then kubectl ${after}`}`);
      for (const line of lines.slice(0, 30)) console.log(line.slice(0, 300));
    }
  }
  console.log(`Helm ${version}: ${alike} of ${a.length} outputs alike`);
  differing += a.length - alike;
  rows.push(`| Helm ${version} | ${alike} of ${a.length} |`);
}
rmSync(directory, { recursive: true, force: true });
if (flags.report) {
  const file = new URL('../../docs/kubectl.md', import.meta.url).pathname;
  writeGeneratedSection(file, 'helm', ['| | outputs alike |', '|---|---|', ...rows]);
}
process.exitCode = differing === 0 ? 0 : 1;
