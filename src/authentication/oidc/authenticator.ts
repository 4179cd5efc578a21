import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';
import type { CompiledJwt } from '../../api/apiserver.config.k8s.io/compile-jwt.ts';
import { unauthorized } from '../../apimachinery/errors.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { TokenCache } from '../token-cache.ts';
import { unverifiedIssuer } from '../unverified-token.ts';
import { userFromClaims } from './claims.ts';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts';

/** Asymmetric signatures only: with a symmetric one, whoever knows the public key could sign. */
const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];
const clockSkewSeconds = 30;
const cacheMs = 60_000;
const maxCached = 10_000;

export type JwtOptions = {
  readonly now?: () => number;
  readonly timing?: IssuerKeysOptions['timing'];
  readonly fetch?: IssuerKeysOptions['fetch'];
  readonly maxCached?: number;
  /** Told why a token or a fetch failed; never with the token. */
  readonly onFailure?: (what: 'token' | 'issuer', error: unknown, issuerUrl: string) => void;
};

/**
 * ID tokens of one OpenID Connect issuer (OpenID Connect Core 1.0 §3.1.3.7): signature by one of the issuer's published keys, issuer, audience and times.
 * Verified tokens are remembered for a minute. Tokens of other issuers are not its business.
 */
export function createJwtAuthenticator(jwt: CompiledJwt, options: JwtOptions = {}): TokenAuthenticator {
  const now = options.now ?? Date.now;
  const { url: issuerUrl = '', discoveryURL, certificateAuthority, audiences = [] } = jwt.source.issuer;
  const fail = (what: 'token' | 'issuer', error: unknown): void => options.onFailure?.(what, error, issuerUrl);
  const keys = new IssuerKeys({
    issuerUrl,
    ...(discoveryURL === undefined || discoveryURL === '' ? {} : { discoveryUrl: discoveryURL }),
    ...(certificateAuthority === undefined || certificateAuthority === '' ? {} : { ca: certificateAuthority }),
    ...(options.timing === undefined ? {} : { timing: options.timing }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    now,
    onError: (error) => fail('issuer', error),
  });
  const cache = new TokenCache<UserInfo>({ max: options.maxCached ?? maxCached, maxAgeMs: cacheMs, now });
  const verify = async (token: string) => {
    const claims = await verifySignature(token, keys, {
      issuer: issuerUrl === 'https://accounts.google.com' ? [issuerUrl, 'accounts.google.com'] : issuerUrl,
      audience: [...audiences],
      algorithms,
      requiredClaims: ['exp'],
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(now()),
    });
    return { value: userFromClaims(claims, jwt), expiresAt: (claims.exp ?? 0) * 1000 };
  };
  return {
    async authenticateToken(token) {
      if (unverifiedIssuer(token) !== issuerUrl) return undefined;
      try {
        return await cache.getOrVerify(token, verify);
      } catch (error) {
        fail('token', error);
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
