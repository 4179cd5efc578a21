import { definitionFor } from '../api/resource-definition.ts';
import { forbidden, ApiError, genericNotFound } from '../apimachinery/errors.ts';
import { deepCopy, type Json, type JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { decodeObject } from '../apimachinery/schema/decode.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type {
  Catalog,
  CatalogSource,
  PatchType,
  Registry,
  RequestContext,
  Target,
  UserInfo,
} from '../registry/registry.ts';
import { clusterGone } from '../registry/generic/engine.ts';
import type { ClusterRecord, ObjectStore } from '../storage/object-store.ts';
import type { LoopbackClient, ObjectRef } from './client.ts';

export type LoopbackOptions = {
  readonly registry: Registry;
  readonly catalogs: CatalogSource;
  readonly store: ObjectStore;
  /** Asked before every call; absent: everything is allowed. */
  readonly authorizer?: Authorizer;
  readonly user: UserInfo;
  /** managedFields' manager for writes that name none; default: the user's name. */
  readonly fieldManager?: string;
};

/** The identity of the server's own parts. */
export const systemUser: UserInfo = {
  name: 'system:apiserver',
  uid: '',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
};

/**
 * A client of the API in this process: the registry's verbs without HTTP, in the name of one user. Objects it gives are the caller's own copies.
 */
export function createLoopbackClient(options: LoopbackOptions): LoopbackClient {
  return new Loopback(options);
}

const neverAborted = new AbortController().signal;
const pageSize = 500;

class Loopback implements LoopbackClient {
  readonly #options: LoopbackOptions;
  constructor(options: LoopbackOptions) {
    this.#options = options;
  }

