import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { ApiError, unauthorized } from '../apimachinery/errors.ts';
import type { OidcConfig } from '../config/config.ts';
import type { UserInfo } from '../registry/registry.ts';
import { anonymousAuthenticator } from './anonymous.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { createBearerTokenAuthenticator, type TokenAuthenticator } from './bearer-token.ts';
import { createClientCertificateAuthenticator } from './client-certificate.ts';
import { type ClusterCertificateOptions, createClusterCertificateAuthenticator } from './cluster-certificate.ts';
import { anonymousUser, authenticatedGroup, mastersGroup } from '../registry/identities.ts';
import type { CompiledJwt } from '../api/apiserver.config.k8s.io/compile-jwt.ts';
import { jwtFromFlags } from './oidc/flags.ts';
import { createJwtSet } from './oidc/jwt-set.ts';
import { createBootstrapTokenAuthenticator } from './bootstrap-token.ts';
import {
  createRequestHeaderAuthenticator,
  dropIdentityHeaders,
  type IdentityHeaders,
  type RequestHeaderOptions,
} from './request-header.ts';
import { createLegacyTokenVerifier } from './service-account/legacy-tokens.ts';
import { createServiceAccountVerifier, type ServiceAccountVerifierOptions } from './service-account/verifier.ts';
import { createWebhookTokenAuthenticator, type WebhookTokenOptions } from './webhook-token.ts';
import { createWorkspaceAuthenticator, type WorkspaceAuthenticationOptions } from './workspace-authentication.ts';
import { createStaticTokenAuthenticator } from './static-token.ts';

export type AuthenticationOptions = {
  readonly store: ServiceAccountVerifierOptions['store'];
  readonly externalUrl: string;
  /** Bearer token of the user atoll-admin in system:masters. */
  readonly adminToken?: string;
  /** PEM bundle of the CAs whose certificates identify clients, as it is now. */
  readonly clientCa?: () => string;
  /** The authorities of logical clusters, whose certificates are good in their own cluster only. */
  readonly clusterAuthority?: ClusterCertificateOptions['publicKeyOf'];
  readonly serviceAccountKeys: ServiceAccountVerifierOptions['keys'];
  readonly oidc?: OidcConfig;
  /** The issuers of the AuthenticationConfiguration as it is now, in place of `oidc`. */
  readonly jwt?: () => readonly CompiledJwt[];
  /** Front proxies that may say who asks. */
  readonly requestHeader?: RequestHeaderOptions;
  /** Tokens of a static token file. */
  readonly staticTokens?: Parameters<typeof createStaticTokenAuthenticator>[0];
  /** Whether tokens of bootstrap Secrets are accepted. */
  readonly bootstrapTokens?: boolean;
  /** What the issuers of workspaces are fetched with; undefined: workspaces have none. */
  readonly workspaceIssuers?: Pick<WorkspaceAuthenticationOptions, 'store' | 'ownIssuers' | 'fetch'>;
  /** Asked whose a token is that nobody else knows. */
  readonly tokenWebhook?: Omit<WebhookTokenOptions, 'onFailure'>;
  /** Requests without credentials are system:anonymous (default) or refused; by path, if that decides. */
  readonly anonymous?: AnonymousRule;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
};

export type AnonymousRule = boolean | ((path: string) => boolean);

/**
 * The authenticators of a server, in order: front proxy, client certificate, bearer token (admin, token file, ServiceAccount, bootstrap Secret, OpenID
 * Connect, issuers of the workspace, webhook), anonymous. Throws when a CA bundle is unusable; issuers are asked for nothing until a token of theirs comes.
 */
