import { badRequest, methodNotSupported, notFound } from '../apimachinery/errors.ts';
import { formatApiVersion } from '../apimachinery/object.ts';
import { catalogServing } from '../registry/catalog.ts';
import type { Catalog, Target } from '../registry/registry.ts';
import { isCustom, type ResourceDefinition, type Verb } from '../api/resource-definition.ts';
import type { Endpoints } from './endpoints.ts';
import type { Exchange } from './exchange.ts';
import { passToAggregated } from './handlers/aggregated.ts';
import { connectObject } from './handlers/connect.ts';
import { createObject } from './handlers/create.ts';
import { deleteCollection } from './handlers/deletecollection.ts';
import { deleteObject } from './handlers/delete.ts';
import { getObject } from './handlers/get.ts';
import { listObjects } from './handlers/list.ts';
import { patchObject } from './handlers/patch.ts';
import { updateObject } from './handlers/update.ts';
import { watchObjects } from './handlers/watch.ts';
import { routeNonResource } from './non-resource.ts';
import { methodNotAllowed, resourceNotFound } from './route-errors.ts';
import { respondPageNotFound } from './writers/status.ts';

/** Finds who answers an authorized request and lets it answer. Throws ApiError. */
export async function route(endpoints: Endpoints, x: Exchange): Promise<void> {
  const builtIn = builtInCatalog(endpoints, x);
  const catalog = builtIn ?? (await fullCatalog(endpoints, x));
  if (!x.info.isResourceRequest) return routeNonResource(endpoints, x, catalog);
  if (x.info.path.startsWith('//')) return respondPageNotFound(x);
  if (catalog !== builtIn) {
    const passed = passToAggregated(endpoints, x);
    if (passed !== false && (await passed)) return;
  }
  const target = findTarget(catalog, x);
  if (target === undefined) {
    respondPageNotFound(x);
    return;
  }
  const verb = x.info.verb;
  if (connects(target)) return connectObject(endpoints, x, target);
  const offered = offeredVerb(x, target);
  if (offered !== undefined) warnOfDeprecation(x, target);
  switch (offered) {
    case 'get':
      return getObject(endpoints, x, target);
    case 'list':
      return verb === 'watch' ? watchObjects(endpoints, x, target) : listObjects(endpoints, x, target);
    case 'create':
      return createObject(endpoints, x, target, catalog);
    case 'update':
      return updateObject(endpoints, x, target, catalog);
    case 'patch':
      return patchObject(endpoints, x, target, catalog);
    case 'delete':
      return deleteObject(endpoints, x, target);
    case 'deletecollection':
      return deleteCollection(endpoints, x, target);
    default:
      throw methodNotAllowed();
  }
}

function connects({ definition, subresource }: Pick<Target, 'definition' | 'subresource'>): boolean {
  return subresource !== '' && definition.subresources?.[subresource]?.connect !== undefined;
}

function warnOfDeprecation(x: Exchange, { definition, version }: Target): void {
  if (version.deprecated !== true) return;
  const apiVersion = formatApiVersion(definition.group, version.version);
  x.warn(version.deprecationWarning ?? `${apiVersion} ${definition.kind} is deprecated`);
}

/** The built-in catalog when it serves what is asked for: nothing needs to be looked up then. */
function builtInCatalog({ catalogs }: Endpoints, x: Exchange): Catalog | undefined {
  if (!x.info.isResourceRequest) return undefined;
  const catalog = catalogs.builtIn?.(x.cluster);
  return catalog?.find(x.info.group, x.info.version, x.info.resource) === undefined ? undefined : catalog;
}

/** Reads may be served by the definitions at hand; writes, discovery and OpenAPI by those of the moment. */
function fullCatalog({ catalogs }: Endpoints, x: Exchange): Promise<Catalog> {
  const { isResourceRequest, verb } = x.info;
  if (!isResourceRequest) return catalogs.catalogFor(x.cluster);
  return catalogServing(catalogs, x.cluster, x.info, verb === 'get' || verb === 'list' || verb === 'watch');
}

