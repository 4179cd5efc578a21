import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { rootCluster } from '../../src/logicalcluster/name.ts';
import { ensurePki, formatKubeconfig, type Pki } from '../../src/server/pki.ts';
import { eventually } from '../support/wait.ts';
import {
  applyApp,
  conditionsOf,
  type ControlPlane,
  deleteApp,
  findApp,
  isReady,
  leaveNothing,
  makeWorkspace,
  register,
  rolledOut,
  startControlPlane,
  unregister,
  works,
} from './control-plane.ts';
import { type PhysicalServer, startPhysicalServer } from './servers.ts';

const physicalClusters = 'physicalclusters.placement.atoll.dev';

describe('given clusters that are dead, lying or wrongly described', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-lying-'));
  let pki: Pki;
  let liar: Server;
  let lie: (request: IncomingMessage, response: ServerResponse) => void;
  let physical: PhysicalServer;
  let plane: ControlPlane;

  before(async () => {
    pki = await ensurePki({ dataDir: directory, hosts: ['127.0.0.1'] });
    liar = createServer({ key: pki.serverKey, cert: pki.serverCert }, (request, response) => lie(request, response));
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    physical = await startPhysicalServer();
  });
  after(async () => {
    liar.closeAllConnections();
    liar.close();
    await physical.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    plane = startControlPlane();
    await plane.restartSync({ timing: { deleteDeadlineMs: 1500 } });
  });
  afterEach(async () => {
    await leaveNothing(plane, physical.api, 'team');
    await plane.stop();
  });

  function kubeconfig(port: number): string {
    return formatKubeconfig({
      file: '',
      server: `https://127.0.0.1:${port}`,
      caCertificatePem: pki.caCert,
      token: 'x',
      contextName: 'liar',
    });
  }

  const liarConfig = (): string => kubeconfig((liar.address() as AddressInfo).port);

  /** Registers it and gives the conditions once Ready is anything but True. */
  async function conditionsAfter(text: string): Promise<Readonly<Record<string, string>>> {
    await register(plane, 'odd', text);
    return eventually('conditions', async () => {
      const conditions = await conditionsOf(plane, 'odd');
      return conditions.Ready === undefined ? undefined : conditions;
    });
  }

  const json = (response: ServerResponse, value: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

  it('a garbage kubeconfig is a condition that says what is wrong with it', async () => {
    const conditions = await conditionsAfter('{{{ nonsense');
    assert.match(conditions.Ready ?? '', /^False InvalidKubeconfig: kubeconfig is not YAML/);
    assert.match(conditions.CredentialsValid ?? '', /^False InvalidKubeconfig: /);
  });

  it('a kubeconfig that wants to run a program is refused', async () => {
    const text = liarConfig().replace('token: x', 'exec: { command: touch, args: [/tmp/never], apiVersion: x }');
    assert.match(
      (await conditionsAfter(text)).Ready ?? '',
      /^False InvalidKubeconfig: kubeconfig: exec is not accepted/,
    );
  });

  it('a missing Secret, a missing key, and then the right one', async () => {
    await plane.client.create(
      { cluster: rootCluster, resource: physicalClusters },
      {
        apiVersion: 'placement.atoll.dev/v1alpha1',
        kind: 'PhysicalCluster',
        metadata: { name: 'late' },
        spec: { heartbeatSeconds: 3600, kubeconfigSecretRef: { namespace: 'default', name: 'late', key: 'config' } },
      },
    );
    const ready = (pattern: RegExp): Promise<unknown> =>
      eventually(String(pattern), async () => pattern.test((await conditionsOf(plane, 'late')).Ready ?? ''));
    await ready(/^False SecretNotFound: secret default\/late does not exist/);
    const ref = { cluster: rootCluster, resource: 'secrets', namespace: 'default' };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'late', namespace: 'default' } };
    await plane.client.create(ref, { ...secret, data: {} });
    await ready(/^False SecretKeyMissing: /);
    const config = Buffer.from(physical.kubeconfig).toString('base64');
    await plane.client.patch({ ...ref, name: 'late' }, { data: { config } });
    await ready(/^True Healthy/);
  });

  it('nobody there: Unreachable', async () => {
    const conditions = await conditionsAfter(kubeconfig(1));
    assert.match(conditions.Ready ?? '', /^Unknown Unreachable: .*ECONNREFUSED/);
  });

  it('revoked credentials: Unauthorized', async () => {
    lie = (_request, response) => json(response, { kind: 'Status', code: 401, message: 'no' }, 401);
    const conditions = await conditionsAfter(liarConfig());
    assert.match(conditions.Ready ?? '', /^False Unauthorized: /);
    assert.match(conditions.CredentialsValid ?? '', /^False Unauthorized: the cluster refuses the credentials/);
  });

  it('a web page, a huge answer, wrong JSON, a wrong type: BadResponse', async () => {
    const lies: (typeof lie)[] = [
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
      (_request, response) => response.writeHead(200).end(Buffer.alloc(1 << 20, 'x')),
      (_request, response) => json(response, [1, 2, 3]),
      (_request, response) => json(response, { gitVersion: { major: 1 } }),
      (request, response) =>
        json(
          response,
          request.url === '/version'
            ? { gitVersion: 'v1.33.0' }
            : { kind: 'Pod', apiVersion: 'v1', metadata: { uid: 7 } },
        ),
      (request, response) =>
        request.url === '/version'
          ? json(response, { gitVersion: 'v1.33.0' })
          : response.writeHead(404).end('404 page not found'),
    ];
    for (const [index, next] of lies.entries()) {
      lie = next;
      const conditions = await conditionsAfter(liarConfig());
      assert.match(conditions.Ready ?? '', /^False BadResponse: /, `lie ${index}`);
      assert.match(conditions.CredentialsValid ?? '', /^Unknown BadResponse: /);
      await unregister(plane, 'odd');
    }
  });

  it('a cluster that turns out to be another than before is not written to', async () => {
    const version = { gitVersion: 'v1.33.0' };
    const namespace = (uid: string) => ({
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { name: 'kube-system', uid },
    });
    let uid = 'first';
    lie = (request, response) => json(response, request.url === '/version' ? version : namespace(uid));
    await register(plane, 'odd', liarConfig());
    await eventually('Ready', () => isReady(plane, 'odd'));
    uid = 'second';
    await eventually('the change to be noticed', async () =>
      ((await conditionsOf(plane, 'odd')).Ready ?? '').startsWith('False ClusterUIDChanged: '),
    );
  });

  it('tenants never wait for a cluster that hangs', async () => {
    lie = () => {};
    await register(plane, 'odd', liarConfig());
    await register(plane, 'harbor', physical.kubeconfig);
    await eventually('the good cluster to be Ready', () => isReady(plane, 'harbor'));
    const cluster = await makeWorkspace(plane, 'team');
    const began = performance.now();
    await applyApp(plane, cluster);
    assert.ok(performance.now() - began < 1000);
    await rolledOut(plane, cluster, 2);
    assert.deepEqual([...new Set((await works(plane)).map(({ work }) => work.spec.physicalCluster))], ['harbor']);
    await deleteApp(plane, cluster);
    await eventually('the copy to be gone', async () => (await works(plane)).every(({ work }) => work.spec.tier === 0));
  });

  it('an unreachable cluster holds back a deletion for its time and no longer, and is cleaned up when it is back', async () => {
    await register(plane, 'harbor', physical.kubeconfig);
    await eventually('Ready', () => isReady(plane, 'harbor'));
    const cluster = await makeWorkspace(plane, 'team');
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    const secret = { cluster: rootCluster, resource: 'secrets', namespace: 'default', name: 'harbor' };
    const point = (text: string): Promise<unknown> =>
      plane.client.patch(secret, { data: { kubeconfig: Buffer.from(text).toString('base64') } });
    await point(kubeconfig(1));
    await deleteApp(plane, cluster);
    assert.notEqual(await findApp(plane, cluster), undefined);
    await eventually('the Deployment to go all the same', async () => (await findApp(plane, cluster)) === undefined);
    const left = (await works(plane)).find(({ work }) => work.spec.source.resource === 'deployments.apps');
    assert.equal(left?.work.status?.lastError?.class, 'Unreachable');
    const path = `/apis/apps/v1/namespaces/${left.work.spec.targetNamespace}/deployments/app`;
    assert.notEqual(await physical.api.get(path), undefined);
    await point(physical.kubeconfig);
    await eventually('the copy to be cleaned up', async () => (await physical.api.get(path)) === undefined, 30_000);
  });

  it('a cluster that is no longer registered holds nothing back', async () => {
    await register(plane, 'harbor', physical.kubeconfig);
    await eventually('Ready', () => isReady(plane, 'harbor'));
    const cluster = await makeWorkspace(plane, 'team');
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    const target = (await works(plane)).find(({ work }) => work.spec.tier === 4)?.work.spec.targetNamespace ?? '';
    await unregister(plane, 'harbor');
    await eventually('all works to be dropped', async () => (await works(plane)).length === 0);
    await deleteApp(plane, cluster);
    await eventually('the Deployment to be gone', async () => (await findApp(plane, cluster)) === undefined);
    const namespace = await physical.api.get(`/api/v1/namespaces/${target}`);
    await physical.api.remove(`/api/v1/namespaces/${target}`, namespace?.metadata.uid ?? '');
  });

  it('a cluster that is registered anew takes its copies over', async () => {
    await register(plane, 'harbor', physical.kubeconfig);
    await eventually('Ready', () => isReady(plane, 'harbor'));
    const cluster = await makeWorkspace(plane, 'team');
    await applyApp(plane, cluster);
    await rolledOut(plane, cluster, 2);
    const target = (await works(plane)).find(({ work }) => work.spec.tier === 4)?.work.spec.targetNamespace ?? '';
    const path = `/apis/apps/v1/namespaces/${target}/deployments/app`;
    const before = await physical.api.get(path);
    await unregister(plane, 'harbor');
    await eventually('all works to be dropped', async () => (await works(plane)).length === 0);
    await register(plane, 'harbour', physical.kubeconfig);
    await applyApp(plane, cluster, { replicas: 3 });
    await rolledOut(plane, cluster, 3);
    assert.equal((await physical.api.get(path))?.metadata.uid, before?.metadata.uid);
    assert.deepEqual([...new Set((await works(plane)).map(({ work }) => work.spec.physicalCluster))], ['harbour']);
  });

  it('a tenant is told why a workload does not run, without the name of a cluster', async () => {
    await register(plane, 'odd', kubeconfig(1));
    await eventually('a condition', async () => (await conditionsOf(plane, 'odd')).Ready);
    const cluster = await makeWorkspace(plane, 'team');
    await applyApp(plane, cluster);
    const synced = async (): Promise<string> => {
      const status = (await findApp(plane, cluster))?.status as
        | { conditions?: { type: string; reason: string; message: string }[] }
        | undefined;
      const condition = status?.conditions?.find(({ type }) => type === 'Synced');
      return condition === undefined ? '' : `${condition.reason}: ${condition.message}`;
    };
    assert.equal(
      await eventually('the reason', async () => (await synced()) || undefined),
      'NoClusterFits: no physical cluster can take it: Ready 1',
    );
    await register(plane, 'harbor', physical.kubeconfig);
    await rolledOut(plane, cluster, 2);
    assert.equal(await synced(), '');
  });

  it('without any physical cluster nothing is written', async () => {
    const cluster = await makeWorkspace(plane, 'team');
    await applyApp(plane, cluster);
    const app = await findApp(plane, cluster);
    assert.equal(app?.metadata.finalizers, undefined);
    await register(plane, 'harbor', physical.kubeconfig);
    await rolledOut(plane, cluster, 2);
    await deleteApp(plane, cluster);
    await eventually('the copy to be gone', async () => (await works(plane)).every(({ work }) => work.spec.tier === 0));
  });
});
