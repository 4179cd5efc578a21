import { LRUCache } from 'lru-cache';
import { frontProxyNameOf } from '../api/cluster-defaults/front-proxy-name.ts';
import type { Pki } from './pki.ts';
import { issueCertificate } from './pki/certificates.ts';

/** A client certificate and its key, PEM. */
export type ClientCredentials = { readonly cert: string; readonly key: string };

const days = 2;
const keptMs = 12 * 3_600_000;
const maxKept = 1000;

/**
 * Issues the client certificates with which requests are passed on to aggregated API servers. Each logical cluster has a name of its own in them: a server
 * that believes the front proxy of one believes no other, so no tenant can speak to another's server in a name of its choosing.
 */
export function createFrontProxyCertificates(
  pki: Pick<Pki, 'frontProxyCaCert' | 'frontProxyCaKey' | 'frontProxyKey'>,
): (clusterUid: string) => Promise<ClientCredentials> {
  const ca = { certPem: pki.frontProxyCaCert, keyPem: pki.frontProxyCaKey };
  const key = pki.frontProxyKey;
  const known = new LRUCache<string, Promise<ClientCredentials>>({ max: maxKept, ttl: keptMs });
  return (clusterUid) => {
    let issued = known.get(clusterUid);
    if (issued === undefined) {
      issued = issueCertificate(ca, key, {
        subject: [['CN', frontProxyNameOf(clusterUid)]],
        hosts: [],
        use: 'client',
        days,
      }).then((cert) => ({ cert, key }));
      known.set(clusterUid, issued);
      issued.catch(() => known.delete(clusterUid));
    }
    return issued;
  };
}
