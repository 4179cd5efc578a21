import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CommandResult, kubectl } from '../support/kubectl.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: nginx, ports: [{containerPort: 80}]}
`;

const everyKind: Readonly<Record<string, string>> = {
  configmap: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}',
  secret: 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {a: Yg==}',
  serviceaccount: 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}',
  service: 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: {app: web}, ports: [{port: 80}]}',
  pod: 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: nginx}]}',
  deployment: deployment.replaceAll('web', 'x'),
  replicaset: deployment.replaceAll('web', 'x').replace('kind: Deployment', 'kind: ReplicaSet'),
  role: 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: x}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]',
  rolebinding:
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: x}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: x}\nsubjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]',
  clusterrole:
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]',
  clusterrolebinding:
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: x}',
  lease:
    'apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: x}\nspec: {holderIdentity: me, leaseDurationSeconds: 15}',
  event:
    'apiVersion: v1\nkind: Event\nmetadata: {name: x, namespace: default}\ninvolvedObject: {kind: Pod, name: x, namespace: default}\nreason: Tested\nmessage: hello\ntype: Normal',
  namespace: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: x}',
  workspace: 'apiVersion: tenancy.kcp.io/v1alpha1\nkind: Workspace\nmetadata: {name: x}',
  physicalcluster:
    'apiVersion: placement.atoll.dev/v1alpha1\nkind: PhysicalCluster\nmetadata: {name: x}\nspec: {displayName: X, kubeconfigSecretRef: {namespace: default, name: none, key: kubeconfig}}',
};

describe('kubectl 1.33', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-e2e-'));
  let server: ServerProcess;
  const run = (...args: string[]): Promise<CommandResult> => kubectl({ kubeconfig: server.kubeconfig }, ...args);
  const pipe = (input: string, ...args: string[]): Promise<CommandResult> =>
    kubectl({ kubeconfig: server.kubeconfig, input }, ...args);
  const ok = async (result: Promise<CommandResult>): Promise<string> => {
    const { code, stdout, stderr } = await result;
    assert.equal(code, 0, `${stdout}${stderr}`);
    return stdout;
  };

  before(async () => {
    server = await startServerProcess({ dataDir, flags: ['--processes', '2'] });
  });
  after(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('shows the namespaces that every logical cluster has', async () => {
    const table = await ok(run('get', 'namespaces'));
    assert.match(table, /^NAME +STATUS +AGE\n/);
    for (const name of ['default', 'kube-public', 'kube-system'])
      assert.match(table, new RegExp(`^${name} +Active +\\d+`, 'm'));
  });

  it('lists what is served and its versions', async () => {
    const resources = await ok(run('api-resources', '--no-headers'));
    for (const [name, short] of [
      ['configmaps', 'cm'],
      ['deployments', 'deploy'],
      ['workspaces', 'ws'],
    ] as const) {
      assert.match(resources, new RegExp(`^${name} +${short}\\b`, 'm'));
    }
    assert.match(await ok(run('version')), /Server Version: v1\.33\./);
  });

  for (const [kind, manifest] of Object.entries(everyKind)) {
    it(`creates, reads, labels and deletes a ${kind}`, async () => {
      assert.match(await ok(pipe(manifest, 'create', '-f', '-')), /x created/);
      assert.match(await ok(run('get', kind, 'x')), /\bx\b/);
      assert.match(await ok(run('get', kind, 'x', '-o', 'yaml')), /uid: [0-9a-f-]{36}/);
      assert.match(await ok(run('describe', kind, 'x')), /Name: +x/);
      assert.match(await ok(run('label', kind, 'x', 'tested=yes')), /x labeled/);
      assert.equal(
        await ok(run('get', kind, '-l', 'tested=yes', '-o', 'name')).then((names) => names.split('/')[1]),
        'x\n',
      );
      assert.match(await ok(run('delete', kind, 'x')), /"x" deleted/);
      const gone = await run('get', kind, 'x');
      assert.match(gone.stderr, /NotFound/);
    });

    it(`applies a ${kind} twice, client-side and server-side`, async () => {
      assert.match(await ok(pipe(manifest, 'apply', '-f', '-')), /x created/);
      assert.match(await ok(pipe(manifest, 'apply', '-f', '-')), /x unchanged/);
      assert.match(
        await ok(pipe(manifest, 'apply', '--server-side', '--field-manager', 'kubectl', '-f', '-')),
        /x serverside-applied/,
      );
      await ok(run('delete', kind, 'x'));
    });
  }

  it('scales, edits, waits for and deletes a Deployment', async () => {
    await ok(pipe(deployment, 'apply', '-f', '-'));
    assert.match(await ok(run('scale', 'deployment/web', '--replicas=5')), /web scaled/);
    assert.equal(await ok(run('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')), '5');
    const edited = await kubectl(
      { kubeconfig: server.kubeconfig, env: { KUBE_EDITOR: 'sed -i s/nginx/httpd/' } },
      'edit',
      'deployment',
      'web',
    );
    assert.match(edited.stdout, /web edited/, edited.stderr);
    assert.equal(
      await ok(run('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')),
      'httpd',
    );
    assert.match(await ok(run('set', 'image', 'deployment/web', 'web=nginx:1.27')), /image updated/);
    await ok(
      run(
        'patch',
        'deployment',
        'web',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"conditions":[{"type":"Available","status":"True"}]}}',
      ),
    );
    assert.match(
      await ok(run('wait', '--for=condition=Available', '--timeout=10s', 'deployment/web')),
      /condition met/,
    );
    assert.match(await ok(run('delete', 'deployment', 'web', '--timeout=20s')), /"web" deleted/);
  });

  it('deletes a namespace with everything in it', async () => {
    await ok(run('create', 'namespace', 'going'));
    await ok(run('-n', 'going', 'create', 'configmap', 'inside'));
    await ok(run('delete', 'namespace', 'going', '--timeout=30s'));
    assert.match((await run('-n', 'going', 'get', 'configmap', 'inside')).stderr, /NotFound/);
  });

  it('gives a new namespace its service account and root CA', async () => {
    await ok(run('create', 'namespace', 'fresh'));
    await ok(run('-n', 'fresh', 'wait', '--for=create', 'serviceaccount/default', '--timeout=20s'));
    await ok(run('-n', 'fresh', 'wait', '--for=create', 'configmap/kube-root-ca.crt', '--timeout=20s'));
  });

  it('prints the errors that users know', async () => {
    assert.equal(
      (await run('get', 'configmap', 'nothing')).stderr,
      'Error from server (NotFound): configmaps "nothing" not found\n',
    );
    await ok(run('create', 'configmap', 'twice'));
    assert.equal(
      (await run('create', 'configmap', 'twice')).stderr,
      'error: failed to create configmap: configmaps "twice" already exists\n',
    );
    assert.match(
      (await pipe(deployment.replace('replicas: 2', 'replicas: 2\n  foo: 1'), 'create', '-f', '-')).stderr,
      /strict decoding error: unknown field "spec.foo"/,
    );
    assert.match(
      (await pipe(deployment.replace('app: web}}\n  template', 'app: other}}\n  template'), 'create', '-f', '-'))
        .stderr,
      /`selector` does not match template `labels`/,
    );
    assert.match(
      (await run('create', 'configmap', 'Not_A_Name')).stderr,
      /a lowercase RFC 1123 subdomain must consist of/,
    );
  });

  it('makes a workspace that is ready at once and a world of its own', async () => {
    await ok(
      pipe('apiVersion: tenancy.kcp.io/v1alpha1\nkind: Workspace\nmetadata: {name: team-a}', 'create', '-f', '-'),
    );
    assert.match(await ok(run('get', 'workspace', 'team-a', '--no-headers')), /^team-a .*Ready/);
    const inside = { kubeconfig: server.kubeconfig, server: `${server.url}/clusters/root:team-a` };
    await ok(kubectl(inside, 'create', 'configmap', 'mine', '--from-literal=a=1'));
    assert.match((await run('get', 'configmap', 'mine')).stderr, /NotFound/);
    assert.match((await kubectl(inside, 'get', 'configmap', 'twice')).stderr, /NotFound/);
    await ok(run('delete', 'workspace', 'team-a'));
    assert.match((await kubectl(inside, 'get', 'configmaps')).stderr, /Forbidden|forbidden/);
  });

  it('finds everything again after a restart', async () => {
    await ok(run('create', 'configmap', 'kept', '--from-literal=a=1'));
    const port = Number(new URL(server.url).port);
    assert.equal(await server.stop(), 0);
    server = await startServerProcess({ dataDir, port, flags: ['--processes', '2'] });
    assert.equal(await ok(run('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')), '1');
  });

  it('watches what others do', async () => {
    const watching = kubectl(
      { kubeconfig: server.kubeconfig, timeoutMs: 8000 },
      'get',
      'configmaps',
      '-w',
      '--no-headers',
      '--request-timeout=6s',
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await ok(run('create', 'configmap', 'seen'));
    assert.match((await watching).stdout, /^seen /m);
  });
});
