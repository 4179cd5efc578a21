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

/** Splits a command as a shell does: at spaces outside of quotes. Quotes around a word, or around what follows its `=`, go; JSON's own stay. */
export function words(command: string): string[] {
  return [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/^([^'"]*=)?(?:'([^']*)'|"([^"]*)")$/, '$1$2$3'),
  );
}

/** Takes out of an output what differs between two runs on one server. */
export function withoutChance(text: string, namespace: string): string {
  return text
    .replaceAll(namespace, 'NAMESPACE')
    .replace(/-----BEGIN CERTIFICATE-----(?:.|\s)*?-----END CERTIFICATE-----(\\n)?/g, 'CERTIFICATE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g, 'TIME')
    .replace(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}/g, 'TIME')
    .replace(/(resourceVersion"?: ?)"\d+"/g, '$1RV')
    .replace(/(?<=^|[\s(])(\d{1,3}s|\d{1,3}m(\d+s)?|\d{1,2}h(\d+m)?)(?=[\s)]|$)/gm, 'AGE')
    .replace(/https:\/\/[\w.]+:\d+(\/clusters\/[\w:.-]+)?/g, 'SERVER')
    .replace(/\/tmp\/[\w./-]+/g, 'FILE')
    .replace(/\b10\.(?!1\.2\.3)\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replace(/\b3[0-2]\d{3}\b/g, 'PORT')
    .replace(/(gen-|bad-|controller-uid=)[a-z0-9]{5}\b/g, '$1RANDOM')
    .replace(/debugger-[a-z0-9]{5}/g, 'debugger-RANDOM')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-RANDOM')
    .replace(/^W\d{4} .*?\]/gm, 'W]')
    .replace(/\(0x[0-9a-f].*?\)$/gm, '(…)')
    .replace(/atoll-admin/g, 'admin')
    .replace(/(---|\+\+\+) FILE.*/g, '$1 FILE')
    .replace(/[ \t]+/g, ' ')
    .replace(/ $/gm, '');
}

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

/** Lines of one that the other lacks, and the reverse, in order. */
function differences(a: readonly string[], b: readonly string[]): string[] {
  const lines: string[] = [];
  const lengths: number[][] = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (lengths[i] as number[])[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`  ours:  ${a[i++]}`);
    else lines.push(`  stock: ${b[j++]}`);
  }
  return lines;
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