export function createAuthenticator(options: AuthenticationOptions): Authenticator {
  const { log, oidc } = options;
  const tokens: TokenAuthenticator[] = [];
  if (options.adminToken !== undefined)
    tokens.push(
      createStaticTokenAuthenticator([
        {
          token: options.adminToken,
          user: { name: 'atoll-admin', uid: 'atoll-admin', groups: [mastersGroup], extra: {} },
        },
      ]),
    );
  if (options.staticTokens !== undefined) tokens.push(createStaticTokenAuthenticator(options.staticTokens));
  tokens.push(
    createServiceAccountVerifier({
      store: options.store,
      externalUrl: options.externalUrl,
      keys: options.serviceAccountKeys,
      onFailure: (error) => log.debug({ err: error }, 'service account token refused'),
    }),
  );
  tokens.push(
    createLegacyTokenVerifier({
      store: options.store,
      keys: options.serviceAccountKeys,
      onFailure: (error) => log.debug({ err: error }, 'service account token of a Secret refused'),
    }),
  );
  if (options.bootstrapTokens === true) tokens.push(createBootstrapTokenAuthenticator({ store: options.store }));
  const fromFlags =
    oidc === undefined
      ? []
      : [jwtFromFlags(oidc.caFile === undefined ? oidc : { ...oidc, ca: readFileSync(oidc.caFile, 'utf8') })];
  tokens.push(
    createJwtSet(options.jwt ?? (() => fromFlags), {
      onFailure: (what, error, issuer) =>
        what === 'issuer'
          ? log.warn({ err: error, issuer }, 'OpenID Connect issuer not usable')
          : log.debug({ err: error, issuer }, 'ID token refused'),
    }),
  );
  if (options.workspaceIssuers !== undefined)
    tokens.push(
      createWorkspaceAuthenticator({
        ...options.workspaceIssuers,
        onFailure: (what, error, issuer) => log.debug({ err: error, issuer }, `workspace ${what} not usable`),
      }),
    );
  if (options.tokenWebhook !== undefined)
    tokens.push(
      createWebhookTokenAuthenticator({
        ...options.tokenWebhook,
        onFailure: (error) => log.warn({ err: error }, 'the token review webhook could not be asked'),
      }),
    );
  const authenticators: Authenticator[] = [createBearerTokenAuthenticator(tokens)];
  if (options.clientCa !== undefined) authenticators.unshift(createClientCertificateAuthenticator(options.clientCa));
  const { clusterAuthority, requestHeader, store } = options;
  if (clusterAuthority !== undefined)
    authenticators.unshift(createClusterCertificateAuthenticator({ store, publicKeyOf: clusterAuthority }));
  if (requestHeader !== undefined) authenticators.unshift(createRequestHeaderAuthenticator(requestHeader));
  return createUnionAuthenticator(authenticators, {
    anonymous: options.anonymous ?? true,
    ...(requestHeader === undefined ? {} : { identityHeaders: requestHeader }),
  });
}

/**
 * Asks the authenticators in turn; the first that knows the user wins, also when one before it found its credential invalid. When none knows the user:
 * a credential that was shown and is invalid is 401, a failure of another kind (storage away) is thrown as it is, and with nothing shown the user is
 * anonymous, or 401 when `anonymous` is false. Known users get the group system:authenticated.
 */
export function createUnionAuthenticator(
  authenticators: readonly Authenticator[],
  options: { readonly anonymous: AnonymousRule; readonly identityHeaders?: IdentityHeaders },
): Authenticator {
  const withGroup = new WeakMap<UserInfo, UserInfo>();
  const { anonymous } = options;
  const identify = async (credentials: Credentials): Promise<UserInfo> => {
    let failure: Error | undefined;
    for (const authenticator of authenticators) {
      try {
        const user = await authenticator.authenticate(credentials);
        if (user !== undefined) return withAuthenticatedGroup(user, withGroup);
      } catch (error) {
        if (failure === undefined || failure instanceof ApiError) failure = asError(error);
      }
    }
    if (failure !== undefined) throw failure;
    if (!(typeof anonymous === 'boolean' ? anonymous : anonymous(credentials.path ?? ''))) throw unauthorized();
    return (await anonymousAuthenticator.authenticate(credentials)) ?? anonymousUser;
  };
  return {
    async authenticate(credentials: Credentials): Promise<UserInfo> {
      try {
        return await identify(credentials);
      } finally {
        dropIdentityHeaders(credentials.headers, options.identityHeaders);
      }
    },
  };
}

/** Authenticators give the same object for the same remembered credential: so does this, and nothing is allocated for a request. */
function withAuthenticatedGroup(user: UserInfo, known: WeakMap<UserInfo, UserInfo>): UserInfo {
  if (user.name === anonymousUser.name || user.groups.includes(authenticatedGroup)) return user;
  let result = known.get(user);
  if (result === undefined) {
    result = { ...user, groups: [...user.groups, authenticatedGroup] };
    known.set(user, result);
  }
  return result;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
