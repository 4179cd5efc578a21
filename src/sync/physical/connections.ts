import { defaultKubeconfigKey, type PhysicalCluster } from '../../api/placement.atoll.dev/v1alpha1/physicalclusters.ts';
import { placementGroup } from '../../api/placement.atoll.dev/v1alpha1/group.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { CachedObject, ObjectStore } from '../../storage/object-store.ts';
import { createDirectTransport } from '../transport/direct.ts';
import { type Endpoint, KubeconfigError, parseKubeconfig } from '../transport/kubeconfig.ts';
import type { Transport } from '../transport/transport.ts';
import { createPhysicalApi, type PhysicalApi } from './api.ts';

export const physicalClustersResource = `physicalclusters.${placementGroup}`;

/** An open way to a physical cluster. Stays the same object until credentials or registration change. */
export type Connection = { readonly name: string; readonly uid: string; readonly api: PhysicalApi };

export type ConnectionState =
  | { readonly state: 'open'; readonly connection: Connection; readonly cluster: PhysicalCluster }
  | Unusable
  /** Not registered (any more). */
  | { readonly state: 'gone' };

/** Registered, but its credentials cannot be used: `reason` and `message` are fit for a condition. */
export type Unusable = {
  readonly state: 'unusable';
  readonly reason: string;
  readonly message: string;
  readonly cluster: PhysicalCluster;
};

/** The ways to all physical clusters, opened on use and shared by everything in this process. */
export interface PhysicalClusterConnections {
  get(name: string): Promise<ConnectionState>;
  /** Ends every connection. */
  close(): void;
}

export type ConnectionOptions = {
  readonly store: ObjectStore;
  /** `atoll/0.1.0`. */
  readonly userAgent: string;
  /** Makes the transport; default: straight to the API server. */
  readonly openTransport?: (endpoint: Endpoint, userAgent: string) => Transport;
};

type Entry = { readonly uid: string; readonly kubeconfig: string; readonly connection: Connection };

export function createConnections({
  store,
  userAgent,
  openTransport = createDirectTransport,
}: ConnectionOptions): PhysicalClusterConnections {
  const open = new Map<string, Entry>();
  const drop = (name: string): void => {
    open.get(name)?.connection.api.close();
    open.delete(name);
  };

  return {
    async get(name) {
      const object = await store.getAny({
        cluster: rootCluster,
        resource: physicalClustersResource,
        namespace: '',
        name,
      });
      const cluster = object?.object as PhysicalCluster | undefined;
      const uid = cluster?.metadata.uid;
      if (cluster === undefined || uid === undefined || cluster.metadata.deletionTimestamp !== undefined) {
        drop(name);
        return { state: 'gone' };
      }
      const found = await readKubeconfig(store, cluster);
      // From here on nothing is awaited: two callers must not make two connections.
      const known = open.get(name);
      if ('reason' in found) {
        // A Secret that is replaced by delete and create is missing for a moment: what worked goes on working.
        if (known?.uid === uid && found.reason === 'SecretNotFound') {
          return { state: 'open', connection: known.connection, cluster };
        }
        drop(name);
        return { state: 'unusable', ...found, cluster };
      }
      if (known?.uid === uid && known.kubeconfig === found.kubeconfig) {
        return { state: 'open', connection: known.connection, cluster };
      }
      drop(name);
      try {
        const api = createPhysicalApi(openTransport(parseKubeconfig(found.kubeconfig), userAgent));
        const connection = { name, uid, api };
        open.set(name, { uid, kubeconfig: found.kubeconfig, connection });
        return { state: 'open', connection, cluster };
      } catch (error) {
        if (!(error instanceof KubeconfigError)) throw error;
        return { state: 'unusable', reason: 'InvalidKubeconfig', message: error.message, cluster };
      }
    },
    close() {
      for (const { connection } of open.values()) connection.api.close();
      open.clear();
    },
  };
}

async function readKubeconfig(
  store: ObjectStore,
  cluster: PhysicalCluster,
): Promise<{ kubeconfig: string } | { reason: string; message: string }> {
  const reference = cluster.spec?.kubeconfigSecretRef;
  if (reference === undefined) return { reason: 'SecretNotFound', message: 'spec.kubeconfigSecretRef is not set' };
  const { namespace, name, key = defaultKubeconfigKey } = reference;
  const secret: CachedObject | undefined = await store.getAny({
    cluster: rootCluster,
    resource: 'secrets',
    namespace,
    name,
  });
  if (secret === undefined) return { reason: 'SecretNotFound', message: `secret ${namespace}/${name} does not exist` };
  const data = secret.object.data as Json | undefined;
  const encoded = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof encoded !== 'string' || encoded === '') {
    return { reason: 'SecretKeyMissing', message: `secret ${namespace}/${name} has no key "${key}"` };
  }
  return { kubeconfig: Buffer.from(encoded, 'base64').toString('utf8') };
}
