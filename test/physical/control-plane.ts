import { createAdmission } from '../../src/admission/index.ts';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import type { PhysicalCluster } from '../../src/api/placement.atoll.dev/v1alpha1/physicalclusters.ts';
import { isObject, type Json, type JsonObject } from '../../src/apimachinery/json.ts';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import type { LoopbackClient } from '../../src/client/client.ts';
import { createLoopbackClient, systemUser } from '../../src/client/loopback.ts';
import { createControllers } from '../../src/controllers/start.ts';
import { runControllers } from '../../src/controllers/framework/runner.ts';
import { type ClusterName, rootCluster } from '../../src/logicalcluster/name.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { createRegistry } from '../../src/registry/generic/registry.ts';
import { standardStorages } from '../../src/registry/standard.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import type { PhysicalApi } from '../../src/sync/physical/api.ts';
import { startSync, type SyncOptions } from '../../src/sync/start.ts';
import { fieldManager } from '../../src/sync/vocabulary.ts';
import { allWorks, type StoredWork } from '../../src/sync/work/work-store.ts';
import { eventually } from '../support/wait.ts';
import { quiet } from './servers.ts';

/** The tenants' side without HTTP and Postgres: store, registry, controllers and sync in this process. */
export type ControlPlane = {
  readonly store: ObjectStore;
  readonly client: LoopbackClient;
  /** Starts sync, or starts it again: what runs is stopped first. */
  restartSync(options?: Pick<SyncOptions, 'at' | 'timing'>): Promise<void>;
  stopSync(): Promise<void>;
  stop(): Promise<void>;
};

const physicalClusters = 'physicalclusters.placement.atoll.dev';

export function startControlPlane(): ControlPlane {
  const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: '' }) });
  const catalogs = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
  const authorizer = createAuthorizer({ store });
  const externalUrl = 'https://127.0.0.1:6443';
  const registry = createRegistry({
    store,
    catalogs,
    admission: createAdmission({ store, catalogs, authorizer: createAuthorizer({ store }) }),
    ...standardStorages({ store, authorizer, externalUrl }),
  });
  const client = createLoopbackClient({ registry, catalogs, store, user: systemUser });
  const syncClient = createLoopbackClient({ registry, catalogs, store, user: systemUser, fieldManager });
  const controllers = runControllers({
    name: 'controllers',
    store,
    log: quiet,
    controllers: createControllers({ store, client, catalogs, log: quiet, caCertificatePem: '' }),
  });
  let sync: { stop(): Promise<void> } | undefined;
  const stopSync = async (): Promise<void> => {
    await sync?.stop();
    sync = undefined;
  };
  return {
    store,
    client,
    async restartSync(options = {}) {
      await stopSync();
      sync = startSync({ store, client: syncClient, config: {}, log: quiet, ...options });
    },
    stopSync,
    async stop() {
      await stopSync();
      await controllers.stop();
      await store.close();
    },
  };
}

/** Makes a workspace below root and gives the name of its logical cluster. */
export async function makeWorkspace({ client }: ControlPlane, name: string): Promise<ClusterName> {
  const workspace = await client.create(
    { cluster: rootCluster, resource: 'workspaces.tenancy.kcp.io' },
    { apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name } },
  );
  return (workspace.spec as { cluster: string }).cluster as ClusterName;
}

/** Registers a physical cluster, with its kubeconfig in a Secret of the same name. */
export async function register({ client }: ControlPlane, name: string, kubeconfig: string): Promise<void> {
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    data: { kubeconfig: Buffer.from(kubeconfig).toString('base64') },
  };
  await client.create({ cluster: rootCluster, resource: 'secrets', namespace: 'default' }, secret);
  await client.create(
    { cluster: rootCluster, resource: physicalClusters },
    {
      apiVersion: 'placement.atoll.dev/v1alpha1',
      kind: 'PhysicalCluster',
      metadata: { name },
      spec: { heartbeatSeconds: 1, kubeconfigSecretRef: { namespace: 'default', name } },
    },
  );
}

