import type { IncomingHttpHeaders } from 'node:http';
import { unauthorized } from '../apimachinery/errors.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Authenticator } from './authenticator.ts';

/** One way to know whose a bearer token is. Undefined: not a token of mine. Throws `unauthorized()`: mine, and not valid. */
export interface TokenAuthenticator {
  authenticateToken(token: string, cluster: ClusterName): Promise<UserInfo | undefined>;
}

/** Longer tokens are refused unread: what several hundred groups make of an ID token stays below. */
const maxTokenLength = 64 * 1024;
/** Browsers cannot set headers on a WebSocket: the token travels as a subprotocol (k8s.io/apiserver websocket/protocol.go). */
const websocketProtocol = 'base64url.bearer.authorization.k8s.io.';

/** The bearer token of a request; undefined when it has none. */
export function bearerTokenOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const [scheme, token] = authorization.trim().split(' ', 2);
    if (scheme?.toLowerCase() === 'bearer' && token) return token;
  }
  const protocols = headers['sec-websocket-protocol'];
  if (protocols === undefined) return undefined;
  for (const protocol of protocols.split(',')) {
    const name = protocol.trim();
    if (name.startsWith(websocketProtocol))
      return Buffer.from(name.slice(websocketProtocol.length), 'base64url').toString('utf8') || undefined;
  }
  return undefined;
}

/**
 * Asks the token authenticators in turn. A token that nobody knows is an error, never an anonymous request. The failure of one (an identity provider
 * that does not answer) does not keep the others from being asked; it is thrown when none of them knows the token.
 */
export function createBearerTokenAuthenticator(authenticators: readonly TokenAuthenticator[]): Authenticator {
  return {
    async authenticate(credentials) {
      const token = bearerTokenOf(credentials.headers);
      if (token === undefined) return undefined;
      if (token.length > maxTokenLength) throw unauthorized();
      let failure: Error | undefined;
      for (const authenticator of authenticators) {
        try {
          const user = await authenticator.authenticateToken(token, credentials.cluster);
          if (user !== undefined) return user;
        } catch (error) {
          failure ??= error instanceof Error ? error : new Error(String(error));
        }
      }
      throw failure ?? unauthorized();
    },
  };
}
