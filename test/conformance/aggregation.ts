import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { http } from '../support/http.ts';
import { clientBinaries, kubectl } from '../support/kubectl.ts';
import type { Outcome } from './kubernetes.ts';
import { lineOf, oneLine, type TestResult } from './results.ts';
import { type SampleServer, service, startSampleServer } from './sample-server.ts';
import { startServerUnderTest } from './server-under-test.ts';

const apiService = 'v1alpha1.wardle.example.com';
const flunder = { apiVersion: 'wardle.example.com/v1alpha1', kind: 'Flunder', metadata: { name: 'one' } };

/** Runs kubectl in the workspace and gives what it prints. @throws Error with what it complains of */
type Kubectl = (args: readonly string[], input?: object) => Promise<string>;
type Check = readonly [name: string, check: () => Promise<void>];

/**
 * Registers k8s.io/sample-apiserver in a plain workspace of a fresh server and uses it through kubectl.
 * @throws Error when the programs cannot be built or started
 */
export async function runAggregation(options: { only?: string; keep: boolean }): Promise<Outcome> {
  const tested = await startServerUnderTest({ keep: options.keep });
  let sample: SampleServer | undefined;
  try {
    const kubeconfig = await tested.workspace('aggregation');
    const run = kubectlIn(kubeconfig);
    const began = performance.now();
    await run(['apply', '-f', '-'], list(accounts));
    const own = await kubeconfigOf(run, kubeconfig, join(tested.directory, 'sample.kubeconfig'));
    sample = await startSampleServer(join(tested.directory, 'sample'), own);
    await run(['apply', '-f', '-'], list(registration(sample)));
    const results: TestResult[] = [];
    for (const [name, check] of checks(run, kubeconfig, sample)) {
      if (options.only !== undefined && !name.includes(options.only)) continue;
      const since = performance.now();
      const failure = await check().then(
        () => undefined,
        (error: Error) => oneLine(error.message),
      );
      const seconds = (performance.now() - since) / 1000;
      const result: TestResult =
        failure === undefined ? { name, state: 'passed', seconds } : { name, state: 'failed', seconds, why: failure };
      console.log(lineOf(result));
      results.push(result);
    }
    return { results, seconds: (performance.now() - began) / 1000 };
  } finally {
    await sample?.stop();
    await tested.stop();
  }
}

function checks(run: Kubectl, kubeconfig: string, sample: SampleServer): readonly Check[] {
  const flunders = `/apis/wardle.example.com/v1alpha1/namespaces/default/flunders`;
  return [
    [
      'the APIService becomes available',
      async () => {
        await run(['wait', '--for=condition=Available', `apiservice/${apiService}`, '--timeout=90s']);
      },
    ],
    [
      'its kinds are in discovery, and explained',
      async () => {
        assert.match(await run(['api-resources', '--api-group=wardle.example.com']), /flunders +wardle/);
        assert.match(await run(['explain', 'flunder.spec']), /referenceType/);
      },
    ],
    [
      'objects are created, read, listed, applied, patched',
      async () => {
        await run(['create', '-f', '-'], { ...flunder, spec: { reference: 'two' } });
        assert.equal(await run(['get', 'flunder', 'one', '-o', 'jsonpath={.spec.reference}']), 'two');
        assert.match(await run(['get', 'flunders']), /^NAME +CREATED AT\none /);
        await run(['apply', '--server-side', '-f', '-'], { ...flunder, metadata: { name: 'applied' } });
        await run(['label', 'flunder', 'applied', 'a=b']);
        assert.equal(await run(['get', 'flunders', '-l', 'a=b', '-o', 'name']), 'flunder.wardle.example.com/applied\n');
      },
    ],
    ['watches tell of changes', () => seesChanges(run, kubeconfig)],
    [
      'the server asks who its clients are and what they may',
      async () => {
        const token = (await run(['create', 'token', 'visitor', '-n', service.namespace])).trim();
        const endpoint = { url: `https://${sample.host}:${sample.port}`, ca: sample.ca, token };
        const first = await http(endpoint, 'GET', flunders);
        assert.equal(first.status, 403, first.text);
        assert.match(first.text, /system:serviceaccount:wardle:visitor/);
        await run(['create', 'role', 'visitor', '--verb=list', '--resource=flunders.wardle.example.com']);
        await run([
          'create',
          'rolebinding',
          'visitor',
          '--role=visitor',
          `--serviceaccount=${service.namespace}:visitor`,
        ]);
        // It remembers refusals for ten seconds.
        const deadline = Date.now() + 20_000;
        let last = first;
        while (last.status === 403 && Date.now() < deadline) last = await http(endpoint, 'GET', flunders);
        assert.equal(last.status, 200, last.text);
        assert.equal((await http({ ...endpoint, token: 'nobody' }, 'GET', flunders)).status, 401);
      },
    ],
    [
      'objects are deleted',
      async () => {
        await run(['delete', 'flunders', '--all']);
        assert.equal(await run(['get', 'flunders', '-o', 'name']), '');
      },
    ],
    [
      'when it is gone, its APIService says so and all else goes on',
      async () => {
        await sample.stop();
        await run(['wait', '--for=condition=Available=False', `apiservice/${apiService}`, '--timeout=90s']);
        await assert.rejects(run(['get', 'flunders']), /unable to handle the request/);
        assert.match(await run(['get', 'namespaces']), /wardle/);
      },
    ],
  ];
}