/** The resource a path addresses. Undefined: the whole API group is unknown. Throws 404 when only version, resource or subresource are. */
function findTarget(catalog: Catalog, x: Exchange): Target | undefined {
  const { group, version, resource, subresource, parts, name } = x.info;
  const found = catalog.find(group, version, resource);
  if (found === undefined) {
    const known = catalog.definitions.some((definition) => definition.group === group && !isCustom(definition));
    if (group === '' || known) throw resourceNotFound();
    return undefined;
  }
  const { definition } = found;
  if (isCustom(definition)) return findCustomTarget(found, x);
  if (connects({ definition, subresource }) ? parts.slice(0, 3).includes('') : parts.length > 3 || parts.includes(''))
    throw resourceNotFound();
  if (x.info.legacyWatch && parts.length > 2) throw resourceNotFound();
  // Reviews have no names.
  if (parts.length === 2 && definition.verbs.every((verb) => verb === 'create')) throw resourceNotFound();
  const itemName = parts[1] ?? '';
  const namespaced = definition.scope === 'Namespaced';
  // A namespace is itself addressed by its name: `namespaces/x` sets both.
  const namespace = namespaced ? x.info.namespace : '';
  if (!namespaced && x.info.inNamespace) throw resourceNotFound();
  if (namespaced && namespace === '' && itemName !== '') throw resourceNotFound();
  if (subresource !== '' && !hasSubresource(definition, subresource)) throw resourceNotFound();
  checkPathName(itemName);
  checkPathName(namespace);
  return { ...found, namespace, name: x.info.legacyWatch ? name : itemName, subresource };
}

/**
 * As `findTarget`, of a custom resource, whose paths stock takes more literally (apiextensions-apiserver's crdHandler): what does not fit the scope does not
 * exist for it, a POST may name anything, and only collections are without a name.
 */
function findCustomTarget(found: Pick<Target, 'definition' | 'version'>, x: Exchange): Target | undefined {
  const { definition } = found;
  const { group, resource, subresource, parts, verb, name: watched, legacyWatch, inNamespace } = x.info;
  if (parts.length > 3 || parts.includes('')) throw resourceNotFound();
  const namespaced = definition.scope === 'Namespaced';
  if (!namespaced && inNamespace) return undefined;
  const namespace = namespaced ? x.info.namespace : '';
  if (namespaced && namespace === '' && verb !== 'list' && verb !== 'watch') return undefined;
  const name = parts[1] ?? '';
  if (subresource !== '' && !hasSubresource(definition, subresource)) throw notFound({ group, resource }, name);
  checkPathName(name);
  checkPathName(namespace);
  const { method } = x.request;
  if (name === '' && (method === 'PUT' || method === 'PATCH')) throw badRequest('name must be provided');
  if (subresource !== '' && !['GET', 'PUT', 'PATCH'].includes(method ?? ''))
    throw methodNotSupported({ group, resource }, verb);
  if (method === 'POST') return { ...found, namespace, name: '', subresource };
  return { ...found, namespace, name: legacyWatch ? watched : name, subresource };
}

function hasSubresource(definition: ResourceDefinition, subresource: string): boolean {
  if (subresource === 'status') return definition.status !== undefined;
  if (subresource === 'scale' && definition.scale !== undefined) return true;
  return definition.subresources !== undefined && Object.hasOwn(definition.subresources, subresource);
}

function checkPathName(name: string): void {
  if (name === '.' || name === '..') {
    throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: may not be '${name}'`);
  }
  if (name.includes('%')) throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: may not contain '%'`);
}

/** The verb as the resource offers it for this method and path, or undefined for a 405. */
function offeredVerb(x: Exchange, target: Target): Verb | undefined {
  const { method } = x.request;
  const { definition, subresource, namespace, name } = target;
  const collection = (x.info.parts[1] ?? '') === '';
  const verb = x.info.legacyWatch ? (method === 'GET' ? 'list' : undefined) : verbFor(method, collection);
  if (verb === undefined) return undefined;
  if (subresource !== '') return subresourceVerbs(definition, subresource).includes(verb) ? verb : undefined;
  if (collection && name === '' && definition.scope === 'Namespaced' && namespace === '') {
    if (verb === 'create' || verb === 'deletecollection') return undefined;
  }
  if (verb === 'create' && name !== '') return undefined;
  const needed: Verb = verb === 'list' && x.info.verb === 'watch' ? 'watch' : verb;
  return definition.verbs.includes(needed) ? verb : undefined;
}

function verbFor(method: string | undefined, collection: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
      return collection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return collection ? undefined : 'update';
    case 'PATCH':
      return collection ? undefined : 'patch';
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

const statusVerbs: readonly Verb[] = ['get', 'update', 'patch'];

function subresourceVerbs(definition: ResourceDefinition, subresource: string): readonly Verb[] {
  const own = definition.subresources?.[subresource];
  return own === undefined ? statusVerbs : own.verbs;
}
