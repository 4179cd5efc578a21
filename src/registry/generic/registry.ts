import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { AdmissionChain } from '../admission.ts';
import { type ApiError, methodNotSupported } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type {
  CatalogSource,
  DeleteAnswer,
  DeleteOptions,
  GetOptions,
  ListAnswer,
  ListRequest,
  PatchAnswer,
  PatchRequest,
  Registry,
  Rendered,
  RequestContext,
  Target,
  WatchRequest,
  WatchSink,
  WriteOptions,
} from '../registry.ts';
import { admitSent } from './admitted-creation.ts';
import { createObject } from './create.ts';
import { deleteCollection } from './delete-collection.ts';
import { deleteObject } from './delete.ts';
import { type Engine, rethrowForClients, type RestStorage, type RestStorageFactory } from './engine.ts';
import { getObject } from './get.ts';
import type { ResourceHooks } from './hooks.ts';
import { listObjects } from './list.ts';
import { patchObject } from './patch.ts';
import { factsOf } from './resource-facts.ts';
import { type UpdateAnswer, updateObject } from './update.ts';
import { watchObjects } from './watch.ts';

export type RegistryOptions = {
  readonly store: ObjectStore;
  readonly catalogs: CatalogSource;
  readonly admission: AdmissionChain;
  /** The clock; tests set it. */
  readonly now?: () => Date;
  /**
   * Resources and subresources with storage of their own, by storage resource and subresource: `pods/binding`,
   * `selfsubjectreviews.authentication.k8s.io`. As the resource, `*` stands for every resource that is not named itself.
   */
  readonly subresources: Readonly<Record<string, RestStorageFactory>>;
  /** What single resources need beyond their strategy, by storage resource. */
  readonly hooks?: Readonly<Record<string, ResourceHooks>>;
};

/** The verbs over every resource: those with storage of their own are asked themselves, all others share the generic verbs. */
export function createRegistry(options: RegistryOptions): Registry {
  return new GenericRegistry(options);
}

class GenericRegistry implements Registry {
  readonly #engine: Engine;
  /** Storages by subresource, by resource. */
  readonly #storages = new Map<string, Map<string, RestStorage>>();
  readonly #routes = new WeakMap<ResourceDefinition, ReadonlyMap<string, RestStorage>>();

  constructor(options: RegistryOptions) {
    this.#engine = {
      store: options.store,
      catalogs: options.catalogs,
      admission: options.admission,
      now: options.now ?? (() => new Date()),
      hooks: options.hooks ?? {},
      registry: this,
    };
    for (const [key, make] of Object.entries(options.subresources)) {
      const [resource = '', subresource = ''] = key.split('/', 2);
      const known = this.#storages.get(resource) ?? new Map<string, RestStorage>();
      this.#storages.set(resource, known.set(subresource, make(this.#engine)));
    }
  }

  /** The storage that a target brings itself; undefined: the generic verbs serve it. */
  #own(target: Target): RestStorage | undefined {
    let route = this.#routes.get(target.definition);
    if (route === undefined) {
      const named = this.#storages.get(factsOf(target.definition).storage) ?? [];
      route = new Map([...(this.#storages.get('*') ?? []), ...named]);
      this.#routes.set(target.definition, route);
    }
    return route.get(target.subresource);
  }

  get(ctx: RequestContext, target: Target, options: GetOptions): Promise<Rendered> {
    const own = this.#own(target);
    if (own === undefined) return getObject(this.#engine, ctx, target, options).catch(rethrowForClients);
    return own.get?.(ctx, target, options) ?? refuse(target, 'get');
  }

  list(ctx: RequestContext, target: Target, request: ListRequest): Promise<ListAnswer> {
    const own = this.#own(target);
    if (own === undefined) return listObjects(this.#engine, ctx, target, request).catch(rethrowForClients);
    return own.list?.(ctx, target, request) ?? refuse(target, 'list');
  }

  watch(ctx: RequestContext, target: Target, request: WatchRequest, sink: WatchSink): Promise<() => void> {
    const own = this.#own(target);
    if (own === undefined) return watchObjects(this.#engine, ctx, target, request, sink).catch(rethrowForClients);
    return own.watch?.(ctx, target, request, sink) ?? refuse(target, 'watch');
  }

  create(ctx: RequestContext, target: Target, object: KubeObject, options: WriteOptions): Promise<Rendered> {
    const own = this.#own(target);
    if (own === undefined) return createObject(this.#engine, ctx, target, object, options).catch(rethrowForClients);
    if (own.create === undefined) return refuse(target, 'create');
    return this.#createOwn(own.create.bind(own), ctx, target, object, options);
  }

  async #createOwn(
    create: NonNullable<RestStorage['create']>,
    ctx: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteOptions,
  ): Promise<Rendered> {
    await admitSent(this.#engine, ctx, target, object, options).catch(rethrowForClients);
    return create(ctx, target, object, options);
  }

  update(ctx: RequestContext, target: Target, object: KubeObject, options: WriteOptions): Promise<UpdateAnswer> {
    const own = this.#own(target);
    if (own === undefined) return updateObject(this.#engine, ctx, target, object, options).catch(rethrowForClients);
    return own.update?.(ctx, target, object, options) ?? refuse(target, 'update');
  }

  patch(ctx: RequestContext, target: Target, request: PatchRequest, options: WriteOptions): Promise<PatchAnswer> {
    const own = this.#own(target);
    if (own === undefined) return patchObject(this.#engine, ctx, target, request, options).catch(rethrowForClients);
    return own.patch?.(ctx, target, request, options) ?? refuse(target, 'patch');
  }

  delete(ctx: RequestContext, target: Target, options: DeleteOptions): Promise<DeleteAnswer> {
    const own = this.#own(target);
    if (own === undefined) return deleteObject(this.#engine, ctx, target, options).catch(rethrowForClients);
    return own.delete?.(ctx, target, options) ?? refuse(target, 'delete');
  }

  deleteCollection(
    ctx: RequestContext,
    target: Target,
    request: ListRequest,
    options: DeleteOptions,
  ): Promise<ListAnswer> {
    const own = this.#own(target);
    if (own === undefined)
      return deleteCollection(this.#engine, ctx, target, request, options).catch(rethrowForClients);
    return own.deleteCollection?.(ctx, target, request, options) ?? refuse(target, 'deletecollection');
  }
}

function refuse(target: Target, verb: string): Promise<never> {
  const refusal: ApiError = methodNotSupported(factsOf(target.definition).gr, verb);
  return Promise.reject(refusal);
}