async function seesChanges(run: Kubectl, kubeconfig: string): Promise<void> {
  const args = ['--kubeconfig', kubeconfig, 'get', 'flunders', '--watch', '-o', 'name'];
  const child = spawn(clientBinaries().kubectl, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill(), 30_000);
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    assert.deepEqual(
      [await next(), await next()].toSorted(),
      ['applied', 'one'].map((name) => `flunder.wardle.example.com/${name}`),
    );
    await run(['create', '-f', '-'], { ...flunder, metadata: { name: 'new' } });
    assert.equal(await next(), 'flunder.wardle.example.com/new');
  } finally {
    clearTimeout(timer);
    child.kill();
  }
}

function kubectlIn(kubeconfig: string): Kubectl {
  return async (args, input) => {
    const how = { kubeconfig, timeoutMs: 120_000, ...(input === undefined ? {} : { input: JSON.stringify(input) }) };
    const { code, stdout, stderr } = await kubectl(how, ...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
}

/** The administrator's kubeconfig with a token of the server's ServiceAccount. */
async function kubeconfigOf(run: Kubectl, kubeconfig: string, file: string): Promise<string> {
  const token = (await run(['create', 'token', 'apiserver', '-n', service.namespace])).trim();
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: object[] };
  writeFileSync(file, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }), { mode: 0o600 });
  return file;
}

const list = (items: readonly object[]): object => ({ apiVersion: 'v1', kind: 'List', items });

const serverAccount = { kind: 'ServiceAccount', name: 'apiserver', namespace: service.namespace };
const rbac = 'rbac.authorization.k8s.io';

function clusterBinding(name: string, role: string): object {
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: role };
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef,
    subjects: [serverAccount],
  };
}

/** What the example's own manifests give its ServiceAccount. */
const accounts = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: service.namespace } },
  ...['apiserver', 'visitor'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: service.namespace },
  })),
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'aggregated-apiserver' },
    rules: [
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'watch', 'list'] },
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: [
          'mutatingwebhookconfigurations',
          'validatingwebhookconfigurations',
          'validatingadmissionpolicies',
          'validatingadmissionpolicybindings',
        ],
        verbs: ['get', 'watch', 'list'],
      },
      {
        apiGroups: ['flowcontrol.apiserver.k8s.io'],
        resources: ['prioritylevelconfigurations', 'flowschemas'],
        verbs: ['list', 'watch'],
      },
    ],
  },
  clusterBinding('wardle:own', 'aggregated-apiserver'),
  clusterBinding('wardle:auth-delegator', 'system:auth-delegator'),
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'wardle-auth-reader', namespace: 'kube-system' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    subjects: [serverAccount],
  },
];

function registration({ host, port, ca }: SampleServer): object[] {
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: service, spec: { ports: [{ name: 'https', port: 443 }] } },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: service,
      subsets: [{ addresses: [{ ip: host }], ports }],
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: apiService },
      spec: {
        group: 'wardle.example.com',
        version: 'v1alpha1',
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        caBundle: Buffer.from(ca).toString('base64'),
        service,
      },
    },
  ];
}
