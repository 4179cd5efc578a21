import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient, type HttpClient } from '../../src/cli/demo/client.ts';
import { registration, teamManifests } from '../../src/cli/demo/manifests.ts';
import { startEmbeddedPostgres } from '../../src/pg/embedded.ts';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { type PhysicalServer, startPhysicalServer } from '../physical/servers.ts';
import { freePort, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { eventually } from '../support/wait.ts';

const rounds = Number(process.env['ATOLL_FAULT_ROUNDS'] ?? 6);
const deployments = '/apis/apps/v1/namespaces/default/deployments';

type Deployment = {
  metadata: { generation: number; namespace: string };
  spec: { replicas: number };
  status?: { observedGeneration?: number; availableReplicas?: number; updatedReplicas?: number };
};

describe('a control plane that is killed at random while a team edits', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-sync-faults-'));
  let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
  let physical: PhysicalServer;
  let server: ServerProcess;
  let port: number;

  const startAt = (name: string, at: number): Promise<ServerProcess> =>
    startServerProcess({
      dataDir: join(directory, name),
      port: at,
      flags: ['--processes', '1', '--database-url', postgres.url],
    });
  const start = async (): Promise<void> => {
    server = await startAt('control-plane', port);
  };
  const clientOf = (path: string): HttpClient => createHttpClient(`${server.url}${path}`, server.ca, server.token);

  before(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'database'), log: () => {} });
    await migrate(postgres.url);
    physical = await startPhysicalServer();
    port = await freePort();
    await start();
  });
  after(async () => {
    await server.stop();
    await physical.stop();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function copies(): Promise<Deployment[]> {
    const { items } = await physical.api.getJson(
      '/apis/apps/v1/deployments?labelSelector=app.kubernetes.io%2Fmanaged-by%3Datoll',
    );
    return items as unknown as Deployment[];
  }

  it('loses nothing, does nothing twice, and always ends where the last edit points', async () => {
    const admin = clientOf('');
    const { namespace, secret, cluster } = registration('harbor', physical.kubeconfig);
    await admin.post('/api/v1/namespaces', namespace);
    await admin.post('/api/v1/namespaces/fleet/secrets', secret);
    await admin.post('/apis/placement.atoll.dev/v1alpha1/physicalclusters', cluster);
    await admin.post('/apis/tenancy.kcp.io/v1alpha1/workspaces', {
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      kind: 'Workspace',
      metadata: { name: 'team' },
    });
    const { configMap, deployment } = teamManifests('nginx:1');
    let team = clientOf('/clusters/root:team');
    await team.apply('/api/v1/namespaces/default/configmaps/web', configMap);
    await team.apply(`${deployments}/web`, deployment);
    let edits = 1;
    for (let round = 0; round < rounds; round++) {
      const replicas = 1 + (round % 4);
      await team.merge(`${deployments}/web`, { spec: { replicas } });
      edits++;
      // Anywhere between the write and the end of the rollout.
      await sleep(Math.random() * 250);
      await server.kill();
      await start();
      team = clientOf('/clusters/root:team');
      await eventually(
        `${replicas} available replicas after kill ${round + 1}`,
        async () => {
          const { metadata, status } = (await team.get(`${deployments}/web`)) as unknown as Deployment;
          const seen = status?.observedGeneration === metadata.generation;
          return seen && status.availableReplicas === replicas && status.updatedReplicas === replicas;
        },
        60_000,
      );
      const [copy, ...more] = await copies();
      assert.deepEqual(more, []);
      assert.equal(copy?.spec.replicas, replicas);
      assert.ok(copy.metadata.generation <= edits, `${copy.metadata.generation} generations for ${edits} edits`);
    }
    await team.delete(`${deployments}/web`);
    await sleep(Math.random() * 100);
    await server.kill();
    await start();
    team = clientOf('/clusters/root:team');
    await eventually(
      'the Deployment to be gone',
      async () => (await team.find(`${deployments}/web`)) === undefined,
      60_000,
    );
    assert.deepEqual(await copies(), []);
  });

  it('goes on at once on another machine when the one that leads is killed', async () => {
    const other = await startAt('second', await freePort());
    try {
      const team = createHttpClient(`${other.url}/clusters/root:team`, other.ca, other.token);
      const { configMap, deployment } = teamManifests('nginx:1');
      await team.apply('/api/v1/namespaces/default/configmaps/web', configMap);
      await team.apply(`${deployments}/web`, deployment);
      await server.kill();
      const began = performance.now();
      await team.merge(`${deployments}/web`, { spec: { replicas: 5 } });
      await eventually('five available replicas', async () => {
        const { metadata, status } = (await team.get(`${deployments}/web`)) as unknown as Deployment;
        return status?.observedGeneration === metadata.generation && status.availableReplicas === 5;
      });
      assert.ok(performance.now() - began < 15_000);
      await team.delete(`${deployments}/web`);
      await eventually('the Deployment to be gone', async () => (await team.find(`${deployments}/web`)) === undefined);
      assert.deepEqual(await copies(), []);
      team.close();
    } finally {
      await other.stop();
      await start();
    }
  });
});
