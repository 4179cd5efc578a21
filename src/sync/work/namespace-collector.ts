import { type Work, worksResource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { conflict } from '../../apimachinery/errors.ts';
import { formatTime } from '../../apimachinery/object.ts';
import type { Controller } from '../../controllers/framework/controller.ts';
import { type ClusterName, parseClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { namespaceWorkName } from '../render/names.ts';
import { physicalClustersResource } from '../physical/connections.ts';
import { listWorks, removeWork, type StoredWork, updateSpecItem } from './work-store.ts';

export type NamespaceCollectorOptions = { readonly store: ObjectStore; readonly now?: () => Date };

const everything = '*';
const workspacesResource = 'workspaces.tenancy.kcp.io';

/**
 * Retires the Works (in `root`) of namespaces that are no more: deleted, made anew under the same name, or gone with their workspace. The physical
 * cluster's namespace is deleted then, with all that is in it. Only a row that we wrote before we created a namespace leads to its deletion; what is
 * merely unknown (after a restored backup, say) is never touched. A key is `<cluster>/<namespace>`, `root/<work>`, or `root/*` for all.
 */
export function createNamespaceCollector({ store, now = () => new Date() }: NamespaceCollectorOptions): Controller {
  return {
    name: 'namespace-collector',
    concurrency: 1,
    sweepAtStart: true,
    notice({ type, key, object }, enqueue) {
      if (type !== 'DELETED') return;
      if (key.resource === worksResource && key.cluster !== rootCluster) {
        const { targetNamespace, physicalClusterUID } = (object.object as Work).spec;
        enqueue(`${rootCluster}/${namespaceWorkName(targetNamespace, physicalClusterUID)}`);
      }
      if (key.resource === 'namespaces' && key.cluster !== rootCluster) enqueue(`${key.cluster}/${key.name}`);
      // Its children go with it, so it is not enough to look at one cluster.
      else if (key.resource === workspacesResource || key.resource === physicalClustersResource)
        enqueue(`${rootCluster}/${everything}`);
    },
    async reconcile(key) {
      const slash = key.indexOf('/');
      const cluster = key.slice(0, slash);
      const rest = key.slice(slash + 1);
      for (const stored of await listWorks(store, rootCluster)) {
        const { source } = stored.work.spec;
        const concerned =
          cluster === rootCluster
            ? rest === everything || rest === stored.key.name
            : source.cluster === cluster && source.namespace === rest;
        if (!concerned) continue;
        if (!(await isRegistered(store, stored))) await removeWork(store, stored);
        else if (await isOrphan(store, stored)) await retire(store, stored, now());
      }
    },
    sweep({ enqueue }) {
      enqueue(`${rootCluster}/${everything}`);
      return Promise.resolve();
    },
  };
}

/** Of a cluster that is not registered any more nothing can be cleaned up. */
async function isRegistered(store: ObjectStore, { work: { spec } }: StoredWork): Promise<boolean> {
  const key = { cluster: rootCluster, resource: physicalClustersResource, namespace: '', name: spec.physicalCluster };
  return (await store.get(key))?.object.metadata.uid === spec.physicalClusterUID;
}

async function isOrphan(store: ObjectStore, { work }: StoredWork): Promise<boolean> {
  const { source, tombstoneAt } = work.spec;
  if (source.resource !== 'namespaces' || tombstoneAt !== undefined) return false;
  const name: ClusterName | undefined = parseClusterName(source.cluster);
  const cluster = name === undefined ? undefined : await store.cluster(name);
  if (cluster === undefined || cluster.state !== 'Active' || cluster.uid !== source.workspaceUID) return true;
  const namespace = await store.get({
    cluster: cluster.name,
    resource: 'namespaces',
    namespace: '',
    name: source.namespace,
  });
  if (namespace?.object.metadata.uid === source.namespaceUID) return false;
  // Works that still wait for their own clean-up there go first; the last of them to leave rings.
  const { items } = await store.list({
    cluster: cluster.name,
    resource: worksResource,
    at: { mode: 'fresh' },
    filter: (object) => (object.object as Work).spec.targetNamespace === work.spec.targetNamespace,
    limit: 1,
  });
  return items.length === 0;
}

async function retire(store: ObjectStore, stored: StoredWork, now: Date): Promise<void> {
  const { spec } = stored.work;
  const [outcome] = await store.commit([updateSpecItem(stored, { ...spec, tombstoneAt: formatTime(now) })]);
  if (outcome !== undefined && !outcome.ok && outcome.why === 'stale') {
    throw conflict(
      { group: '', resource: 'namespaces' },
      spec.targetNamespace,
      'its work changed while it was retired',
    );
  }
}
