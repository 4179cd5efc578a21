import { forbidden } from '../../apimachinery/errors.ts';
import type { ClusterRecord, ObjectStore } from '../../storage/object-store.ts';
import type { ReviewAuthorizer } from '../authorization/reviews.ts';
import type { RequestContext } from '../registry.ts';
import { pathOf, resolveCluster } from './resolve.ts';

/** The types that workspaces may have (kcp's built-in ones that tenants may use). All of them live in root. */
const builtinTypes: ReadonlySet<string> = new Set(['universal', 'organization', 'team']);
export const defaultWorkspaceType = { name: 'universal', path: 'root' };

export type WorkspaceTypeOptions = {
  readonly store: Pick<ObjectStore, 'cluster' | 'childCluster' | 'get'>;
  /** Absent: only the built-in types can be used. */
  readonly authorizer?: Pick<ReviewAuthorizer, 'authorize'>;
};

/**
 * The type a new workspace gets for the one it asks for: a built-in one, or a WorkspaceType that the caller may `use`. Without a path, types of the logical
 * cluster itself come first and those of root last.
 * @throws 403 when there is no such type, or it is not for the caller: who asks must not learn which.
 */
export async function resolveWorkspaceType(
  { store, authorizer }: WorkspaceTypeOptions,
  ctx: Pick<RequestContext, 'user' | 'cluster'>,
  workspace: string,
  wanted: { readonly name: string; readonly path: string } | undefined,
): Promise<{ name: string; path: string }> {
  if (wanted === undefined || wanted.name === '') return { ...defaultWorkspaceType };
  const { name } = wanted;
  const isBuiltin = builtinTypes.has(name);
  const found =
    wanted.path === '' && !isBuiltin
      ? await firstAbove(store, ctx.cluster, name)
      : { cluster: await resolveCluster(store, wanted.path || defaultWorkspaceType.path) };
  const path = found?.cluster === undefined ? '' : await pathOf(store, found.cluster);
  if (path === defaultWorkspaceType.path && isBuiltin) return { name, path };
  if (authorizer !== undefined && found?.cluster !== undefined && (await typeIn(store, found.cluster, name))) {
    const { outcome } = await authorizer.authorize({
      user: ctx.user,
      cluster: found.cluster,
      verb: 'use',
      group: 'tenancy.kcp.io',
      version: 'v1alpha1',
      resource: 'workspacetypes',
      subresource: '',
      namespace: '',
      name,
      path: '',
    });
    if (outcome === 'allow') return { name, path };
  }
  throw forbidden(
    { group: 'tenancy.kcp.io', resource: 'workspaces' },
    workspace,
    `workspace type "${wanted.path || defaultWorkspaceType.path}:${name}" cannot be resolved`,
  );
}

async function typeIn(store: WorkspaceTypeOptions['store'], { name: cluster }: ClusterRecord, name: string) {
  const found = await store.get({ cluster, resource: 'workspacetypes.tenancy.kcp.io', namespace: '', name });
  return found !== undefined && found.object.metadata.deletionTimestamp === undefined;
}

/** The nearest logical cluster, from here up to root, that has a type of the name. */
async function firstAbove(
  store: WorkspaceTypeOptions['store'],
  start: ClusterRecord,
  name: string,
): Promise<{ readonly cluster: ClusterRecord } | undefined> {
  for (let at: ClusterRecord | undefined = start; at !== undefined; ) {
    if (await typeIn(store, at, name)) return { cluster: at };
    at = at.parent === '' ? undefined : await store.cluster(at.parent);
  }
  return undefined;
}
