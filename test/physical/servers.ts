import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, type Json } from '../../src/apimachinery/json.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type StartedServer, startServer } from '../../src/main.ts';
import { formatKubeconfig } from '../../src/server/pki.ts';
import { createTestDatabase } from '../../src/storage/testing.ts';
import { createPhysicalApi, type PhysicalApi } from '../../src/sync/physical/api.ts';
import { runSimulatedKubelet } from '../../src/sync/simulated/kubelet.ts';
import { runSimulatedWorkloadController } from '../../src/sync/simulated/workload-controller.ts';
import { createDirectTransport } from '../../src/sync/transport/direct.ts';
import { parseKubeconfig } from '../../src/sync/transport/kubeconfig.ts';

export const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export type Server = StartedServer & { readonly dataDir: string };

/** The whole program in this process, on a database and a free port of its own. */
export async function startWholeServer(flags: Readonly<Record<string, string>> = {}): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-physical-'));
  const database = await createTestDatabase();
  const listen = `127.0.0.1:${await freePort()}`;
  const config = loadConfig({
    flags: {
      listen,
      'data-dir': dataDir,
      'database-url': database.url,
      processes: '1',
      'log-level': process.env.ATOLL_TEST_LOG_LEVEL ?? 'silent',
      ...flags,
    },
    env: {},
  });
  const server = await startServer(config);
  return {
    ...server,
    dataDir,
    async stop() {
      await server.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A cluster that can run workloads, or acts as if. */
export type PhysicalServer = { readonly kubeconfig: string; readonly api: PhysicalApi; stop(): Promise<void> };

/**
 * The cluster that ATOLL_TEST_PHYSICAL_KUBECONFIG names, else a second server of this program with simulated workload controllers. A cluster without nodes
 * (also a stock control plane alone) gets a simulated kubelet.
 */
export async function startPhysicalServer(): Promise<PhysicalServer> {
  const file = process.env.ATOLL_TEST_PHYSICAL_KUBECONFIG;
  const server = file === undefined ? await startWholeServer({ roles: 'api,controllers' }) : undefined;
  const kubeconfig = server === undefined ? readFileSync(file ?? '', 'utf8') : kubeconfigOf(server);
  const api = openApi(kubeconfig);
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  const simulated = openApi(kubeconfig);
  if (server !== undefined)
    running.push(runSimulatedWorkloadController({ api: simulated, log: quiet }, stopping.signal));
  if (!(await hasNodes(api))) running.push(runSimulatedKubelet({ api: simulated, log: quiet }, stopping.signal));
  return {
    kubeconfig,
    api,
    async stop() {
      stopping.abort();
      simulated.close();
      api.close();
      await Promise.all(running);
      await server?.stop();
    },
  };
}

export function openApi(kubeconfig: string): PhysicalApi {
  return createPhysicalApi(createDirectTransport(parseKubeconfig(kubeconfig), 'atoll-test'));
}

/** The administrator's kubeconfig of a server, as text. */
export function kubeconfigOf({ url, caCertificatePem, adminToken }: StartedServer): string {
  return formatKubeconfig({ file: '', server: url, caCertificatePem, token: adminToken, contextName: 'physical' });
}

async function hasNodes(api: PhysicalApi): Promise<boolean> {
  if (process.env.ATOLL_TEST_PHYSICAL_KUBECONFIG === undefined) return false;
  const { items } = await api.getJson('/api/v1/nodes');
  const real = (node: Json): boolean => isObject(node) && isObject(node.metadata) && node.metadata.name !== 'simulated';
  return Array.isArray(items) && items.some(real);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
