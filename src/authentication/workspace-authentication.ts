import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { compileAll } from '../api/apiserver.config.k8s.io/authentication-configuration.ts';
import type { WorkspaceAuthenticationConfiguration } from '../api/tenancy.kcp.io/v1alpha1/workspaceauthenticationconfigurations.ts';
import type { Workspace } from '../api/tenancy.kcp.io/v1alpha1/workspaces.ts';
import type { WorkspaceType } from '../api/tenancy.kcp.io/v1alpha1/workspacetypes.ts';
import { unauthorized, type FieldError } from '../apimachinery/errors.ts';
import { parseClusterName, type ClusterName } from '../logicalcluster/name.ts';
import type { UserInfo } from '../registry/registry.ts';
import { resolveCluster } from '../registry/tenancy/resolve.ts';
import type { CachedObject, ObjectStore } from '../storage/object-store.ts';
import type { TokenAuthenticator } from './bearer-token.ts';
import type { JwtOptions } from './oidc/authenticator.ts';
import { createJwtSet } from './oidc/jwt-set.ts';
import { unverifiedIssuer } from './unverified-token.ts';

export type WorkspaceAuthenticationOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'cluster' | 'childCluster'>;
  /** Issuers that only the server itself may be. */
  readonly ownIssuers: readonly string[];
  /** How the documents of issuers are fetched: tenants choose the addresses. */
  readonly fetch: NonNullable<JwtOptions['fetch']>;
  readonly now?: () => number;
  readonly onFailure?: JwtOptions['onFailure'];
};

const maxTypes = 4096;
const maxConfigurations = 256;
const cachedTokens = 256;
const group = 'tenancy.kcp.io';

/**
 * Tokens of the issuers that a workspace's type names (kcp's WorkspaceAuthenticationConfigurations, in the logical cluster of the WorkspaceType). What they
 * say is read on each use, so that a change holds at once. Whom they sign in is somebody in that workspace only, never a system identity, and cannot claim
 * what kcp.io gives out: the scope, which is this workspace, is set here.
 */
export function createWorkspaceAuthenticator(options: WorkspaceAuthenticationOptions): TokenAuthenticator {
  const { store } = options;
  const types = new LRUCache<string, { readonly name: string; readonly path: string }>({ max: maxTypes });
  const configurations = new LRUCache<string, TokenAuthenticator>({ max: maxConfigurations });
  const scoped = new WeakMap<UserInfo, Map<ClusterName, UserInfo>>();
  return {
    async authenticateToken(token, cluster) {
      if (unverifiedIssuer(token) === undefined) return undefined;
      const type = await typeOf(store, types, cluster);
      if (type === undefined) return undefined;
      let refused = false;
      for (const configuration of await configurationsOf(store, type)) {
        try {
          const user = await authenticatorOf(configuration, configurations, options).authenticateToken(token, cluster);
          if (user !== undefined) return scopedTo(cluster, user, scoped);
        } catch {
          refused = true;
        }
      }
      if (refused) throw unauthorized();
      return undefined;
    },
  };
}

/** The type of a workspace never changes: it is remembered by the uid of the logical cluster. */
async function typeOf(
  store: WorkspaceAuthenticationOptions['store'],
  types: LRUCache<string, { readonly name: string; readonly path: string }>,
  cluster: ClusterName,
): Promise<{ readonly name: string; readonly path: string } | undefined> {
  const record = parseClusterName(cluster) === undefined ? undefined : await store.cluster(cluster);
  if (record === undefined || record.parent === '') return undefined;
  const known = types.get(record.uid);
  if (known !== undefined) return known;
  const key = { cluster: record.parent, resource: `workspaces.${group}`, namespace: '', name: record.workspace };
  const workspace = (await store.get(key))?.object as Workspace | undefined;
  const { type, cluster: made } = workspace?.spec ?? {};
  if (made !== cluster || type?.name === undefined || type.path === undefined) return undefined;
  const found = { name: type.name, path: type.path };
  types.set(record.uid, found);
  return found;
}

async function configurationsOf(
  store: WorkspaceAuthenticationOptions['store'],
  { name, path }: { readonly name: string; readonly path: string },
): Promise<CachedObject[]> {
  const home = (await resolveCluster(store, path))?.name;
  if (home === undefined) return [];
  const read = (resource: string, key: string): Promise<CachedObject | undefined> =>
    store.get({ cluster: home, resource: `${resource}.${group}`, namespace: '', name: key });
  const type = (await read('workspacetypes', name))?.object as WorkspaceType | undefined;
  const names = type?.spec?.authenticationConfigurations ?? [];
  const found = await Promise.all(
    names.map(({ name: each = '' }) => read('workspaceauthenticationconfigurations', each)),
  );
  return found.filter((each) => each !== undefined);
}

/** Equal configurations share keys and remembered tokens, whosesoever they are: what they make of a token is the same. */
function authenticatorOf(
  configuration: CachedObject,
  known: LRUCache<string, TokenAuthenticator>,
  options: WorkspaceAuthenticationOptions,
): TokenAuthenticator {
  const { spec } = configuration.object as WorkspaceAuthenticationConfiguration;
  const jwt = spec?.jwt ?? [];
  const key = hash('sha256', JSON.stringify(jwt), 'base64');
  let found = known.get(key);
  if (found === undefined) {
    const errors: FieldError[] = [];
    const compiled = compileAll(jwt, 'spec.jwt', options.ownIssuers, errors);
    const usable = errors.length === 0 ? compiled : [];
    found = createJwtSet(() => usable, {
      maxCached: cachedTokens,
      fetch: options.fetch,
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    });
    known.set(key, found);
  }
  return found;
}

/** The same object for the same user: the union remembers what it added to it. */
function scopedTo(
  cluster: ClusterName,
  user: UserInfo,
  known: WeakMap<UserInfo, Map<ClusterName, UserInfo>>,
): UserInfo {
  const ofUser = known.get(user) ?? new Map<ClusterName, UserInfo>();
  let result = ofUser.get(cluster);
  if (result === undefined) {
    const claimed = Object.entries(user.extra).filter(([key]) => !key.includes('kcp.io'));
    result = {
      ...user,
      extra: {
        ...Object.fromEntries(claimed),
        'authentication.kcp.io/scopes': [`cluster:${cluster}`],
        'authentication.kcp.io/cluster-name': [cluster],
      },
    };
    ofUser.set(cluster, result);
    known.set(user, ofUser);
  }
  return result;
}
