import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { unauthorized } from '../../apimachinery/errors.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { credentialIdExtra, serviceAccountGroups, serviceAccountUserName } from '../../registry/identities.ts';
import { TokenCache } from '../token-cache.ts';
import { unverifiedIssuer } from '../unverified-token.ts';
import { type ObjectIdentity, serviceAccountIssuer } from './issuer.ts';
import type { ServiceAccountKeys } from './keys.ts';

const cacheMs = 60_000;
const maxCached = 10_000;
/** An account that is being deleted keeps its tokens this long (upstream's leeway). */
const deletionLeewayMs = 60_000;

export type ServiceAccountVerifierOptions = {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly externalUrl: string;
  readonly keys: ServiceAccountKeys;
  /** Further audiences that mean this API. */
  readonly apiAudiences?: readonly string[];
  readonly now?: () => number;
  readonly onFailure?: (error: unknown) => void;
};

/** A token's verified claims. */
type Claims = {
  readonly namespace: string;
  readonly serviceAccount: ObjectIdentity;
  readonly pod: ObjectIdentity | undefined;
  readonly secret: ObjectIdentity | undefined;
  readonly node: ObjectIdentity | undefined;
  readonly user: UserInfo;
};

/**
 * ServiceAccount tokens that this installation issued. A token is good in its own logical cluster only, and as long as its account and the object it is
 * bound to are there with the same uid: that is read on each use, so a deletion that was acknowledged ends the token at once.
 */
export function createServiceAccountVerifier(options: ServiceAccountVerifierOptions): TokenAuthenticator {
  const now = options.now ?? Date.now;
  const ownPrefix = serviceAccountIssuer(options.externalUrl, '' as ClusterName);
  const cache = new TokenCache<Claims>({ max: maxCached, maxAgeMs: cacheMs, now });
  return {
    async authenticateToken(token, cluster) {
      const issuer = unverifiedIssuer(token);
      if (issuer === undefined || !issuer.startsWith(ownPrefix)) return undefined;
      let claims: Claims;
      try {
        if (issuer !== serviceAccountIssuer(options.externalUrl, cluster))
          throw new Error('the token belongs to another logical cluster');
        claims = await cache.getOrVerify(token, (text) => verifyToken(text, issuer, cluster, options));
      } catch (error) {
        options.onFailure?.(error);
        throw unauthorized();
      }
      const dead = await findDead(claims, cluster, options.store, now());
      if (dead === undefined) return claims.user;
      options.onFailure?.(new Error(`${dead} of the token is gone`));
      throw unauthorized();
    },
  };
}

async function verifyToken(
  token: string,
  issuer: string,
  cluster: ClusterName,
  options: ServiceAccountVerifierOptions,
): Promise<{ value: Claims; expiresAt: number }> {
  const findKey: JWTVerifyGetKey = (header) => {
    const key = options.keys.verification.get(header.kid ?? '');
    if (key === undefined || header.alg !== key.algorithm) throw new Error('the token is signed by an unknown key');
    return key.key;
  };
  const { payload } = await jwtVerify(token, findKey, {
    issuer,
    audience: [issuer, ...(options.apiAudiences ?? [])],
    requiredClaims: ['exp', 'nbf', 'sub'],
    currentDate: new Date((options.now ?? Date.now)()),
    algorithms: [...new Set([...options.keys.verification.values()].map(({ algorithm }) => algorithm))],
  });
  return { value: readClaims(payload, cluster), expiresAt: (payload.exp ?? 0) * 1000 };
}

function readClaims(payload: JWTPayload, cluster: ClusterName): Claims {
  const own: unknown = payload['kubernetes.io'];
  if (!isObject(own) || typeof own.namespace !== 'string' || own.clusterName !== cluster)
    throw new Error('the token has not the claims of a ServiceAccount of this logical cluster');
  const { namespace } = own;
  const serviceAccount = identityOf(own.serviceaccount);
  if (serviceAccount === undefined) throw new Error('the token names no ServiceAccount');
  const name = serviceAccountUserName(namespace, serviceAccount.name);
  if (payload.sub !== name) throw new Error('the subject of the token is another');
  const pod = identityOf(own.pod);
  const node = identityOf(own.node);
  const extra: Record<string, readonly string[]> = {};
  if (typeof payload.jti === 'string' && payload.jti !== '') extra[credentialIdExtra] = [`JTI=${payload.jti}`];
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return {
    namespace,
    serviceAccount,
    pod,
    secret: identityOf(own.secret),
    node,
    user: { name, uid: serviceAccount.uid, groups: serviceAccountGroups(namespace), extra },
  };
}

function identityOf(value: Json | undefined): ObjectIdentity | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value) || typeof value.name !== 'string' || typeof value.uid !== 'string')
    throw new Error('a reference in the token has no name and uid');
  return { name: value.name, uid: value.uid };
}

/** The first thing that must live for the token to be good and does not. A pod's node is told, not checked. */
async function findDead(
  claims: Claims,
  cluster: ClusterName,
  store: Pick<ObjectStore, 'get'>,
  now: number,
): Promise<string | undefined> {
  const { namespace, serviceAccount, pod, secret, node } = claims;
  const needed: { resource: string; namespace: string; identity: ObjectIdentity }[] = [
    { resource: 'serviceaccounts', namespace, identity: serviceAccount },
  ];
  if (pod !== undefined) needed.push({ resource: 'pods', namespace, identity: pod });
  if (secret !== undefined) needed.push({ resource: 'secrets', namespace, identity: secret });
  if (node !== undefined && pod === undefined) needed.push({ resource: 'nodes', namespace: '', identity: node });
  const alive = await Promise.all(
    needed.map(async ({ resource, namespace: inNamespace, identity }) => {
      const found = await store.get({ cluster, resource, namespace: inNamespace, name: identity.name });
      const metadata = found?.object.metadata;
      if (metadata?.uid !== identity.uid) return false;
      return (
        metadata.deletionTimestamp === undefined || Date.parse(metadata.deletionTimestamp) > now - deletionLeewayMs
      );
    }),
  );
  return needed[alive.indexOf(false)]?.resource;
}
