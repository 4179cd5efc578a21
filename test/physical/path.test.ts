import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createHttpClient, type HttpClient } from '../../src/cli/demo/client.ts';
import { httpHands, kubectlHands } from '../../src/cli/demo/hands.ts';
import { type DemoIssuer, startDemoIssuer } from '../../src/cli/demo/issuer.ts';
import { playScenario } from '../../src/cli/demo/scenario.ts';
import { formatKubeconfig } from '../../src/server/pki.ts';
import { clientBinaries } from '../support/kubectl.ts';
import { eventually } from '../support/wait.ts';
import { type PhysicalServer, type Server, startPhysicalServer, startWholeServer } from './servers.ts';

const group = 'team';
const ours = '/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fmanaged-by%3Datoll';

describe('given a control plane and a physical cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-path-'));
  let issuer: DemoIssuer;
  let physical: PhysicalServer;

  before(async () => {
    issuer = await startDemoIssuer(join(directory, 'issuer'));
    writeFileSync(join(directory, 'ca.pem'), issuer.caCertificatePem);
    physical = await startPhysicalServer();
  });

  after(async () => {
    await physical.stop();
    await issuer.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const tool of ['plain HTTP', 'kubectl'] as const) {
    it(`a signed-in team’s apply with ${tool} runs there, and scale, edit and delete follow`, async () => {
      const server = await startWholeServer({
        'oidc-issuer-url': issuer.url,
        'oidc-client-id': issuer.clientId,
        'oidc-username-prefix': '-',
        'oidc-groups-claim': 'groups',
        'oidc-ca-file': join(directory, 'ca.pem'),
      });
      const before = await ourNamespaces();
      const admin = createHttpClient(server.url, server.caCertificatePem, server.adminToken);
      try {
        const told: string[] = [];
        await playScenario({
          admin,
          adminOf: (url) => createHttpClient(url, server.caCertificatePem, server.adminToken),
          signIn: (url) => signIn(server, url, tool),
          group,
          physicalName: 'harbor',
          physicalKubeconfig: physical.kubeconfig,
          physical: { get: (path) => physical.api.getJson(path), find: (path) => physical.api.get(path) },
          image: 'nginx:1',
          tell: (text) => told.push(text),
        });
        assert.equal(told.length, 10);
        await workspaceGoes(admin, before);
      } finally {
        admin.close();
        await server.stop();
      }
    });
  }

  async function signIn(
    server: Server,
    url: string,
    tool: string,
  ): Promise<{ client: HttpClient; hands: ReturnType<typeof httpHands> }> {
    const token = await issuer.token({ subject: 'jane', groups: [group] });
    const client = createHttpClient(url, server.caCertificatePem, token);
    if (tool !== 'kubectl') return { client, hands: httpHands(client) };
    const file = join(server.dataDir, 'team.kubeconfig');
    const { caCertificatePem } = server;
    writeFileSync(
      file,
      formatKubeconfig({ file, server: url, caCertificatePem, token, contextName: 'team', namespace: 'default' }),
    );
    return { client, hands: kubectlHands(clientBinaries().kubectl, file) };
  }

  /** A deleted workspace leaves nothing behind in the physical cluster. */
  async function workspaceGoes(admin: HttpClient, before: readonly string[]): Promise<void> {
    await admin.delete('/apis/tenancy.kcp.io/v1alpha1/workspaces/team');
    await eventually(
      'the workspace’s namespace to go from the physical cluster',
      async () => (await ourNamespaces()).every((name) => before.includes(name)),
      60_000,
    );
  }

  async function ourNamespaces(): Promise<string[]> {
    const { items } = await physical.api.getJson(ours);
    return (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  }
});
