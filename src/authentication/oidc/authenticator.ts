import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';
import { unauthorized } from '../../apimachinery/errors.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { TokenCache } from '../token-cache.ts';
import { unverifiedIssuer } from '../unverified-token.ts';
import { type ClaimMapping, userFromClaims } from './claims.ts';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts';

/** Asymmetric signatures only: with a symmetric one, whoever knows the public key could sign. */
const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];
const clockSkewSeconds = 30;
const cacheMs = 60_000;
const maxCached = 10_000;

export type OidcOptions = ClaimMapping & {
  readonly clientId: string;
  /** PEM bundle for the connection to the issuer. */
  readonly ca?: string;
  readonly now?: () => number;
  readonly timing?: IssuerKeysOptions['timing'];
  /** Told why a token or a fetch failed; never with the token. */
  readonly onFailure?: (what: 'token' | 'issuer', error: unknown) => void;
};

/**
 * ID tokens of one OpenID Connect issuer (OpenID Connect Core 1.0 §3.1.3.7): signature by one of the issuer's published keys, issuer, audience and times.
 * Verified tokens are remembered for a minute. Tokens of other issuers are not its business.
 */
export function createOidcAuthenticator(options: OidcOptions): TokenAuthenticator {
  const now = options.now ?? Date.now;
  const keys = new IssuerKeys({ ...options, onError: (error) => options.onFailure?.('issuer', error) });
  const cache = new TokenCache<UserInfo>({ max: maxCached, maxAgeMs: cacheMs, now });
  const verify = async (token: string) => {
    const claims = await verifySignature(token, keys, {
      issuer:
        options.issuerUrl === 'https://accounts.google.com'
          ? [options.issuerUrl, 'accounts.google.com']
          : options.issuerUrl,
      audience: options.clientId,
      algorithms,
      requiredClaims: ['exp'],
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(now()),
    });
    return { value: userFromClaims(claims, options), expiresAt: (claims.exp ?? 0) * 1000 };
  };
  return {
    async authenticateToken(token) {
      if (unverifiedIssuer(token) !== options.issuerUrl) return undefined;
      try {
        return await cache.getOrVerify(token, verify);
      } catch (error) {
        options.onFailure?.('token', error);
        throw unauthorized();
      }
    },
  };
}

async function verifySignature(token: string, keys: IssuerKeys, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.find, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // A token without key id may be signed by any of the issuer's keys.
    let last: unknown = error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (failure) {
        last = failure;
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw last;
  }
}
