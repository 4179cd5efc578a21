import { type ApiService, apiServiceResource, availability } from '../api/apiregistration.k8s.io/v1/types.ts';
import type { Json } from '../apimachinery/json.ts';
import { compareVersions } from '../apimachinery/version-order.ts';
import type { FrontProxy } from '../client/front-proxy/front-proxy.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { Aggregator, RemoteGroup, RemoteGroupVersion, RemoteOpenApi } from '../registry/aggregation.ts';
import type { ConnectClient } from '../registry/connect/backend.ts';
import type { RequestContext } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { BackendDocuments } from './backend-documents.ts';
import { discoveredVersion, openApiHash } from './discovery.ts';
import { passOn, refuse } from './pass-on.ts';

export type AggregatorOptions = {
  readonly store: Pick<ObjectStore, 'getAny' | 'list'>;
  readonly frontProxy: FrontProxy;
};

/** Aggregation by what APIServices a logical cluster stores. Nothing is kept for clusters without remote ones. */
export function createAggregator(options: AggregatorOptions): Aggregator {
  return new StoredAggregator(options);
}

class StoredAggregator implements Aggregator {
  readonly #store: AggregatorOptions['store'];
  readonly #frontProxy: FrontProxy;
  readonly #documents: BackendDocuments;
  /** The remote ones of a state of a collection. */
  readonly #remoteOf = new WeakMap<object, readonly ApiService[]>();

  constructor({ store, frontProxy }: AggregatorOptions) {
    this.#store = store;
    this.#frontProxy = frontProxy;
    this.#documents = new BackendDocuments(frontProxy);
  }

  async serves(cluster: ClusterName, groupVersion: RemoteGroupVersion): Promise<boolean> {
    return (await this.#find(cluster, groupVersion)) !== undefined;
  }

  async pass(
    ctx: RequestContext,
    groupVersion: RemoteGroupVersion,
    path: string,
    client: ConnectClient,
  ): Promise<void> {
    const service = await this.#find(ctx.cluster.name, groupVersion);
    if (service === undefined || availability(service)?.status !== 'True')
      return refuse(client, 503, 'service unavailable');
    return passOn(this.#frontProxy, ctx, service, path, client);
  }

  async groups(cluster: ClusterName): Promise<readonly RemoteGroup[]> {
    return groupsOf(await this.#remote(cluster));
  }

  async discovery(ctx: RequestContext): Promise<readonly Json[]> {
    const services = await this.#remote(ctx.cluster.name);
    return Promise.all(groupsOf(services).map((group) => this.#group(ctx, group, services)));
  }

  async openApi(ctx: RequestContext): Promise<readonly RemoteOpenApi[]> {
    const services = await this.#remote(ctx.cluster.name);
    const found = services.map(async (service): Promise<RemoteOpenApi[]> => {
      const groupVersion = { group: service.spec?.group ?? '', version: service.spec?.version ?? '' };
      const hash = await openApiHash(this.#documents, ctx, service, groupVersion);
      return hash === undefined ? [] : [{ path: `apis/${groupVersion.group}/${groupVersion.version}`, hash }];
    });
    return (await Promise.all(found)).flat();
  }

  async #group(ctx: RequestContext, { name, versions }: RemoteGroup, services: readonly ApiService[]): Promise<Json> {
    const asked = versions.flatMap((version) => {
      const service = services.find(({ spec }) => spec?.group === name && spec.version === version);
      return service === undefined ? [] : [discoveredVersion(this.#documents, ctx, service, { group: name, version })];
    });
    return { metadata: { name, creationTimestamp: null }, versions: await Promise.all(asked) };
  }

  async #find(cluster: ClusterName, { group, version }: RemoteGroupVersion): Promise<ApiService | undefined> {
    const name = `${version}.${group}`;
    const stored = await this.#store.getAny({ cluster, resource: apiServiceResource, namespace: '', name });
    const service = stored?.object as ApiService | undefined;
    return isRemote(service) ? service : undefined;
  }

  async #remote(cluster: ClusterName): Promise<readonly ApiService[]> {
    const { items, version } = await this.#store.list({
      cluster,
      resource: apiServiceResource,
      namespace: '',
      at: { mode: 'any' },
    });
    const known = version && this.#remoteOf.get(version);
    if (known !== undefined) return known;
    const remote = items.map(({ object }) => object as ApiService).filter(isRemote);
    if (version !== undefined) this.#remoteOf.set(version, remote);
    return remote;
  }
}

function isRemote(service: ApiService | undefined): service is ApiService {
  return (service?.spec?.service ?? undefined) !== undefined;
}

/** Groups by their highest priority, versions by theirs and then as Kubernetes compares versions. */
function groupsOf(services: readonly ApiService[]): RemoteGroup[] {
  const byGroup = new Map<string, ApiService[]>();
  for (const service of services) {
    const name = service.spec?.group ?? '';
    byGroup.set(name, [...(byGroup.get(name) ?? []), service]);
  }
  const priority = (members: readonly ApiService[]) =>
    Math.max(...members.map(({ spec }) => spec?.groupPriorityMinimum ?? 0));
  return [...byGroup]
    .toSorted(([a, x], [b, y]) => priority(y) - priority(x) || (a < b ? -1 : 1))
    .map(([name, members]) => ({
      name,
      versions: members
        .toSorted(
          (a, b) =>
            (b.spec?.versionPriority ?? 0) - (a.spec?.versionPriority ?? 0) ||
            compareVersions(a.spec?.version ?? '', b.spec?.version ?? ''),
        )
        .map(({ spec }) => spec?.version ?? ''),
    }));
}
