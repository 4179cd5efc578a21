import { createPublicKey } from 'node:crypto';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { serviceAccountIssuer } from './issuer.ts';
import type { ServiceAccountKeys } from './keys.ts';

/** What others need to verify ServiceAccount tokens of a logical cluster (OpenID Connect Discovery 1.0 §3, RFC 7517). */
export type ServiceAccountDiscovery = {
  /** Body of `/.well-known/openid-configuration`. */
  openIdConfiguration(cluster: ClusterName): JsonObject;
  /** Body of `/openid/v1/jwks`; Content-Type application/jwk-set+json. */
  readonly keySet: JsonObject;
};

export function createServiceAccountDiscovery(options: {
  readonly externalUrl: string;
  readonly keys: ServiceAccountKeys;
}): ServiceAccountDiscovery {
  const keys = [...options.keys.verification.values()];
  return {
    openIdConfiguration(cluster) {
      const issuer = serviceAccountIssuer(options.externalUrl, cluster);
      return {
        issuer,
        jwks_uri: `${issuer}/openid/v1/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))],
      };
    },
    keySet: {
      keys: keys.map(({ key, keyId, algorithm }) => ({
        ...(createPublicKey(key.export({ format: 'pem', type: 'spki' })).export({ format: 'jwk' }) as JsonObject),
        kid: keyId,
        use: 'sig',
        alg: algorithm,
      })),
    },
  };
}
