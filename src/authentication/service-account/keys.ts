import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto';

export type VerificationKey = { readonly key: KeyObject; readonly keyId: string; readonly algorithm: string };

/** The keys of an installation for ServiceAccount tokens: the first signs, all verify (so that a key can be replaced). */
export type ServiceAccountKeys = {
  readonly signing: VerificationKey;
  /** By key id. */
  readonly verification: ReadonlyMap<string, VerificationKey>;
};

/**
 * Reads private keys, and keys whose tokens are only taken, public or private (PEM). Throws when there is no private one, or one is of a kind that signs no
 * tokens.
 */
export function loadServiceAccountKeys(
  privateKeysPem: readonly string[],
  verifyingPem: readonly string[] = [],
): ServiceAccountKeys {
  const keys = privateKeysPem.map((pem) => {
    const key = createPrivateKey(pem);
    const publicKey = createPublicKey(key);
    return { key, publicKey, keyId: keyIdOf(publicKey), algorithm: algorithmOf(key) };
  });
  const [signing] = keys;
  if (signing === undefined) throw new Error('there is no key for ServiceAccount tokens');
  const known = keys.map(({ publicKey, keyId, algorithm }) => ({ key: publicKey, keyId, algorithm }));
  for (const pem of verifyingPem) {
    const key = createPublicKey(pem);
    known.push({ key, keyId: keyIdOf(key), algorithm: algorithmOf(key) });
  }
  return { signing, verification: new Map(known.map((key) => [key.keyId, key])) };
}

/** SHA-256 of the key's SPKI form, as kube-apiserver computes `kid`. */
function keyIdOf(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ format: 'der', type: 'spki' }), 'base64url');
}

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const algorithm = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }[
    key.asymmetricKeyDetails?.namedCurve ?? ''
  ];
  if (algorithm === undefined)
    throw new Error('a key for ServiceAccount tokens must be RSA or ECDSA P-256, P-384 or P-521');
  return algorithm;
}
