import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadConfig, type StartedServer, startServer } from '../../src/index.ts';
import { newRequest } from '../../src/server/pki/new-request.ts';
import { type Endpoint, http } from '../support/http.ts';
import { kubectl } from '../support/kubectl.ts';
import { eventually } from '../support/wait.ts';
import { createWorkspace } from '../support/workspace.ts';

const atoll = new URL('../../src/cli/atoll.js', import.meta.url).pathname;
const requests = 'apis/certificates.k8s.io/v1/certificatesigningrequests';
const rbac = 'apis/rbac.authorization.k8s.io/v1';

type Request = {
  metadata: object;
  status?: { certificate?: string; conditions?: { type: string; message: string }[] };
};

describe('credentials for teams', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-credentials-'));
  let server: StartedServer;
  let admin: Endpoint;

  before(async () => {
    const flags = {
      listen: '127.0.0.1:0',
      'data-dir': directory,
      processes: '1',
      roles: 'api,controllers',
      'log-level': 'error',
    };
    server = await startServer(loadConfig({ flags, env: {} }));
    admin = { url: server.url, ca: server.caCertificatePem, token: server.adminToken };
    for (const team of ['red', 'blue']) await createWorkspace(admin, team);
    // The server's own kubeconfig names the port that was asked for.
    writeFileSync(
      join(directory, 'asked.kubeconfig'),
      JSON.stringify({
        'current-context': 'a',
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        users: [{ name: 'a', user: { token: server.adminToken } }],
        clusters: [
          {
            name: 'a',
            cluster: {
              server: server.url,
              'certificate-authority-data': Buffer.from(server.caCertificatePem).toString('base64'),
            },
          },
        ],
      }),
    );
  });
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs the command line beside the server. */
  function run(...args: string[]): Promise<{ code: number; out: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [atoll, ...args, '--kubeconfig', join(directory, 'asked.kubeconfig')],
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
        },
      );
    });
  }

  /** The status of a GET with a client certificate. */
  function withCertificate(pem: string, key: string, path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(`${server.url}${path}`, { cert: pem, key, ca: admin.ca, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Asks and approves in a workspace; gives the request when it is decided. */
  async function signed(team: string, name: string, user: string, groups: string[], spec: object = {}) {
    const { keyPem, requestPem } = await newRequest(user, groups);
    const at = `/clusters/root:${team}/${requests}`;
    const made = await http(admin, 'POST', at, {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name },
      spec: {
        request: Buffer.from(requestPem).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
        ...spec,
      },
    });
    if (made.status !== 201) return { keyPem, refusal: made.text, certificate: '', decided: undefined };
    const approved = await http(admin, 'PUT', `${at}/${name}/approval`, {
      ...made.json<Request>(),
      status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }] },
    });
    assert.equal(approved.status, 200, approved.text);
    const decided = await eventually('the signature', async () => {
      const { status } = (await http(admin, 'GET', `${at}/${name}`)).json<Request>();
      return status?.certificate !== undefined || status?.conditions?.some(({ type }) => type === 'Failed')
        ? status
        : undefined;
    });
    return { keyPem, refusal: '', certificate: Buffer.from(decided.certificate ?? '', 'base64').toString(), decided };
  }

  it('are certificates that act in their own logical cluster only, until they are revoked', async () => {
    for (const team of ['red', 'blue']) {
      const bound = await http(admin, 'POST', `/clusters/root:${team}/${rbac}/clusterrolebindings`, {
        metadata: { name: 'cara' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'cara' }],
      });
      assert.equal(bound.status, 201, bound.text);
    }
    const { keyPem, certificate } = await signed('red', 'cara', 'cara', ['devs']);
    const pods = 'api/v1/namespaces/default/pods';
    assert.equal(await withCertificate(certificate, keyPem, `/clusters/root:red/${pods}`), 200);
    assert.equal(await withCertificate(certificate, keyPem, `/clusters/root:blue/${pods}`), 401);
    assert.equal(await withCertificate(certificate, keyPem, `/${pods}`), 401);
    const issued = '/clusters/root:red/apis/access.atoll.dev/v1alpha1/issuedcertificates';
    const { items } = (await http(admin, 'GET', issued)).json<{ items: { metadata: { name: string } }[] }>();
    const [record] = items;
    assert.ok(record);
    assert.equal((await http(admin, 'DELETE', `${issued}/${record.metadata.name}`)).status, 200);
    assert.equal(await withCertificate(certificate, keyPem, `/clusters/root:red/${pods}`), 401);
  });

  it('never make anybody a member of system:masters', async () => {
    const { refusal } = await signed('red', 'master', 'eve', ['system:masters']);
    assert.match(
      refusal,
      /use of kubernetes.io\/kube-apiserver-client signer with system:masters group is not allowed/,
    );
  });

  it('are refused with a condition when the signer does not sign such requests', async () => {
    const { decided } = await signed('red', 'node', 'dora', ['devs'], {
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['client auth', 'digital signature'],
    });
    const failed = decided?.conditions?.find(({ type }) => type === 'Failed');
    assert.equal(failed?.message, 'subject organization is not system:nodes');
  });

  it('are kubeconfigs of users, which real kubectl works with and which can be listed and revoked', async () => {
    const file = join(directory, 'ann.kubeconfig');
    const made = await run('kubeconfig', 'root:red', '--user', 'ann', '--role', 'edit', '-n', 'default', '-o', file);
    assert.equal(made.code, 0, made.out);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const listed = await kubectl({ kubeconfig: file }, 'get', 'configmaps', '-o', 'name');
    assert.match(listed.stdout, /kube-root-ca.crt/, listed.stderr);
    assert.match(
      (await kubectl({ kubeconfig: file }, 'get', 'nodes')).stderr,
      /User "ann" cannot list resource "nodes"/,
    );
    const blue = `${server.url}/clusters/root:blue`;
    assert.match((await kubectl({ kubeconfig: file, server: blue }, 'get', 'pods')).stderr, /logged in|Unauthorized/);
    const why = await run('why-denied', 'ann', 'list', 'nodes', '--workspace', 'root:red');
    assert.equal(why.code, 2);
    assert.match(why.out, /denied by RBAC[\s\S]*missing rule: .*"resources":\["nodes"\]/);
    const row = (await run('kubeconfig', 'root:red', '--list')).out.split('\n').find((line) => line.includes('ann'));
    const [kind, id = ''] = row?.split('\t') ?? [];
    assert.equal(kind, 'certificate');
    assert.equal((await run('kubeconfig', 'root:red', '--revoke', id)).code, 0);
    assert.match((await kubectl({ kubeconfig: file }, 'get', 'configmaps')).stderr, /logged in|Unauthorized/);
  });

  it('are kubeconfigs of ServiceAccounts, whose token ends with its Secret', async () => {
    const file = join(directory, 'robot.kubeconfig');
    const made = await run(
      'kubeconfig',
      'root:blue',
      '--service-account=default/default',
      '--role=view',
      '--namespace=default',
      '--expires=1h',
      `--out=${file}`,
    );
    assert.equal(made.code, 0, made.out);
    const listed = await kubectl({ kubeconfig: file }, 'get', 'configmaps', '-o', 'name');
    assert.match(listed.stdout, /kube-root-ca.crt/, listed.stderr);
    const [, id = ''] = (await run('kubeconfig', 'root:blue', '--list')).out.split('\t');
    assert.match(id, /^default\/kubeconfig-/);
    assert.equal((await run('kubeconfig', 'root:blue', '--revoke', id)).code, 0);
    assert.match((await kubectl({ kubeconfig: file }, 'get', 'configmaps')).stderr, /logged in|Unauthorized/);
  });

  it('are kubeconfigs that sign in, in the shape that users of kubelogin know', async () => {
    const file = join(directory, 'oidc.kubeconfig');
    const flags = ['--oidc-issuer-url', 'https://id.example.com', '--oidc-client-id', 'c', '-o', file];
    assert.equal((await run('kubeconfig', 'root:red', '--oidc', 'kubelogin', ...flags)).code, 0);
    const { users } = parse(readFileSync(file, 'utf8')) as { users: { user: { exec: { args: string[] } } }[] };
    assert.deepEqual(users[0]?.user.exec.args, [
      'oidc-login',
      'get-token',
      '--oidc-issuer-url=https://id.example.com',
      '--oidc-client-id=c',
    ]);
  });
});
