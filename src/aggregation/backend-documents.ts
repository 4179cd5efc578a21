import { LRUCache } from 'lru-cache';
import { type ApiService, availability } from '../api/apiregistration.k8s.io/v1/types.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import type { FrontProxy } from '../client/front-proxy/front-proxy.ts';
import type { RequestContext } from '../registry/registry.ts';

/** How long what a backend said is good without asking again. */
const freshMs = 60_000;
/** How long a client waits for a backend that nothing is known of. */
const patienceMs = 1500;
const maxBytes = 8 << 20;
const maxEntries = 1000;
const maxTotalBytes = 32 << 20;

type Known = { readonly document: JsonObject; readonly at: number; readonly size: number };

/** In whose name documents are read. */
const reader = { name: 'system:kube-aggregator', groups: ['system:masters'], extra: {} };

/** Documents of aggregated servers. Old ones are given at once and renewed behind; a backend that is not available is never waited for. */
export class BackendDocuments {
  readonly #frontProxy: FrontProxy;
  readonly #known = new LRUCache<string, Known>({
    max: maxEntries,
    maxSize: maxTotalBytes,
    sizeCalculation: ({ size }) => size,
  });
  readonly #asking = new Map<string, Promise<Known | undefined>>();

  constructor(frontProxy: FrontProxy) {
    this.#frontProxy = frontProxy;
  }

  /** What the backend answers to GET `path`; undefined when it does not, in time. `read` makes of it what is kept. */
  async get(
    ctx: RequestContext,
    service: ApiService,
    path: string,
    read: (document: JsonObject) => JsonObject,
  ): Promise<JsonObject | undefined> {
    if (availability(service)?.status !== 'True') return undefined;
    const key = `${ctx.cluster.name} ${service.metadata.uid} ${JSON.stringify(service.spec)} ${path}`;
    const known = this.#known.get(key);
    const ask = () => this.#ask(key, () => this.#fetch(ctx, service, path, read));
    if (known === undefined) return (await ask())?.document;
    if (Date.now() - known.at > freshMs) void ask();
    return known.document;
  }

  #ask(key: string, fetch: () => Promise<Known>): Promise<Known | undefined> {
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = fetch()
        .then((known) => {
          this.#known.set(key, known);
          return known;
        })
        .catch(() => undefined)
        .finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  async #fetch(
    ctx: RequestContext,
    service: ApiService,
    path: string,
    read: (document: JsonObject) => JsonObject,
  ): Promise<Known> {
    const { response, body } = await this.#frontProxy.read(
      {
        cluster: ctx.cluster.name,
        service,
        method: 'GET',
        path,
        headers: { accept: 'application/json' },
        user: reader,
        signal: AbortSignal.timeout(patienceMs),
      },
      maxBytes,
    );
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
    const document = JSON.parse(body.toString()) as Json;
    if (!isObject(document)) throw new Error('no object');
    return { document: read(document), at: Date.now(), size: body.length + 1024 };
  }
}
