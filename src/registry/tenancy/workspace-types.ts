import { forbidden } from '../../apimachinery/errors.ts';

/** The types that workspaces may have (kcp's built-in ones that tenants may use). All of them live in root. */
const builtinTypes: ReadonlySet<string> = new Set(['universal', 'organization', 'team']);
export const defaultWorkspaceType = { name: 'universal', path: 'root' };

/**
 * The type a new workspace gets for the one it asks for.
 * @throws 403 when there is no such type.
 */
export function resolveWorkspaceType(
  workspace: string,
  wanted: { readonly name: string; readonly path: string } | undefined,
): { name: string; path: string } {
  if (wanted === undefined || wanted.name === '') return { ...defaultWorkspaceType };
  const path = wanted.path === '' ? defaultWorkspaceType.path : wanted.path;
  if (path === defaultWorkspaceType.path && builtinTypes.has(wanted.name)) return { name: wanted.name, path };
  throw forbidden(
    { group: 'tenancy.kcp.io', resource: 'workspaces' },
    workspace,
    `workspace type "${path}:${wanted.name}" cannot be resolved`,
  );
}