  async get(ref: ObjectRef): Promise<KubeObject> {
    const { ctx, target } = await this.#address(ref, 'get');
    return copyOf((await this.#options.registry.get(ctx, target, {})).object());
  }

  async find(ref: ObjectRef): Promise<KubeObject | undefined> {
    try {
      return await this.get(ref);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  async list(query: {
    cluster: ClusterName;
    resource: string;
    namespace?: string;
    labelSelector?: string;
    fieldSelector?: string;
  }): Promise<readonly KubeObject[]> {
    const { labelSelector, fieldSelector } = query;
    const { ctx, target } = await this.#address({ ...query, name: '' }, 'list');
    const objects: KubeObject[] = [];
    let token = '';
    do {
      const answer = await this.#options.registry.list(ctx, target, {
        limit: pageSize,
        ...(token === '' ? {} : { continue: token }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
      });
      for (const item of answer.items) objects.push(copyOf(item.object()));
      token = answer.metadata.continue ?? '';
    } while (token !== '');
    return objects;
  }

  async create(ref: Omit<ObjectRef, 'name'>, object: KubeObject): Promise<KubeObject> {
    const { ctx, target } = await this.#address({ ...ref, name: '' }, 'create');
    const own = decodeObject(object as JsonObject, target.version.schema).object;
    return copyOf((await this.#options.registry.create(ctx, target, own, this.#writeOptions())).object());
  }

  async update(ref: ObjectRef, object: KubeObject, subresource = ''): Promise<KubeObject> {
    const { ctx, target } = await this.#address(ref, 'update', subresource);
    const own = decodeObject(object as JsonObject, target.version.schema).object;
    const answer = await this.#options.registry.update(ctx, target, own, this.#writeOptions());
    return copyOf(answer.object.object());
  }

  patch(ref: ObjectRef, patch: object, subresource = ''): Promise<KubeObject> {
    return this.#patch(ref, 'merge', patch, subresource, {});
  }

  apply(
    ref: ObjectRef,
    object: object,
    options: { fieldManager: string; force?: boolean; subresource?: string },
  ): Promise<KubeObject> {
    const { fieldManager, force = false, subresource = '' } = options;
    return this.#patch(ref, 'apply', object, subresource, { fieldManager, force });
  }

  async #patch(
    ref: ObjectRef,
    type: PatchType,
    patch: object,
    subresource: string,
    { fieldManager, force }: { fieldManager?: string; force?: boolean },
  ): Promise<KubeObject> {
    const { ctx, target } = await this.#address(ref, 'patch', subresource);
    const request = {
      type,
      patch: deepCopy(patch as JsonObject),
      strictErrors: [],
      ...(force === undefined ? {} : { force }),
    };
    const written = { ...this.#writeOptions(), ...(fieldManager === undefined ? {} : { fieldManager }) };
    return copyOf((await this.#options.registry.patch(ctx, target, request, written)).object.object());
  }

  async delete(
    ref: ObjectRef,
    options: { propagationPolicy?: string; preconditions?: { uid?: string; resourceVersion?: string } } = {},
  ): Promise<void> {
    const { ctx, target } = await this.#address(ref, 'delete');
    await this.#options.registry.delete(ctx, target, { dryRun: false, ...options });
  }

  #writeOptions(): { dryRun: false; fieldValidation: 'Ignore' } {
    return { dryRun: false, fieldValidation: 'Ignore' };
  }

  /** @throws 403 when the cluster is gone or the user may not; 404 when the cluster does not serve the resource. */
  async #address(ref: ObjectRef, verb: string, subresource = ''): Promise<{ ctx: RequestContext; target: Target }> {
    const cluster = await this.#options.store.cluster(ref.cluster);
    if (cluster === undefined) throw clusterGone();
    const target = await this.#target(cluster, ref, subresource);
    await this.#authorize(cluster, target, verb);
    const { user, fieldManager } = this.#options;
    const ctx = {
      cluster,
      user,
      signal: neverAborted,
      warn: () => undefined,
      defaultFieldManager: fieldManager ?? user.name,
    };
    return { ctx, target };
  }

  async #target(cluster: ClusterRecord, ref: ObjectRef, subresource: string): Promise<Target> {
    const { catalogs } = this.#options;
    const dot = ref.resource.indexOf('.');
    const resource = dot < 0 ? ref.resource : ref.resource.slice(0, dot);
    const group = dot < 0 ? '' : ref.resource.slice(dot + 1);
    const builtIn = catalogs.builtIn?.(cluster);
    const found =
      (builtIn && find(builtIn, group, resource, ref.version)) ??
      find(await catalogs.catalogFor(cluster), group, resource, ref.version);
    if (found === undefined) throw genericNotFound();
    return { ...found, namespace: ref.namespace ?? '', name: ref.name, subresource };
  }

  async #authorize(cluster: ClusterRecord, target: Target, verb: string): Promise<void> {
    const { authorizer, user } = this.#options;
    if (authorizer === undefined) return;
    const { definition, version, namespace, name, subresource } = target;
    const { group, resource } = definition;
    const decision = await authorizer.authorize({
      user,
      cluster,
      verb,
      group,
      version: version.version,
      resource,
      subresource,
      namespace,
      name,
      path: '',
    });
    if (decision.outcome !== 'allow') throw forbidden({ group, resource }, name, decision.reason);
  }
}

/** A resource in the version asked for, or else in the one in which it is stored, or in the one that is served when that is not. */
function find(
  catalog: Catalog,
  group: string,
  resource: string,
  asked: string | undefined,
): ReturnType<Catalog['find']> {
  if (asked !== undefined) return catalog.find(group, asked, resource);
  const definition = catalog.definitions.find((each) => each.group === group && each.resource === resource);
  if (definition === undefined) return undefined;
  const version = definition.versions.find((each) => each.version === definition.storageVersion && each.served);
  const served = version ?? definition.versions.find((each) => each.served) ?? definition.versions[0];
  return served === undefined ? undefined : { definition: definitionFor(definition, served.version), version: served };
}

function copyOf(object: KubeObject): KubeObject {
  return deepCopy(object as Json) as KubeObject;
}