export async function unregister({ client }: ControlPlane, name: string): Promise<void> {
  await client.delete({ cluster: rootCluster, resource: physicalClusters, name });
  await client.delete({ cluster: rootCluster, resource: 'secrets', namespace: 'default', name });
}

/** `Ready=True Healthy: the cluster answers`, of each condition by type. */
export async function conditionsOf({ client }: ControlPlane, name: string): Promise<Readonly<Record<string, string>>> {
  const cluster = (await client.get({ cluster: rootCluster, resource: physicalClusters, name })) as PhysicalCluster;
  return Object.fromEntries(
    (cluster.status?.conditions ?? []).map(({ type, status, reason, message }) => [
      type,
      `${status} ${reason}: ${message}`,
    ]),
  );
}

export async function isReady(plane: ControlPlane, name: string): Promise<boolean> {
  return ((await conditionsOf(plane, name)).Ready ?? '').startsWith('True');
}

export async function works({ store }: ControlPlane): Promise<readonly StoredWork[]> {
  const found: StoredWork[] = [];
  for await (const stored of allWorks(store)) found.push(stored);
  return found;
}

/** A Deployment of one container that reads a ConfigMap and a Secret, and both. */
export async function applyApp(
  plane: ControlPlane,
  cluster: ClusterName,
  changes: { replicas?: number; image?: string; greeting?: string } = {},
): Promise<void> {
  const { replicas = 2, image = 'nginx:1', greeting = 'hello' } = changes;
  const apply = (resource: string, object: JsonObject & { metadata: { name: string } }): Promise<KubeObject> =>
    plane.client.apply({ cluster, resource, namespace: 'default', name: object.metadata.name }, object, {
      fieldManager: 'tenant',
      force: true,
    });
  await apply('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app' }, data: { greeting } });
  await apply('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'app' }, data: { pw: 'cHc=' } });
  await apply('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'app' } },
      template: {
        metadata: { labels: { app: 'app' } },
        spec: {
          containers: [
            { name: 'c', image, envFrom: [{ configMapRef: { name: 'app' } }, { secretRef: { name: 'app' } }] },
          ],
        },
      },
    },
  });
}

export function findApp({ client }: ControlPlane, cluster: ClusterName): Promise<KubeObject | undefined> {
  return client.find({ cluster, resource: 'deployments.apps', namespace: 'default', name: 'app' });
}

/** Waits until the Deployment says that all its replicas are available. */
export function rolledOut(plane: ControlPlane, cluster: ClusterName, replicas: number): Promise<KubeObject> {
  return eventually(`${replicas} available replicas`, async () => {
    const app = await findApp(plane, cluster);
    const status = app?.status as Json | undefined;
    if (app === undefined || !isObject(status)) return undefined;
    const seen = status.observedGeneration === app.metadata.generation;
    return seen && status.availableReplicas === replicas && status.updatedReplicas === replicas ? app : undefined;
  });
}

export async function deleteApp({ client }: ControlPlane, cluster: ClusterName): Promise<void> {
  await client.delete({ cluster, resource: 'deployments.apps', namespace: 'default', name: 'app' });
}

/** Deletes the workspace, and waits until everything that was in a physical cluster for it goes, or is gone. */
export async function leaveNothing(plane: ControlPlane, physical: PhysicalApi, workspace: string): Promise<void> {
  const ref = { cluster: rootCluster, resource: 'workspaces.tenancy.kcp.io', name: workspace };
  if ((await plane.client.find(ref)) !== undefined) await plane.client.delete(ref);
  const root = await plane.store.cluster(rootCluster);
  await eventually('the namespaces to go', async () => {
    const { items } = await physical.getJson(`/api/v1/namespaces?labelSelector=atoll.dev%2Fcp-uid%3D${root?.uid}`);
    const namespaces = items as { metadata: { deletionTimestamp?: string } }[];
    return namespaces.every(({ metadata }) => metadata.deletionTimestamp !== undefined);
  });
}
