import { assertWellFormed, clusterOf, isObjectItem, type ObjectItem } from '../group.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { CommitOptions, WriteItem } from '../object-store.ts';
import type { NewCluster, PreparedGroup, PreparedItem } from './batch.ts';
import type { Clusters, KnownCluster } from './clusters.ts';
import type { DefaultObjects } from './default-objects.ts';
import type { Resources } from './resources.ts';

export type PrepareOptions = {
  readonly clusters: Clusters;
  readonly resources: Resources;
  readonly defaults: DefaultObjects;
};

/** A group, and where it is to be committed. */
export type Prepared = { readonly shard: string; readonly group: PreparedGroup };

export const rootShard = 'root';
/** The number of no cluster: the database answers as for one that has been purged. */
const noCluster = -1;

/**
 * Turns names into numbers. Synchronous when this process knows all of them and they are of one cluster, which is the rule; undefined when it has to ask
 * the database first (`learn`).
 */
export function prepare(
  options: PrepareOptions,
  items: readonly WriteItem[],
  { guard }: CommitOptions,
): Prepared | undefined {
  const first = items[0];
  if (first === undefined || !isObjectItem(first)) return undefined;
  assertWellFormed(items);
  const cluster = options.clusters.known(first.key.cluster);
  if (cluster === undefined) return undefined;
  const objects = new Map<number, PreparedItem>();
  for (const [place, item] of items.entries()) {
    if (!isObjectItem(item) || item.key.cluster !== first.key.cluster) return undefined;
    const resource = options.resources.known(item.key.resource);
    if (resource === undefined) return undefined;
    objects.set(place, prepareItem(options, item, cluster, resource, place === 0 ? guard : undefined));
  }
  return { shard: cluster.record.shard, group: { items, objects, newClusters: noClusters } };
}

const noClusters: ReadonlyMap<number, NewCluster> = new Map();

/** As `prepare`, after asking for what is unknown. Throws when the group is not well formed or spans two shards. */
export async function learnAndPrepare(
  options: PrepareOptions,
  items: readonly WriteItem[],
  { guard }: CommitOptions,
): Promise<Prepared> {
  assertWellFormed(items);
  const newClusters = await numberNewClusters(options.clusters, items);
  const made = new Map([...newClusters.values()].map((cluster) => [cluster.record.name, cluster]));
  const known = new Map<ClusterName, KnownCluster>();
  for (const name of new Set(items.map((item) => clusterOf(item)))) {
    const cluster = made.has(name) ? undefined : await options.clusters.find(name);
    if (cluster !== undefined) known.set(name, cluster);
  }
  const objects = new Map<number, PreparedItem>();
  const shards = new Set<string>();
  for (const [place, item] of items.entries()) {
    const name = clusterOf(item);
    const cluster = known.get(name) ?? asCreated(made.get(name));
    if (cluster !== undefined) shards.add(cluster.record.shard);
    if (!isObjectItem(item)) continue;
    const resource = await options.resources.make(item.key.resource);
    objects.set(
      place,
      cluster === undefined
        ? { item, cluster: noCluster, resource, base: undefined }
        : prepareItem(options, item, cluster, resource, place === 0 ? guard : undefined),
    );
  }
  if (shards.size > 1) throw new Error(`an atomic group spans the shards ${[...shards].join(', ')}`);
  return { shard: [...shards][0] ?? rootShard, group: { items, objects, newClusters } };
}

async function numberNewClusters(
  clusters: Clusters,
  items: readonly WriteItem[],
): Promise<ReadonlyMap<number, NewCluster>> {
  const made = new Map<number, NewCluster>();
  for (const [place, item] of items.entries()) {
    if (item.op !== 'createCluster') continue;
    const record = { ...item.cluster, shard: item.cluster.shard ?? rootShard };
    made.set(place, { id: await clusters.reserveId(), record });
  }
  return made;
}

/** A cluster of this very group; its revision is not known before the commit, and nothing but default content asks for it. */
function asCreated(made: NewCluster | undefined): KnownCluster | undefined {
  if (made === undefined) return undefined;
  const { id, record } = made;
  return { id, record: { ...record, revision: 0, state: 'Active' }, guard: { value: 0, isSeen: true } };
}

function prepareItem(
  { defaults }: PrepareOptions,
  item: ObjectItem,
  cluster: KnownCluster,
  resource: number,
  guard: number | undefined,
): PreparedItem {
  const { key } = item;
  const base = defaults.has(key.resource)
    ? defaults.text(cluster.record, key.resource, key.namespace, key.name)
    : undefined;
  return guard === undefined
    ? { item, cluster: cluster.id, resource, base }
    : { item, cluster: cluster.id, resource, base, guard };
}
