import { createECDH, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { issueCaCertificate } from './certificates.ts';
import { type IssuedLeaf, type LeafRequest, signRequest } from './sign-request.ts';

/** The order of the curve P-256. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const caDays = 3650;
const maxKept = 256;

/**
 * A certificate authority for each logical cluster, so that what is signed in one cannot be believed in another, and nothing that a tenant has signed is
 * believed to come from this server. The keys follow from our own authority's key and the cluster's name: servers that share that key share them all, and
 * nothing is stored.
 */
export type ClusterAuthorities = {
  /** What certificates of the logical cluster are verified with. */
  readonly publicKeyOf: (cluster: ClusterName) => KeyObject;
  /** PEM. */
  readonly certificateOf: (cluster: ClusterName) => Promise<string>;
  /** Signs a PKCS #10 request. @throws when it cannot be read */
  readonly sign: (cluster: ClusterName, request: LeafRequest) => Promise<IssuedLeaf>;
};

/** `caKeyPem` is our authority's key. */
export function createClusterAuthorities(caKeyPem: string): ClusterAuthorities {
  const secret = secretOf(caKeyPem);
  const keys = new LRUCache<ClusterName, { readonly pem: string; readonly publicKey: KeyObject }>({ max: maxKept });
  const keyOf = (cluster: ClusterName) => {
    let key = keys.get(cluster);
    if (key === undefined) {
      const pem = deriveKey(secret, cluster);
      keys.set(cluster, (key = { pem, publicKey: createPublicKey(pem) }));
    }
    return key;
  };
  const certificateOf = (cluster: ClusterName) =>
    issueCaCertificate(keyOf(cluster).pem, `atoll-logical-cluster:${cluster}`, caDays);
  return {
    publicKeyOf: (cluster) => keyOf(cluster).publicKey,
    certificateOf,
    sign: async (cluster, request) =>
      signRequest({ certPem: await certificateOf(cluster), keyPem: keyOf(cluster).pem }, request),
  };
}

/** The key's own secret, not its file: the same key written in another way gives the same. */
function secretOf(keyPem: string): Buffer {
  const { d } = createPrivateKey(keyPem).export({ format: 'jwk' });
  if (d === undefined) throw new Error('the CA key has no private part');
  return Buffer.from(d, 'base64url');
}

/** 384 bits reduced modulo the order: no bias that matters (FIPS 186-5 A.2.1). */
function deriveKey(secret: Buffer, cluster: ClusterName): string {
  const bits = Buffer.from(hkdfSync('sha256', secret, '', `atoll logical cluster authority: ${cluster}`, 48));
  const scalar = (BigInt(`0x${bits.toString('hex')}`) % (order - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: d.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33, 65).toString('base64url'),
  };
  return createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'pkcs8' }).toString();
}
