import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Crd, crdGroup, crdResource, isCrdConditionTrue } from '../../api/apiextensions.k8s.io/v1/types.ts';
import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import type { CachedObject, ClusterRecord, ListOptions, ObjectStore } from '../../storage/object-store.ts';
import type { BuiltInCatalogs } from '../catalog.ts';
import type { Catalog, CatalogSource } from '../registry.ts';
import type { WebhookCaller } from '../webhooks.ts';
import { compileDefinition, contentKey } from './definition.ts';

/** One content, compiled once for all logical clusters that hold it. */
const maxCompiledBytes = 64 * 1024 * 1024;
const maxCatalogs = 2000;

/**
 * The catalogs of logical clusters that serve what is built in and what their CustomResourceDefinitions define. A cluster without definitions has the built-in
 * catalog itself; nothing is kept of a cluster but what its cached definitions hold weakly. `webhooks` convert between versions where a definition says so.
 */
export function createCustomResourceCatalogs(
  store: Pick<ObjectStore, 'list'>,
  builtIn: BuiltInCatalogs,
  webhooks?: WebhookCaller,
): CatalogSource {
  const compiler = new Compiler(webhooks);
  const read = async (cluster: ClusterRecord, at: ListOptions['at']): Promise<Catalog> => {
    const base = builtIn.builtIn(cluster);
    if (base.find(crdGroup, 'v1', 'customresourcedefinitions') === undefined) return base;
    const { items, version } = await store.list({ cluster: cluster.name, resource: crdResource, at });
    return items.length === 0 ? base : compiler.catalog(base, items, version);
  };
  return {
    builtIn: (cluster) => builtIn.builtIn(cluster),
    catalogFor: (cluster) => read(cluster, { mode: 'fresh' }),
    recentFor: (cluster) => read(cluster, { mode: 'any' }),
  };
}

type Compiled = { readonly key: string; readonly definition: ResourceDefinition };

/** Makes definitions and catalogs, and remembers them by their content. */
class Compiler {
  readonly #webhooks: WebhookCaller | undefined;
  readonly #byContent = new LRUCache<string, Compiled>({ maxSize: maxCompiledBytes });
  readonly #byObject = new WeakMap<CachedObject, Compiled | 'notServed'>();
  readonly #catalogs = new LRUCache<string, Catalog>({ max: maxCatalogs });
  readonly #byList = new WeakMap<object, { readonly base: Catalog; readonly catalog: Catalog }>();

  constructor(webhooks: WebhookCaller | undefined) {
    this.#webhooks = webhooks;
  }

  catalog(base: Catalog, items: readonly CachedObject[], version: object | undefined): Catalog {
    const known = version === undefined ? undefined : this.#byList.get(version);
    if (known?.base === base) return known.catalog;
    const catalog = this.#make(base, items);
    if (version !== undefined) this.#byList.set(version, { base, catalog });
    return catalog;
  }

  #make(base: Catalog, items: readonly CachedObject[]): Catalog {
    const served = items.map((item) => this.#compiled(item)).filter((each) => each !== 'notServed');
    if (served.length === 0) return base;
    const hash = createHash('sha256').update(base.hash);
    for (const { key } of served) hash.update(key);
    const name = hash.digest('hex');
    let catalog = this.#catalogs.get(name);
    if (catalog === undefined) {
      catalog = new LayeredCatalog(base, served, name);
      this.#catalogs.set(name, catalog);
    }
    return catalog;
  }

  #compiled(item: CachedObject): Compiled | 'notServed' {
    let compiled = this.#byObject.get(item);
    if (compiled === undefined) {
      compiled = this.#compile(item);
      this.#byObject.set(item, compiled);
    }
    return compiled;
  }

  #compile(item: CachedObject): Compiled | 'notServed' {
    const crd = item.object as Crd;
    if (!isCrdConditionTrue(crd, 'Established')) return 'notServed';
    const key = contentKey(crd);
    let compiled = this.#byContent.get(key);
    if (compiled === undefined) {
      compiled = { key, definition: compileDefinition(crd, this.#webhooks) };
      this.#byContent.set(key, compiled, { size: item.text.length });
    }
    return compiled;
  }
}

type Found = { readonly definition: ResourceDefinition; readonly version: VersionDefinition };

/** What is built in, and then custom resources by group and name. What is built in cannot be redefined. */
class LayeredCatalog implements Catalog {
  readonly hash: string;
  readonly definitions: readonly ResourceDefinition[];
  readonly #base: Catalog;
  readonly #custom = new Map<string, Found>();

  constructor(base: Catalog, custom: readonly Compiled[], hash: string) {
    this.#base = base;
    this.hash = hash;
    const builtIn = new Set(base.definitions.map(({ group, resource }) => `${resource}.${group}`));
    const own = custom
      .map(({ definition }) => definition)
      .filter(({ group, resource }) => !builtIn.has(`${resource}.${group}`))
      .toSorted((a, b) => compareTexts(a.group, b.group) || compareTexts(a.resource, b.resource));
    this.definitions = [...base.definitions, ...own];
    for (const definition of own)
      for (const version of definition.versions) {
        if (!version.served) continue;
        const view = definition.forVersion?.(version.version) ?? definition;
        this.#custom.set(`${definition.group}/${version.version}/${definition.resource}`, {
          definition: view,
          version,
        });
      }
  }

  find(group: string, version: string, resource: string): Found | undefined {
    return this.#base.find(group, version, resource) ?? this.#custom.get(`${group}/${version}/${resource}`);
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
