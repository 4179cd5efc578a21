import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { formatKubeconfig } from '../server/pki.ts';
import { createPhysicalApi } from '../sync/physical/api.ts';
import { runSimulatedKubelet } from '../sync/simulated/kubelet.ts';
import { runSimulatedWorkloadController } from '../sync/simulated/workload-controller.ts';
import { createDirectTransport } from '../sync/transport/direct.ts';
import { parseKubeconfig } from '../sync/transport/kubeconfig.ts';
import { createHttpClient } from './demo/client.ts';
import { httpHands, kubectlHands } from './demo/hands.ts';
import { startDemoIssuer } from './demo/issuer.ts';
import { findKubectl } from './demo/kubectl.ts';
import { playScenario } from './demo/scenario.ts';
import { type ChildServer, startChildServer } from './demo/servers.ts';

type Options = {
  readonly keep: boolean;
  readonly kubectl: boolean;
  readonly physicalKubeconfig?: string;
  readonly image: string;
};

const group = 'demo-team';

/** `atoll demo`: the path from a workspace to a physical cluster, on this machine, told as it happens. */
export function define(command: Command): void {
  command
    .option('--physical-kubeconfig <FILE>', 'use this cluster instead of a second server of this program')
    .option('--image <IMAGE>', 'what the Deployment runs', 'nginx:1')
    .option('--no-kubectl', 'let the team member use plain HTTP even when kubectl is on the PATH')
    .option('--keep', 'leave data and logs in the temporary directory', false)
    .action(async () => {
      await runDemo(command.opts<Options>());
    });
}

async function runDemo(options: Options): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-demo-'));
  const cleanups: (() => Promise<void> | void)[] = [];
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`${signal}: stopping`)));
  });
  try {
    await Promise.race([play(options, directory, cleanups), interrupted]);
    console.log(`\n${styleText('green', 'The whole way works.')} Next: npm start, and docs/quickstart.md`);
  } catch (error) {
    process.exitCode = 1;
    console.error(
      `\n${styleText('red', 'The demo failed:')} ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
    if (options.keep) console.log(`data and kubeconfigs: ${directory}`);
    else await rm(directory, { recursive: true, force: true });
  }
}

async function play(options: Options, directory: string, cleanups: (() => Promise<void> | void)[]): Promise<void> {
  const began = performance.now();
  const tell = (text: string, details: readonly string[] = []): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(2).padStart(6);
    console.log(`${styleText('cyan', `${seconds} s`)}  ${text}`);
    for (const detail of details) console.log(`          ${styleText('dim', detail)}`);
  };
  console.log(styleText('bold', 'From a workspace to a physical cluster\n'));

  const issuer = await startDemoIssuer(join(directory, 'issuer'));
  cleanups.push(() => issuer.stop());
  const caFile = join(directory, 'issuer-ca.pem');
  await writeFile(caFile, issuer.caCertificatePem);
  const oidc = {
    'issuer-url': issuer.url,
    'client-id': issuer.clientId,
    'username-prefix': '-',
    'groups-claim': 'groups',
    'ca-file': caFile,
  };
  const flags = Object.entries(oidc).flatMap(([name, value]) => [`--oidc-${name}`, value]);
  const [tenant, physicalKubeconfig] = await Promise.all([
    startServer(join(directory, 'control-plane'), flags, cleanups),
    options.physicalKubeconfig === undefined
      ? simulatePhysicalCluster(join(directory, 'physical'), cleanups)
      : readFile(options.physicalKubeconfig, 'utf8'),
  ]);
  tell('the control plane is up, and so is the physical cluster', [
    `control plane     ${tenant.url}`,
    `physical cluster  ${physicalUrl(physicalKubeconfig)}${options.physicalKubeconfig === undefined ? ' (a second server of this program, with a simulated kubelet)' : ''}`,
  ]);

  const kubectl = options.kubectl ? findKubectl(process.env.PATH ?? '') : undefined;
  const physicalTransport = createDirectTransport(parseKubeconfig(physicalKubeconfig), 'atoll-demo');
  const physical = createPhysicalApi(physicalTransport);
  const admin = createHttpClient(tenant.url, tenant.caCertificatePem, tenant.adminToken);
  cleanups.push(
    () => physical.close(),
    () => admin.close(),
  );
  await playScenario({
    admin,
    adminOf: (url) => createHttpClient(url, tenant.caCertificatePem, tenant.adminToken),
    signIn: async (url) => {
      const token = await issuer.token({ subject: 'jane', groups: [group] });
      const client = createHttpClient(url, tenant.caCertificatePem, token);
      if (kubectl === undefined) return { client, hands: httpHands(client) };
      const file = join(directory, 'team.kubeconfig');
      const context = { contextName: 'team', userName: 'jane', namespace: 'default' };
      const text = formatKubeconfig({
        file,
        server: url,
        caCertificatePem: tenant.caCertificatePem,
        token,
        ...context,
      });
      await writeFile(file, text, { mode: 0o600 });
      return { client, hands: kubectlHands(kubectl, file) };
    },
    group,
    physicalName: 'harbor-1',
    physicalKubeconfig,
    physical: { get: (path) => physical.getJson(path), find: (path) => physical.get(path) },
    image: options.image,
    tell,
  });
}

async function startServer(
  dataDir: string,
  flags: readonly string[],
  cleanups: (() => Promise<void> | void)[],
): Promise<ChildServer> {
  const server = await startChildServer(dataDir, flags);
  cleanups.push(() => server.stop());
  return server;
}

/** A second server of this program with something that acts as its nodes and its workload controllers. Gives its kubeconfig. */
async function simulatePhysicalCluster(dataDir: string, cleanups: (() => Promise<void> | void)[]): Promise<string> {
  const server = await startServer(dataDir, ['--roles', 'api,controllers'], cleanups);
  const api = createPhysicalApi(createDirectTransport(parseKubeconfig(server.kubeconfig), 'atoll-simulated'));
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const stopping = new AbortController();
  const running = Promise.all([
    runSimulatedKubelet({ api, log: quiet, startMs: 50 }, stopping.signal),
    runSimulatedWorkloadController({ api, log: quiet }, stopping.signal),
  ]);
  cleanups.push(async () => {
    stopping.abort();
    api.close();
    await running;
  });
  return server.kubeconfig;
}

function physicalUrl(kubeconfig: string): string {
  const { host, port, basePath } = parseKubeconfig(kubeconfig);
  return `https://${host}:${port}${basePath}`;
}
