import { type ApiService, apiServiceResource, availability } from '../api/apiregistration.k8s.io/v1/types.ts';
import type { FrontProxy } from '../client/front-proxy/front-proxy.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type {
  Aggregator,
  RemoteGroup,
  RemoteGroupVersion,
  RemoteOpenApi,
  RemoteOpenApiV2,
  RemoteVersion,
} from '../registry/aggregation.ts';
import type { ConnectClient } from '../registry/connect/backend.ts';
import type { RequestContext } from '../registry/registry.ts';
import type { CachedObject, ObjectStore } from '../storage/object-store.ts';
import { BackendDocuments } from './backend-documents.ts';
import { discoveredVersion, openApiHash, openApiV2Part } from './discovery.ts';
import { passOn, refuse } from './pass-on.ts';

export type AggregatorOptions = {
  readonly store: Pick<ObjectStore, 'peek' | 'list'>;
  readonly frontProxy: FrontProxy;
};

/** Aggregation by what APIServices a logical cluster stores. Nothing is kept for clusters without remote ones. */
export function createAggregator(options: AggregatorOptions): Aggregator {
  return new StoredAggregator(options);
}

/** Remote APIServices by their names, which are made of version and group. */
type ByName = ReadonlyMap<string, ApiService>;

class StoredAggregator implements Aggregator {
  readonly #store: AggregatorOptions['store'];
  readonly #frontProxy: FrontProxy;
  readonly #documents: BackendDocuments;
  /** The remote ones of a state of a collection. */
  readonly #known = new WeakMap<object, ByName>();

  constructor({ store, frontProxy }: AggregatorOptions) {
    this.#store = store;
    this.#frontProxy = frontProxy;
    this.#documents = new BackendDocuments(frontProxy);
  }

  serves(cluster: ClusterName, { group, version }: RemoteGroupVersion): boolean | Promise<boolean> {
    const remote = this.#remote(cluster);
    if (remote instanceof Promise) return remote.then((found) => found.has(`${version}.${group}`));
    return remote.has(`${version}.${group}`);
  }

  async pass(
    ctx: RequestContext,
    groupVersion: RemoteGroupVersion,
    path: string,
    client: ConnectClient,
  ): Promise<void> {
    const { group, version } = groupVersion;
    const service = (await this.#remote(ctx.cluster.name)).get(`${version}.${group}`);
    if (service === undefined || availability(service)?.status !== 'True')
      return refuse(client, 503, 'service unavailable');
    return passOn(this.#frontProxy, ctx, service, path, client);
  }

  async groups(cluster: ClusterName): Promise<readonly RemoteGroup[]> {
    return groupsOf((await this.#remote(cluster)).values());
  }

  async discovery(ctx: RequestContext): Promise<readonly RemoteVersion[]> {
    return this.#each(ctx, async (service, groupVersion) => ({
      ...groupVersion,
      entry: await discoveredVersion(this.#documents, ctx, service, groupVersion),
    }));
  }

  async openApi(ctx: RequestContext): Promise<readonly RemoteOpenApi[]> {
    const found = await this.#each(ctx, async (service, groupVersion) => {
      const hash = await openApiHash(this.#documents, ctx, service, groupVersion);
      return { path: `apis/${groupVersion.group}/${groupVersion.version}`, hash };
    });
    return found.flatMap(({ path, hash }) => (hash === undefined ? [] : [{ path, hash }]));
  }

  async openApiV2(ctx: RequestContext): Promise<readonly RemoteOpenApiV2[]> {
    const found = await this.#each(ctx, (service, groupVersion) =>
      openApiV2Part(this.#documents, ctx, service, groupVersion),
    );
    return found.filter((part) => part !== undefined);
  }

  async #each<T>(
    ctx: RequestContext,
    ask: (service: ApiService, groupVersion: RemoteGroupVersion) => Promise<T>,
  ): Promise<T[]> {
    const services = await this.#remote(ctx.cluster.name);
    return Promise.all(
      [...services.values()].map((service) => {
        const { group = '', version = '' } = service.spec ?? {};
        return ask(service, { group, version });
      }),
    );
  }

  #remote(cluster: ClusterName): ByName | Promise<ByName> {
    const items = this.#store.peek(cluster, apiServiceResource, '');
    if (items !== undefined) return this.#remoteOf(items);
    return this.#store
      .list({ cluster, resource: apiServiceResource, at: { mode: 'any' } })
      .then((list) => this.#remoteOf(list.items));
  }

  #remoteOf(items: readonly CachedObject[]): ByName {
    let remote = this.#known.get(items);
    if (remote === undefined) {
      const services = items.map(({ object }) => object as ApiService).filter(isRemote);
      remote = new Map(services.map((service) => [service.metadata.name ?? '', service]));
      this.#known.set(items, remote);
    }
    return remote;
  }
}

function isRemote(service: ApiService | undefined): service is ApiService {
  return (service?.spec?.service ?? undefined) !== undefined;
}

function groupsOf(services: Iterable<ApiService>): RemoteGroup[] {
  const groups = new Map<string, RemoteGroup>();
  for (const { spec } of services) {
    const { group: name = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
    const { priority = 0, versions = [] } = groups.get(name) ?? {};
    groups.set(name, {
      name,
      priority: Math.max(priority, groupPriorityMinimum),
      versions: [...versions, { version, priority: versionPriority }],
    });
  }
  return [...groups.values()];
}
