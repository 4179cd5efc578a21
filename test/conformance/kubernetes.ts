import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientBinaries } from '../support/kubectl.ts';
import { freePort } from '../support/server-process.ts';
import { controllerManager, endToEndTests } from './build.ts';
import { conformanceNames, focusOf, isSerial, nameOf } from './names.ts';
import { lineOf, oneLine, type TestResult } from './results.ts';
import { startServerUnderTest } from './server-under-test.ts';

/** The part of ginkgo's JSON report that is read. */
type SuiteReport = {
  readonly SpecReports: readonly {
    readonly ContainerHierarchyTexts: readonly string[] | null;
    readonly LeafNodeText: string;
    readonly State: string;
    readonly RunTime: number;
    readonly Failure?: { readonly Message?: string };
  }[];
};

/** Stock controllers that create and count objects for others: what Atoll leaves to whoever runs the workloads. */
const workloadControllers = [
  'deployment-controller',
  'replicaset-controller',
  'replicationcontroller-controller',
  'statefulset-controller',
  'daemonset-controller',
  'job-controller',
  'cronjob-controller',
  'disruption-controller',
];
/** The flags that let the test program begin without nodes. */
const nodeless = [
  '--provider=skeleton',
  '--allowed-not-ready-nodes=-1',
  '--num-nodes=2',
  '--minStartupPods=0',
  '--disable-log-dump',
  '--dump-logs-on-failure=false',
  '--ginkgo.no-color',
];
const testsPerProcess = 8;
/** One test waits until its continue token has expired: on stock, for etcd's compaction; here, for the end of the change log. Others look at what a cluster shows of itself. */
const flags = ['--history-retention', '1m', '--cluster-defaults', 'true'];

export type Outcome = { readonly results: readonly TestResult[]; readonly seconds: number };

/**
 * Runs Kubernetes' conformance tests that need no node in one logical cluster of a fresh server.
 * @throws Error when the programs cannot be built or started
 */
export async function runConformance(options: { only?: string; parallel: number; keep: boolean }): Promise<Outcome> {
  const program = endToEndTests();
  const manager = controllerManager();
  const names = conformanceNames().filter((name) => options.only === undefined || name.includes(options.only));
  const tested = await startServerUnderTest({ keep: options.keep, flags });
  let controllers: ChildProcess | undefined;
  try {
    const kubeconfig = await tested.workspace('conformance');
    controllers = await startControllers(manager, kubeconfig, join(tested.directory, 'controllers.log'));
    const began = performance.now();
    const results: TestResult[] = [];
    let processes = 0;
    const runSome = async (some: readonly string[]): Promise<void> => {
      const directory = join(tested.directory, `tests-${processes++}`);
      for (const result of await runTests(program, kubeconfig, directory, some)) {
        console.log(lineOf(result));
        results.push(result);
      }
    };
    const queue = chunks(slowestFirst(names.filter((name) => !isSerial(name))));
    await Promise.all(
      Array.from({ length: options.parallel }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runSome(next);
      }),
    );
    for (const alone of chunks(names.filter(isSerial))) await runSome(alone);
    return { results, seconds: (performance.now() - began) / 1000 };
  } finally {
    controllers?.kill();
    await tested.stop();
  }
}

async function startControllers(program: string, kubeconfig: string, log: string): Promise<ChildProcess> {
  const output = openSync(log, 'w');
  const child = spawn(
    program,
    [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${await freePort()}`,
      `--controllers=${workloadControllers.join(',')}`,
    ],
    { stdio: ['ignore', output, output] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return child;
}

/** The test that waits for the change log to end goes first, alone: everything else fits beside it. */
function slowestFirst(names: readonly string[]): string[] {
  return [...names.filter((name) => name.includes('[Slow]')), ...names.filter((name) => !name.includes('[Slow]'))];
}

function chunks(names: readonly string[]): string[][] {
  const all: string[][] = [];
  for (const name of names) {
    const last = all.at(-1);
    if (last === undefined || last.length >= testsPerProcess || last[0]?.includes('[Slow]') === true) all.push([name]);
    else last.push(name);
  }
  return all;
}

/** One process of the test program; what it says of each test, and `skipped` for what it does not mention. */
async function runTests(
  program: string,
  kubeconfig: string,
  directory: string,
  names: readonly string[],
): Promise<TestResult[]> {
  mkdirSync(directory, { recursive: true });
  const report = join(directory, 'report.json');
  const output = openSync(join(directory, 'log'), 'w');
  const child = spawn(
    program,
    [
      ...nodeless,
      `--kubeconfig=${kubeconfig}`,
      `--kubectl-path=${clientBinaries().kubectl}`,
      `--ginkgo.json-report=${report}`,
      `--ginkgo.focus=${focusOf(names)}`,
    ],
    { cwd: directory, stdio: ['ignore', output, output] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  const found = new Map<string, TestResult>();
  for (const spec of specsOf(report)) {
    const title = [...(spec.ContainerHierarchyTexts ?? []), spec.LeafNodeText].join(' ');
    const name = nameOf(title, names);
    if (name === undefined || !['passed', 'failed', 'panicked', 'timedout', 'interrupted'].includes(spec.State))
      continue;
    const seconds = spec.RunTime / 1e9;
    if (spec.State === 'passed') found.set(name, { name, state: 'passed', seconds });
    else found.set(name, { name, state: 'failed', seconds, why: oneLine(spec.Failure?.Message ?? spec.State) });
  }
  return names.map(
    (name) => found.get(name) ?? { name, state: 'skipped', seconds: 0, why: 'the program did not run it' },
  );
}

function specsOf(report: string): SuiteReport['SpecReports'] {
  try {
    return (JSON.parse(readFileSync(report, 'utf8')) as readonly SuiteReport[]).flatMap((suite) => suite.SpecReports);
  } catch {
    return [];
  }
}
