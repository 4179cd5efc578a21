import type { StrategyContext } from '../../api/resource-definition.ts';
import type { AdmissionChain } from '../admission.ts';
import { ApiError, serviceUnavailable } from '../../apimachinery/errors.ts';
import type { CatalogSource, Registry, RequestContext, Target } from '../registry.ts';
import { type ObjectKey, type ObjectStore, StorageUnavailable } from '../../storage/object-store.ts';
import type { ResourceHooks } from './hooks.ts';
import { factsOf } from './resource-facts.ts';

/** What every verb works with. */
export type Engine = {
  readonly store: ObjectStore;
  readonly catalogs: CatalogSource;
  readonly admission: AdmissionChain;
  readonly now: () => Date;
  /** By storage resource name. */
  readonly hooks: Readonly<Record<string, ResourceHooks>>;
  /** The whole registry, for storages that build on other verbs. */
  readonly registry: Registry;
};

/**
 * A resource or subresource with storage of its own: any of the verbs, with the registry's signatures. What it leaves out is answered 405.
 */
export type RestStorage = Partial<Registry>;
export type RestStorageFactory = (engine: Engine) => RestStorage;

/** The storage key of the object that a target addresses. */
export function keyOf(ctx: RequestContext, target: Target): ObjectKey {
  return {
    cluster: ctx.cluster.name,
    resource: factsOf(target.definition).storage,
    namespace: target.namespace,
    name: target.name,
  };
}

export function strategyContext(ctx: RequestContext, now: Date): StrategyContext {
  return { user: ctx.user, cluster: ctx.cluster.name, now, warn: (text) => ctx.warn(text) };
}

/** What a client is told when the logical cluster went away under its request. */
export function clusterGone(): ApiError {
  return new ApiError(403, 'Forbidden', 'forbidden: the logical cluster is being deleted', { details: {} });
}

/** Throws storage's own errors as clients may see them, and everything else unchanged. */
export function rethrowForClients(error: unknown): never {
  if (error instanceof StorageUnavailable) throw serviceUnavailable('storage is unavailable, try again');
  throw error;
}
