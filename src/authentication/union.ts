import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { ApiError, unauthorized } from '../apimachinery/errors.ts';
import type { OidcConfig } from '../config/config.ts';
import type { UserInfo } from '../registry/registry.ts';
import { anonymousAuthenticator } from './anonymous.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { createBearerTokenAuthenticator, type TokenAuthenticator } from './bearer-token.ts';
import { createClientCertificateAuthenticator } from './client-certificate.ts';
import { anonymousUser, authenticatedGroup, mastersGroup } from '../registry/identities.ts';
import { createOidcAuthenticator } from './oidc/authenticator.ts';
import { createServiceAccountVerifier, type ServiceAccountVerifierOptions } from './service-account/verifier.ts';
import { createStaticTokenAuthenticator } from './static-token.ts';

export type AuthenticationOptions = {
  readonly store: ServiceAccountVerifierOptions['store'];
  readonly externalUrl: string;
  /** Bearer token of the user atoll-admin in system:masters. */
  readonly adminToken?: string;
  /** PEM bundle of the CAs whose certificates identify clients, as it is now. */
  readonly clientCa?: () => string;
  readonly serviceAccountKeys: ServiceAccountVerifierOptions['keys'];
  readonly oidc?: OidcConfig;
  /** Requests without credentials are system:anonymous (default) or refused. */
  readonly anonymous?: boolean;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
};

/**
 * The authenticators of a server, in order: client certificate, bearer token (admin, ServiceAccount, OpenID Connect), anonymous. Throws when the client
 * CA bundle or the issuer's CA file is unusable; the issuer itself is asked for nothing until a token of it comes.
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
  tokens.push(
    createServiceAccountVerifier({
      store: options.store,
      externalUrl: options.externalUrl,
      keys: options.serviceAccountKeys,
      onFailure: (error) => log.debug({ err: error }, 'service account token refused'),
    }),
  );
  if (oidc !== undefined)
    tokens.push(
      createOidcAuthenticator({
        ...oidc,
        ca: oidc.caFile === undefined ? undefined : readFileSync(oidc.caFile, 'utf8'),
        onFailure: (what, error) =>
          what === 'issuer'
            ? log.warn({ err: error, issuer: oidc.issuerUrl }, 'OpenID Connect issuer not usable')
            : log.debug({ err: error, issuer: oidc.issuerUrl }, 'ID token refused'),
      }),
    );
  const authenticators: Authenticator[] = [createBearerTokenAuthenticator(tokens)];
  if (options.clientCa !== undefined)
    authenticators.unshift(createClientCertificateAuthenticator(options.clientCa));
  return createUnionAuthenticator(authenticators, { anonymous: options.anonymous ?? true });
}

/**
 * Asks the authenticators in turn; the first that knows the user wins, also when one before it found its credential invalid. When none knows the user:
 * a credential that was shown and is invalid is 401, a failure of another kind (storage away) is thrown as it is, and with nothing shown the user is
 * anonymous, or 401 when `anonymous` is false. Known users get the group system:authenticated.
 */
export function createUnionAuthenticator(
  authenticators: readonly Authenticator[],
  options: { readonly anonymous: boolean },
): Authenticator {
  const withGroup = new WeakMap<UserInfo, UserInfo>();
  return {
    async authenticate(credentials: Credentials): Promise<UserInfo> {
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
      if (!options.anonymous) throw unauthorized();
      return (await anonymousAuthenticator.authenticate(credentials)) ?? anonymousUser;
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
