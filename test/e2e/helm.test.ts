import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeChart } from '../support/chart.ts';
import { http } from '../support/http.ts';
import { clientBinaries, kubectl, runClient } from '../support/kubectl.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

type Named = {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly phase?: string; readonly succeeded?: number };
};

const at = '2026-01-01T00:00:00Z';
const finishedJob = {
  status: {
    startTime: at,
    completionTime: at,
    succeeded: 1,
    uncountedTerminatedPods: {},
    conditions: ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, status: 'True', lastTransitionTime: at })),
  },
};

describe('Helm 4', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-helm-'));
  const chart = writeChart(join(directory, 'shop'));
  let server: ServerProcess;
  let stopCluster: () => Promise<void>;

  const helm = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runClient(clientBinaries().helm, ['--namespace', 'default', ...args], {
      env: { KUBECONFIG: server.kubeconfig },
    });
    assert.equal(code, 0, `helm ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const read = async (resource: string, path: string): Promise<string> =>
    (await kubectl({ kubeconfig: server.kubeconfig }, 'get', resource, 'shop', '-o', `jsonpath=${path}`)).stdout;

  /** Ends Jobs and Pods as a physical cluster would. */
  function runCluster(): () => Promise<void> {
    const merge = { 'content-type': 'application/merge-patch+json' };
    let ending = false;
    const pass = async (): Promise<void> => {
      const jobs = (await http(server, 'GET', '/apis/batch/v1/namespaces/default/jobs')).json<{ items: Named[] }>();
      for (const { metadata, status } of jobs.items) {
        if (status?.succeeded === 1) continue;
        const path = `/apis/batch/v1/namespaces/default/jobs/${metadata.name}/status`;
        await http(server, 'PATCH', path, finishedJob, merge);
      }
      const pods = (await http(server, 'GET', '/api/v1/namespaces/default/pods')).json<{ items: Named[] }>();
      for (const { metadata, status } of pods.items) {
        if (status?.phase === 'Succeeded') continue;
        const path = `/api/v1/namespaces/default/pods/${metadata.name}/status`;
        await http(server, 'PATCH', path, { status: { phase: 'Succeeded' } }, merge);
      }
    };
    const done = (async () => {
      while (!ending) {
        await pass();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    return () => {
      ending = true;
      return done;
    };
  }

  before(async () => {
    server = await startServerProcess({ dataDir: join(directory, 'data'), flags: ['--processes', '1'] });
    stopCluster = runCluster();
  });
  after(async () => {
    await stopCluster();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('installs a chart after its hook', async () => {
    const printed = await helm('install', 'shop', chart, '--timeout', '30s');
    assert.match(printed, /STATUS: deployed\nREVISION: 1\n/);
    assert.match(printed, /Shop at http:\/\/shop\.example\.com/);
    assert.equal(await read('configmap', '{.data.GREETING}'), 'hello');
    assert.equal(await read('secret', '{.data.password}'), Buffer.from('swordfish').toString('base64'));
    assert.equal(await read('ingress', '{.spec.rules[0].host}'), 'shop.example.com');
    assert.equal(await read('deployment', '{.metadata.managedFields[0].manager}'), 'helm');
  });

  it('refuses to install the same release twice', async () => {
    await assert.rejects(helm('install', 'shop', chart), /cannot reuse a name that is still in use/);
  });

  it('lists releases and shows their resources', async () => {
    assert.match(await helm('list'), /^shop\s+default\s+1\s.*deployed\s+shop-0\.1\.0\s+1\.0/m);
    const status = await helm('status', 'shop');
    assert.match(status, /==> v1\/Deployment\nNAME +READY +UP-TO-DATE +AVAILABLE +AGE\nshop +0\/1/);
    assert.match(status, /==> v1\/Ingress\nNAME +CLASS +HOSTS/);
  });

  it('upgrades, keeps the history and rolls back', async () => {
    await helm('upgrade', 'shop', chart, '--set', 'greeting=bye,replicas=3', '--timeout', '30s');
    assert.equal(await read('configmap', '{.data.GREETING}'), 'bye');
    assert.equal(await read('deployment', '{.spec.replicas}'), '3');
    await helm('rollback', 'shop', '1', '--timeout', '30s');
    assert.equal(await read('configmap', '{.data.GREETING}'), 'hello');
    assert.match(await helm('history', 'shop'), /^1 .*superseded.*\n2 .*superseded.*\n3 .*deployed.*Rollback to 1/m);
  });

  it('runs test hooks', async () => {
    assert.match(await helm('test', 'shop', '--timeout', '30s'), /TEST SUITE: +shop-reach[^]*Phase: +Succeeded/);
  });

  it('says why an upgrade is refused, and recovers', async () => {
    await assert.rejects(
      helm('upgrade', 'shop', chart, '--set', 'replicas=-1'),
      /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
    );
    await helm('upgrade', '--install', 'shop', chart, '--timeout', '30s');
    assert.match(await helm('list'), /\bdeployed\b/);
  });

  it('uninstalls what it installed', async () => {
    assert.match(await helm('uninstall', 'shop'), /release "shop" uninstalled/);
    assert.equal((await helm('list', '--no-headers')).trim(), '');
    const left = await kubectl({ kubeconfig: server.kubeconfig }, 'get', 'deploy,svc,secret,ing', '-o', 'name');
    assert.equal(left.stdout, '');
  });
});
