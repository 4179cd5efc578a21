import { timingSafeEqual } from 'node:crypto';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { unauthorized } from '../../apimachinery/errors.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { serviceAccountGroups, serviceAccountUserName } from '../../registry/identities.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { TokenCache } from '../token-cache.ts';
import { unverifiedIssuer } from '../unverified-token.ts';
import type { ObjectIdentity } from './issuer.ts';
import type { ServiceAccountKeys } from './keys.ts';

/** The issuer of tokens that Secrets hold, wherever they come from. */
const legacyIssuer = 'kubernetes/serviceaccount';
const prefix = 'kubernetes.io/serviceaccount/';
const cacheMs = 60_000;
const maxCached = 10_000;

/** What a token that a Secret holds is made of. */
export type LegacyTokenGrant = {
  readonly cluster: ClusterName;
  readonly namespace: string;
  readonly serviceAccount: ObjectIdentity;
  readonly secretName: string;
};

/** Makes the token of a Secret of type kubernetes.io/service-account-token: it does not expire, and ends with its Secret (k8s.io/kubernetes/pkg/serviceaccount/legacy.go; the logical cluster as kcp has it). */
export function issueLegacyToken(keys: ServiceAccountKeys, grant: LegacyTokenGrant): Promise<string> {
  const { signing } = keys;
  return new SignJWT({
    iss: legacyIssuer,
    [`${prefix}namespace`]: grant.namespace,
    [`${prefix}secret.name`]: grant.secretName,
    [`${prefix}service-account.name`]: grant.serviceAccount.name,
    [`${prefix}service-account.uid`]: grant.serviceAccount.uid,
    [`${prefix}clusterName`]: grant.cluster,
    sub: serviceAccountUserName(grant.namespace, grant.serviceAccount.name),
  })
    .setProtectedHeader({ alg: signing.algorithm, kid: signing.keyId })
    .sign(signing.key);
}

export type LegacyVerifierOptions = {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly keys: ServiceAccountKeys;
  readonly now?: () => number;
  readonly onFailure?: (error: unknown) => void;
};

/**
 * Tokens that Secrets hold. One is good in its own logical cluster, and as long as its Secret holds it and its account is there with the same uid: both are read
 * on each use.
 */
export function createLegacyTokenVerifier(options: LegacyVerifierOptions): TokenAuthenticator {
  const { store, keys } = options;
  const cache = new TokenCache<LegacyClaims>({ max: maxCached, maxAgeMs: cacheMs, now: options.now ?? Date.now });
  return {
    async authenticateToken(token, cluster) {
      if (unverifiedIssuer(token) !== legacyIssuer) return undefined;
      try {
        const claims = await cache.getOrVerify(token, async (text) => ({
          value: readClaims(await verify(text, keys)),
          expiresAt: Number.POSITIVE_INFINITY,
        }));
        if (claims.cluster !== cluster) throw new Error('the token belongs to another logical cluster');
        await checkAlive(store, token, claims);
        return claims.user;
      } catch (error) {
        options.onFailure?.(error);
        throw unauthorized();
      }
    },
  };
}

type LegacyClaims = LegacyTokenGrant & { readonly user: UserInfo };

async function verify(token: string, keys: ServiceAccountKeys): Promise<JWTPayload> {
  const { payload } = await jwtVerify(
    token,
    (header) => {
      const key = keys.verification.get(header.kid ?? '');
      if (key === undefined || header.alg !== key.algorithm) throw new Error('the token is signed by an unknown key');
      return key.key;
    },
    { issuer: legacyIssuer, algorithms: [...new Set([...keys.verification.values()].map((key) => key.algorithm))] },
  );
  return payload;
}

function readClaims(payload: JWTPayload): LegacyClaims {
  const text = (claim: string): string => {
    const value = payload[`${prefix}${claim}`];
    if (typeof value !== 'string' || value === '') throw new Error(`${claim} claim is missing`);
    return value;
  };
  const namespace = text('namespace');
  const serviceAccount = { name: text('service-account.name'), uid: text('service-account.uid') };
  const name = serviceAccountUserName(namespace, serviceAccount.name);
  if (payload.sub !== name) throw new Error('sub claim is invalid');
  return {
    cluster: text('clusterName') as ClusterName,
    namespace,
    serviceAccount,
    secretName: text('secret.name'),
    user: { name, uid: serviceAccount.uid, groups: serviceAccountGroups(namespace), extra: {} },
  };
}

async function checkAlive(store: Pick<ObjectStore, 'get'>, token: string, claims: LegacyClaims): Promise<void> {
  const { cluster, namespace, serviceAccount, secretName } = claims;
  const [secret, account] = await Promise.all([
    store.get({ cluster, resource: 'secrets', namespace, name: secretName }),
    store.get({ cluster, resource: 'serviceaccounts', namespace, name: serviceAccount.name }),
  ]);
  const held = (secret?.object as { data?: Record<string, string> } | undefined)?.data?.['token'] ?? '';
  if (secret === undefined || secret.object.metadata.deletionTimestamp !== undefined)
    throw new Error('Token has been invalidated');
  const [one, other] = [Buffer.from(held, 'base64'), Buffer.from(token)];
  if (one.length !== other.length || !timingSafeEqual(one, other))
    throw new Error("Token does not match server's copy");
  const metadata = account?.object.metadata;
  if (metadata?.uid !== serviceAccount.uid || metadata.deletionTimestamp !== undefined)
    throw new Error('the account of the token is gone');
}
