import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { serviceAccountUserName } from '../../registry/identities.ts';
import type { ServiceAccountKeys } from './keys.ts';

export type ObjectIdentity = { readonly name: string; readonly uid: string };

/** What a TokenRequest asks for, after its checks: the account and the bound object exist. */
export type TokenGrant = {
  readonly cluster: ClusterName;
  readonly namespace: string;
  readonly serviceAccount: ObjectIdentity;
  /** Empty: the API of the cluster itself. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** The token ends with this object. */
  readonly boundTo?: ObjectIdentity & { readonly kind: 'Pod' | 'Secret' | 'Node' };
  /** The node of a bound pod, when it has one. */
  readonly node?: ObjectIdentity;
};

export type IssuedToken = { readonly token: string; readonly expiration: Date; readonly audiences: readonly string[] };

export interface ServiceAccountTokenIssuer {
  issue(grant: TokenGrant): Promise<IssuedToken>;
}

/** The issuer (and default audience) of a logical cluster's ServiceAccount tokens. */
export function serviceAccountIssuer(externalUrl: string, cluster: ClusterName): string {
  return `${externalUrl}/clusters/${cluster}`;
}

/** Signs ServiceAccount tokens with the claims of kube-apiserver (pkg/serviceaccount/claims.go) and the logical cluster's name as kcp has it. */
export function createServiceAccountTokenIssuer(options: {
  readonly externalUrl: string;
  readonly keys: ServiceAccountKeys;
  readonly now?: () => number;
}): ServiceAccountTokenIssuer {
  const { signing } = options.keys;
  const now = options.now ?? Date.now;
  return {
    async issue(grant) {
      const issuer = serviceAccountIssuer(options.externalUrl, grant.cluster);
      const issuedAt = Math.floor(now() / 1000);
      const expiration = issuedAt + grant.expirationSeconds;
      const audiences = grant.audiences.length === 0 ? [issuer] : [...grant.audiences];
      const token = await new SignJWT({
        aud: audiences,
        exp: expiration,
        iat: issuedAt,
        iss: issuer,
        jti: randomUUID(),
        'kubernetes.io': {
          namespace: grant.namespace,
          ...boundClaims(grant),
          serviceaccount: { name: grant.serviceAccount.name, uid: grant.serviceAccount.uid },
          clusterName: grant.cluster,
        },
        nbf: issuedAt,
        sub: serviceAccountUserName(grant.namespace, grant.serviceAccount.name),
      })
        .setProtectedHeader({ alg: signing.algorithm, kid: signing.keyId })
        .sign(signing.key);
      return { token, expiration: new Date(expiration * 1000), audiences };
    },
  };
}

function boundClaims({ boundTo, node }: TokenGrant): Record<string, ObjectIdentity> {
  if (boundTo === undefined) return {};
  const identity = { name: boundTo.name, uid: boundTo.uid };
  switch (boundTo.kind) {
    case 'Pod':
      return { pod: identity, ...(node === undefined ? {} : { node: { name: node.name, uid: node.uid } }) };
    case 'Secret':
      return { secret: identity };
    case 'Node':
      return { node: identity };
  }
}
