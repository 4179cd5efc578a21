import { LRUCache } from 'lru-cache';
import { type ApiService, availability } from '../api/apiregistration.k8s.io/v1/types.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import type { FrontProxy } from '../client/front-proxy/front-proxy.ts';
import type { RemoteGroupVersion } from '../registry/aggregation.ts';
import type { RequestContext } from '../registry/registry.ts';

/** How long what a backend said is good without asking again. */
const freshMs = 60_000;
/** How long discovery waits for a backend that nothing is known of. */
const patienceMs = 1500;
const maxBytes = 8 << 20;
const maxEntries = 1000;

type Known = { readonly entry: JsonObject; readonly at: number };

/** In whose name discovery is read. */
const reader = { name: 'system:kube-aggregator', groups: ['system:masters'], extra: {} };

/** What aggregated servers serve, as items of discovery. Old answers are given at once and renewed behind; a dead backend is waited for once. */
export class BackendDiscovery {
  readonly #frontProxy: FrontProxy;
  readonly #known = new LRUCache<string, Known>({ max: maxEntries });
  readonly #asking = new Map<string, Promise<Known | undefined>>();

  constructor(frontProxy: FrontProxy) {
    this.#frontProxy = frontProxy;
  }

  /** The entry of a version in its group: Current with resources, or Stale. */
  async version(ctx: RequestContext, service: ApiService, groupVersion: RemoteGroupVersion): Promise<JsonObject> {
    const stale: JsonObject = { version: groupVersion.version, freshness: 'Stale' };
    if (availability(service)?.status !== 'True') return stale;
    const key = `${ctx.cluster.name} ${service.metadata.uid} ${JSON.stringify(service.spec)}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (Date.now() - known.at > freshMs) void this.#ask(key, ctx, service, groupVersion);
      return known.entry;
    }
    return (await this.#ask(key, ctx, service, groupVersion))?.entry ?? stale;
  }

  #ask(
    key: string,
    ctx: RequestContext,
    service: ApiService,
    groupVersion: RemoteGroupVersion,
  ): Promise<Known | undefined> {
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#fetch(ctx, service, groupVersion)
        .then((entry) => {
          const known = { entry, at: Date.now() };
          this.#known.set(key, known);
          return known;
        })
        .catch(() => undefined)
        .finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  /** Asks for the list of resources, which every server has. */
  async #fetch(ctx: RequestContext, service: ApiService, { group, version }: RemoteGroupVersion): Promise<JsonObject> {
    const { response, body } = await this.#frontProxy.read(
      {
        cluster: ctx.cluster.name,
        service,
        method: 'GET',
        path: `/apis/${group}/${version}`,
        headers: { accept: 'application/json' },
        user: reader,
        signal: AbortSignal.timeout(patienceMs),
      },
      maxBytes,
    );
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
    const list: unknown = JSON.parse(body.toString());
    const resources = isObject(list as Json) ? (list as JsonObject)['resources'] : undefined;
    if (!Array.isArray(resources)) throw new Error('no list of resources');
    return { version, resources: asDiscovered(resources.filter(isObject)), freshness: 'Current' };
  }
}

/** Turns the entries of an APIResourceList into those of aggregated discovery: subresources below their resource. */
function asDiscovered(listed: readonly JsonObject[]): JsonObject[] {
  const resources = new Map<string, JsonObject>();
  const nameOf = (entry: JsonObject): string => (typeof entry['name'] === 'string' ? entry['name'] : '');
  for (const entry of listed) {
    if (nameOf(entry).includes('/')) continue;
    resources.set(nameOf(entry), {
      resource: nameOf(entry),
      responseKind: responseKind(entry),
      scope: entry['namespaced'] === true ? 'Namespaced' : 'Cluster',
      singularResource: entry['singularName'] ?? '',
      verbs: entry['verbs'] ?? [],
      ...(entry['shortNames'] === undefined ? {} : { shortNames: entry['shortNames'] }),
      ...(entry['categories'] === undefined ? {} : { categories: entry['categories'] }),
    });
  }
  for (const entry of listed) {
    const [name = '', ...rest] = nameOf(entry).split('/');
    const parent = resources.get(name);
    if (rest.length === 0 || parent === undefined) continue;
    const others = Array.isArray(parent['subresources']) ? parent['subresources'] : [];
    parent['subresources'] = [
      ...others,
      { subresource: rest.join('/'), responseKind: responseKind(entry), verbs: entry['verbs'] ?? [] },
    ];
  }
  return [...resources.values()];
}

function responseKind(entry: JsonObject): JsonObject {
  return { group: entry['group'] ?? '', version: entry['version'] ?? '', kind: entry['kind'] ?? '' };
}
