// Runs the same kubectl commands against two servers and prints where they answer differently. By hand, not part of `npm test`:
//
//   node test/clients/compare-kubectl.ts OURS.kubeconfig STOCK.kubeconfig [--kubectl FILE] [--only GROUP,…] [--server URL] [--same]
//
// --server: another logical cluster of the first server. --same: print the commands that agree, too.
// The second server should run the namespace, garbage-collector, serviceaccount and root-CA controllers only: the others would change what is compared.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CommandResult, clientBinaries, runClient } from '../support/kubectl.ts';
import { groups, type Step } from './kubectl-steps.ts';
import { differences, withoutChance, words } from './outputs.ts';

type Side = { readonly kubeconfig: string; readonly server: string | undefined; readonly home: string };

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubectl: { type: 'string', default: clientBinaries().kubectl },
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

function run(side: Side, step: Exclude<Step, string>, namespace: string, uid: string): Promise<CommandResult> {
  const args = words(step.run).map((word) => (word === 'NAMESPACE' ? namespace : word));
  const input = step.input?.replaceAll('NAMESPACE', namespace).replaceAll('UID', uid);
  return runClient(
    flags.kubectl,
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

let total = 0;
let equal = 0;
const wanted = flags.only?.split(',');
for (const [title, steps] of Object.entries(groups)) {
  if (wanted !== undefined && !wanted.includes(title)) continue;
  const namespace = `compare-${title}-${Date.now().toString(36)}`;
  await Promise.all(sides.map((side) => run(side, { run: `create namespace ${namespace}` }, 'default', '')));
  await Promise.all(
    sides.map((side) => run(side, { run: 'wait --for=create sa/default --timeout=10s' }, namespace, '')),
  );
  await Promise.all(
    sides.map((side) => run(side, { run: 'wait --for=create cm/kube-root-ca.crt --timeout=10s' }, namespace, '')),
  );
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
    if (lines.length === 0) equal++;
    if (lines.length > 0 || flags.same) {
      console.log(`${title}: kubectl ${step.run}${lines.length === 0 ? '  (equal)' : ''}`);
      for (const line of lines.slice(0, 60)) console.log(line.slice(0, 400));
      if (lines.length > 60) console.log(`  … ${lines.length - 60} more lines`);
    }
  }
  await Promise.all(
    sides.map((side) => run(side, { run: `delete namespace ${namespace} --wait=false` }, 'default', '')),
  );
}
console.log(`${equal} of ${total} commands answer alike`);
rmSync(home, { recursive: true, force: true });
