import { hash, X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { unauthorized } from '../apimachinery/errors.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Authenticator } from './authenticator.ts';
import { credentialIdExtra } from '../registry/identities.ts';

/** Extended key usages under which a certificate may identify a client: id-kp-clientAuth and anyExtendedKeyUsage. */
const clientUsages = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];
const maxCached = 4096;
const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

type Verified = { readonly user: UserInfo; readonly from: number; readonly to: number };

/**
 * Client certificates: a certificate issued by one of the CA bundle's certificates, inside its time of validity and meant for clients, says who asks:
 * the common name is the user, the organizations are the groups. `caBundle`: see {@link createCertificateVerifier}.
 */
export function createClientCertificateAuthenticator(
  caBundle: () => string,
  now: () => number = Date.now,
): Authenticator {
  const verify = createCertificateVerifier(caBundle, now);
  return {
    authenticate(credentials) {
      const der = credentials.peerCertificate?.();
      if (der === undefined) return Promise.resolve(undefined);
      const user = verify(der);
      if (user === undefined) return Promise.reject(unauthorized());
      // A certificate without a common name names nobody: as if it had not been sent.
      return Promise.resolve(user.name === '' ? undefined : user);
    },
  };
}

/**
 * Gives whom a client certificate names; undefined when nothing in the bundle vouches for it, now. Verified ones are remembered by fingerprint. `caBundle` is
 * asked at each certificate: with another bundle, nothing that the one before vouched for holds. Throws at once when the bundle holds no certificate.
 */
export function createCertificateVerifier(
  caBundle: () => string,
  now: () => number = Date.now,
): (der: Uint8Array) => UserInfo | undefined {
  let bundle = caBundle();
  let authorities = parseAuthorities(bundle);
  const verified = new LRUCache<string, Verified>({ max: maxCached });
  return (der) => {
    if (caBundle() !== bundle) {
      bundle = caBundle();
      authorities = parseAuthorities(bundle);
      verified.clear();
    }
    const fingerprint = hash('sha256', der, 'hex');
    let entry = verified.get(fingerprint);
    if (entry === undefined) {
      entry = verifyCertificate(der, fingerprint, authorities, now());
      if (entry === undefined) return undefined;
      verified.set(fingerprint, entry);
    }
    const time = now();
    return time < entry.from || time > entry.to ? undefined : entry.user;
  };
}

/** The certificates of a PEM bundle. @throws when there is none, or one is unusable. */
export function parseAuthorities(caBundlePem: string): readonly X509Certificate[] {
  const authorities = (caBundlePem.match(pemBlock) ?? []).map((pem) => new X509Certificate(pem));
  if (authorities.length === 0) throw new Error('the client CA bundle holds no certificate');
  return authorities;
}

function verifyCertificate(
  der: Uint8Array,
  fingerprint: string,
  authorities: readonly X509Certificate[],
  time: number,
): Verified | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    return undefined;
  }
  if (!isForClients(certificate)) return undefined;
  const issuer = authorities.find(
    (authority) =>
      authority.ca &&
      certificate.checkIssued(authority) &&
      time >= authority.validFromDate.getTime() &&
      time <= authority.validToDate.getTime() &&
      certificate.verify(authority.publicKey),
  );
  if (issuer === undefined) return undefined;
  return {
    user: userOfCertificate(certificate, fingerprint),
    from: Math.max(certificate.validFromDate.getTime(), issuer.validFromDate.getTime()),
    to: Math.min(certificate.validToDate.getTime(), issuer.validToDate.getTime()),
  };
}

/** Whether the certificate may identify a client. */
export function isForClients(certificate: X509Certificate): boolean {
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return usages === undefined || usages.some((usage) => clientUsages.includes(usage));
}

/** Whom a verified certificate names: the common name and the organizations. */
export function userOfCertificate(certificate: X509Certificate, fingerprint: string): UserInfo {
  const { commonName, organizations } = subjectOf(certificate);
  const extra = { [credentialIdExtra]: [`X509SHA256=${fingerprint}`] };
  return { name: commonName, uid: '', groups: organizations, extra };
}

/** Read attribute by attribute, never from the printed subject: a value may contain what looks like another attribute. */
function subjectOf(certificate: X509Certificate): { commonName: string; organizations: string[] } {
  const subject: Record<string, unknown> = { ...certificate.toLegacyObject().subject };
  return { commonName: valuesOf(subject.CN).at(-1) ?? '', organizations: valuesOf(subject.O) };
}

function valuesOf(attribute: unknown): string[] {
  if (typeof attribute === 'string') return [attribute];
  return Array.isArray(attribute) ? attribute.filter((value) => typeof value === 'string') : [];
}
