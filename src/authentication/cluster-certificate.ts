import { hash, type KeyObject, X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { issuedCertificatesResource } from '../api/access.atoll.dev/v1alpha1/issuedcertificates.ts';
import { unauthorized } from '../apimachinery/errors.ts';
import type { ClusterName } from '../logicalcluster/name.ts';
import { mastersGroup } from '../registry/identities.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Authenticator } from './authenticator.ts';
import { isForClients, userOfCertificate } from './client-certificate.ts';

const maxCached = 4096;

type Verified = { readonly user: UserInfo; readonly from: number; readonly to: number };

export type ClusterCertificateOptions = {
  readonly store: Pick<ObjectStore, 'get'>;
  /** The authority of a logical cluster. */
  readonly publicKeyOf: (cluster: ClusterName) => KeyObject;
  readonly now?: () => number;
};

/**
 * Client certificates that a logical cluster's own authority has signed: good in that cluster only, in their time, and while their IssuedCertificate is there, which is
 * read on each use. They never make anybody a member of system:masters. Other certificates are left to others.
 */
export function createClusterCertificateAuthenticator(options: ClusterCertificateOptions): Authenticator {
  const now = options.now ?? Date.now;
  /** By cluster and fingerprint; null: not of this cluster's authority. */
  const known = new LRUCache<string, { readonly verified: Verified | null }>({ max: maxCached });
  return {
    async authenticate({ peerCertificate, cluster }) {
      const der = peerCertificate?.();
      if (der === undefined) return undefined;
      const fingerprint = hash('sha256', der, 'hex');
      const key = `${cluster}/${fingerprint}`;
      let entry = known.get(key);
      if (entry === undefined) {
        entry = { verified: verify(der, fingerprint, options.publicKeyOf(cluster)) };
        known.set(key, entry);
      }
      const { verified } = entry;
      if (verified === null) return undefined;
      const time = now();
      if (time < verified.from || time > verified.to) throw unauthorized();
      const record = await options.store.get({
        cluster,
        resource: issuedCertificatesResource,
        namespace: '',
        name: fingerprint,
      });
      if (record === undefined || record.object.metadata.deletionTimestamp !== undefined) throw unauthorized();
      return verified.user.name === '' ? undefined : verified.user;
    },
  };
}

function verify(der: Uint8Array, fingerprint: string, key: KeyObject): Verified | null {
  try {
    const certificate = new X509Certificate(der);
    if (!isForClients(certificate) || !certificate.verify(key)) return null;
    const user = userOfCertificate(certificate, fingerprint);
    if (user.groups.includes(mastersGroup)) return null;
    return { user, from: certificate.validFromDate.getTime(), to: certificate.validToDate.getTime() };
  } catch {
    return null;
  }
}
