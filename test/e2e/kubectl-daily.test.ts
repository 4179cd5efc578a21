import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CommandResult, kubectl } from '../support/kubectl.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const rolledOut = {
  observedGeneration: 99,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
  conditions: [{ type: 'Available', status: 'True' }],
};

const configMaps = (...names: readonly string[]): string =>
  names
    .map(
      (name) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: pruned}}\ndata: {size: "1"}\n`,
    )
    .join('---\n');

describe('kubectl in a team’s day', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-daily-'));
  let server: ServerProcess;
  let team: { kubeconfig: string; server: string };

  const run = (...args: string[]): Promise<CommandResult> => kubectl(team, ...args);
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const pipe = async (input: string, ...args: string[]): Promise<CommandResult> => kubectl({ ...team, input }, ...args);
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await run(...args);
    assert.notEqual(code, 0, `kubectl ${args.join(' ')} succeeded`);
    return stderr;
  };

  before(async () => {
    server = await startServerProcess({ dataDir: join(directory, 'data'), flags: ['--processes', '2'] });
    const workspace = 'apiVersion: tenancy.kcp.io/v1alpha1\nkind: Workspace\nmetadata: {name: team-a}';
    const { kubeconfig } = server;
    await kubectl({ kubeconfig, input: workspace }, 'create', '-f', '-');
    team = { kubeconfig, server: `${server.url}/clusters/root:team-a` };
  });
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('creates and exposes workloads from the command line', async () => {
    await ok('create', 'deployment', 'web', '--image=nginx', '--port=80');
    assert.match(await ok('expose', 'deployment', 'web', '--port=80', '--target-port=8080'), /service\/web exposed/);
    assert.match(await ok('autoscale', 'deployment/web', '--max=5', '--cpu-percent=80'), /web autoscaled/);
    assert.match(await ok('get', 'hpa', '--no-headers'), /^web +Deployment\/web +cpu: <unknown>\/80% +1 +5 +0/);
    await ok('run', 'shell', '--image=busybox', '--restart=Never', '--', 'sleep', '1');
    await ok('create', 'cronjob', 'nightly', '--image=busybox', '--schedule=0 3 * * *', '--', 'date');
    await ok('create', 'job', 'now', '--from=cronjob/nightly');
    assert.equal(await ok('get', 'job', 'now', '-o', 'jsonpath={.metadata.labels.job-name}'), 'now');
    assert.match(
      await refused('create', 'quota', 'q', '--hard=cpu=1,pods=3', '--scopes=BestEffort'),
      /\{"BestEffort"\}: unsupported scope applied to resource/,
    );
    const all = await ok('get', 'all', '-o', 'wide');
    for (const name of [
      'pod/shell',
      'service/web',
      'deployment.apps/web',
      'horizontalpodautoscaler.autoscaling/web',
      'cronjob.batch/nightly',
      'job.batch/now',
    ]) {
      assert.match(all, new RegExp(`^${name} `, 'm'));
    }
    assert.match(await ok('describe', 'all'), /^Name: +web$/m);
    assert.match(await refused('logs', 'nothing'), /pods "nothing" not found/);
  });

  it('changes a Deployment and follows its rollout', async () => {
    await ok('set', 'image', 'deployment/web', 'nginx=nginx:1.28');
    await ok('set', 'env', 'deployment/web', 'MODE=fast');
    await ok('set', 'resources', 'deployment/web', '--limits=cpu=200m');
    assert.match(await ok('set', 'env', 'deployment/web', '--list'), /MODE=fast/);
    assert.match(await ok('rollout', 'status', 'deployment/web', '--watch=false'), /Waiting for/);
    assert.match(await ok('rollout', 'pause', 'deployment/web'), /paused/);
    assert.match(await refused('rollout', 'pause', 'deployment/web'), /is already paused/);
    assert.match(await ok('rollout', 'resume', 'deployment/web'), /resumed/);
    assert.match(await ok('rollout', 'restart', 'deployment/web'), /restarted/);
    assert.match(await refused('rollout', 'undo', 'deployment/web'), /no rollout history found/);
    const following = ok('rollout', 'status', 'deployment/web', '--timeout=20s');
    const status = JSON.stringify({ status: rolledOut });
    await ok('patch', 'deployment', 'web', '--subresource=status', '--type=merge', '-p', status);
    assert.match(await following, /successfully rolled out/);
    assert.match(await ok('get', 'deployment', 'web', '--no-headers'), /^web +1\/1 +1 +1 /);
  });

  it('selects, sorts, pages and formats', async () => {
    for (const [name, n] of [
      ['a', '3'],
      ['b', '1'],
      ['c', '2'],
    ] as const) {
      await ok('create', 'configmap', name, `--from-literal=n=${n}`);
      await ok('label', 'configmap', name, 'page=yes');
    }
    const listed = (...args: string[]): Promise<string> => ok('get', 'configmap', '-l', 'page=yes', ...args);
    const names = 'configmap/a\nconfigmap/b\nconfigmap/c\n';
    assert.equal(await listed('--chunk-size=1', '-o', 'name'), names);
    assert.equal(await listed('--sort-by=.data.n', '-o', 'jsonpath={.items[*].metadata.name}'), 'b c a');
    assert.equal(
      await listed('--no-headers', '-o', 'custom-columns=:.metadata.name,:.data.n'),
      'a     3\nb     1\nc     2\n',
    );
    assert.equal(await listed('--field-selector', 'metadata.name!=b', '-o', 'name'), 'configmap/a\nconfigmap/c\n');
    assert.match(await listed('-L', 'page', '--show-kind'), /^configmap\/a +1 +\d+s +yes$/m);
    assert.match(await ok('get', '--raw', '/api/v1/namespaces/default'), /^\{"kind":"Namespace".*\}\n$/);
  });

  it('previews, prunes and composes what it applies', async () => {
    await pipe(configMaps('kept', 'dropped'), 'apply', '-f', '-');
    const changed = configMaps('kept').replace('size: "1"', 'size: "2"');
    const diff = await pipe(changed, 'diff', '-f', '-');
    assert.equal(diff.code, 1);
    assert.match(diff.stdout, /^- {2}size: "1"\n\+ {2}size: "2"$/m);
    assert.match(
      (await pipe(changed, 'apply', '--dry-run=server', '-f', '-')).stdout,
      /kept configured \(server dry run\)/,
    );
    const pruned = await pipe(changed, 'apply', '--prune', '-l', 'set=pruned', '-f', '-');
    assert.match(pruned.stdout, /kept configured\n(.*\n)?configmap\/dropped pruned/, pruned.stderr);
    writeFileSync(
      join(directory, 'kustomization.yaml'),
      'namePrefix: k-\nconfigMapGenerator:\n- {name: made, literals: [a=1]}\n',
    );
    assert.match(await ok('apply', '-k', directory), /configmap\/k-made-\w+ created/);
    assert.match(await ok('delete', '-k', directory), /deleted/);
  });

  it('says who may do what', async () => {
    assert.match(await ok('auth', 'whoami'), /Username +atoll-admin/);
    await ok('create', 'rolebinding', 'developers', '--clusterrole=edit', '--group=devs');
    const jane = ['--as=jane', '--as-group=devs'];
    assert.equal(await ok('auth', 'can-i', 'create', 'deployments', ...jane), 'yes\n');
    assert.match((await run('auth', 'can-i', 'create', 'deployments', '-n', 'kube-system', ...jane)).stdout, /^no/);
    assert.match(await ok('auth', 'can-i', '--list', ...jane), /^deployments\.apps .*\[create delete/m);
    await ok('get', 'configmaps', ...jane);
    assert.match(await refused('get', 'namespaces', ...jane), /User "jane" cannot list resource "namespaces"/);
    assert.match(await refused('get', 'pods', '--as=joe'), /workspace access not permitted/);
    await ok('create', 'serviceaccount', 'robot');
    const token = (await ok('create', 'token', 'robot')).trim();
    const asRobot = { kubeconfig: '/dev/null', server: team.server, token };
    const robot = await kubectl(
      asRobot,
      '--insecure-skip-tls-verify',
      'auth',
      'whoami',
      '-o',
      'jsonpath={.status.userInfo.username}',
    );
    assert.equal(robot.stdout, 'system:serviceaccount:default:robot', robot.stderr);
  });

  it('deletes with and without what depends on it', async () => {
    const uid = await ok('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.uid}');
    const owned = (name: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: ${uid}, blockOwnerDeletion: true}]}`;
    await pipe(owned('child'), 'create', '-f', '-');
    await ok('delete', 'deployment', 'web', '--cascade=orphan', '--timeout=20s');
    assert.equal(await ok('get', 'configmap', 'child', '-o', 'jsonpath={.metadata.ownerReferences}'), '');
    await ok('create', 'deployment', 'other', '--image=nginx');
    const otherUid = await ok('get', 'deployment', 'other', '-o', 'jsonpath={.metadata.uid}');
    await pipe(owned('second').replace(uid, otherUid).replace('name: web', 'name: other'), 'create', '-f', '-');
    await ok('delete', 'deployment', 'other', '--cascade=foreground', '--timeout=20s');
    assert.match(await refused('get', 'configmap', 'second'), /NotFound/);
  });
});
