import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import { matchesLabels } from '../../apimachinery/labels.ts';
import { type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import { renderServed } from '../../registry/generic/rendered.ts';
import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { Catalog, CatalogSource, RequestContext } from '../../registry/registry.ts';
import type { CachedObject, ObjectStore } from '../../storage/object-store.ts';
import type { DynamicRequest } from '../dynamic/request.ts';
import type { ParamRef } from './binding.ts';
import type { ParamKind } from './policy.ts';

/** A policy or binding that cannot be used as it stands. The message is stock's. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export type ParamOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'getAny' | 'list'>;
  readonly catalogs: CatalogSource;
};

type Found = { readonly definition: ResourceDefinition; readonly version: VersionDefinition };

/** The resource of a kind of parameters. @throws ConfigurationError when nothing like that is served */
export async function paramResource(
  { catalogs }: ParamOptions,
  { cluster }: RequestContext,
  { apiVersion, kind }: ParamKind,
): Promise<Found> {
  const catalog = await (catalogs.recentFor?.(cluster) ?? catalogs.catalogFor(cluster));
  const found = findKind(catalog, apiVersion, kind) ?? findKind(await catalogs.catalogFor(cluster), apiVersion, kind);
  if (found !== undefined) return found;
  const shown = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  throw new ConfigurationError(`failed to find resource referenced by paramKind: '${shown}, Kind=${kind}'`);
}

function findKind(catalog: Catalog, apiVersion: string, kind: string): Found | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  const definition = catalog.definitions.find(
    (each) =>
      each.kind === kind &&
      each.group === group &&
      each.internal !== true &&
      each.versions.some((one) => one.served && one.version === version),
  );
  return definition && catalog.find(group, version, definition.resource);
}

/**
 * The parameters that a binding gives its policy for a request; `undefined` among them stands for none, which a policy is asked with too.
 * @throws ConfigurationError
 */
export async function collectParams(
  options: ParamOptions,
  request: DynamicRequest,
  resource: Found | undefined,
  reference: ParamRef | undefined,
): Promise<readonly (KubeObject | undefined)[]> {
  if (resource === undefined || reference === undefined) return [undefined];
  const namespaced = factsOf(resource.definition).namespaced;
  const namespace = namespaced ? reference.namespace || request.namespace : '';
  if (namespaced && namespace === '')
    throw new ConfigurationError(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  if (!namespaced && reference.namespace !== '')
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const { ctx } = request.attributes;
  const target = { ...resource, namespace, name: '', subresource: '' };
  const stored = await findStored(options, ctx, resource.definition, namespace, reference);
  if (stored.length === 0 && reference.deniesMissing)
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return Promise.all(stored.map(async (item) => (await renderServed(ctx, target, item)).object()));
}

async function findStored(
  { store }: ParamOptions,
  { cluster }: RequestContext,
  definition: ResourceDefinition,
  namespace: string,
  { name, selector }: ParamRef,
): Promise<readonly CachedObject[]> {
  const { storage } = factsOf(definition);
  if (name !== '') {
    const key = { cluster: cluster.name, resource: storage, namespace, name };
    const found = (await store.getAny(key)) ?? (await store.get(key));
    return found === undefined ? [] : [found];
  }
  if (selector === undefined) throw new ConfigurationError('one of name or selector must be provided');
  const { items } = await store.list({
    cluster: cluster.name,
    resource: storage,
    at: { mode: 'any' },
    ...(namespace === '' ? {} : { namespace }),
    filter: ({ labels }) => matchesLabels(selector, labels),
  });
  return items;
}
