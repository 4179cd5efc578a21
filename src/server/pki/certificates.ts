import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  type webcrypto,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';

/** What a certificate is for: decides its extended key usage. */
export type CertificateUse = 'server' | 'client';

export type CertificateRequest = {
  /** In order, as RDNs: `[['O', 'system:masters'], ['CN', 'admin']]`. */
  readonly subject: readonly (readonly [attribute: 'CN' | 'O', value: string])[];
  /** DNS names and IP addresses for the subjectAltName. */
  readonly hosts: readonly string[];
  readonly use: CertificateUse;
  readonly days: number;
};

const dayMs = 24 * 60 * 60 * 1000;
/** Certificates begin a little in the past, for peers whose clocks are behind. */
const backdateMs = 60 * 60 * 1000;

/** A new ECDSA P-256 private key, PKCS #8 PEM. */
export function newPrivateKeyPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

/** A self-signed CA certificate (PEM) for a key; the same key and name give certificates that verify the same leaves. */
export async function issueCaCertificate(caKeyPem: string, commonName: string, days: number): Promise<string> {
  const x509 = await loadX509();
  const key = await importSigningKey(caKeyPem);
  const publicKey = await importPublicKey(createPublicKey(caKeyPem));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: [{ CN: [commonName] }],
    issuer: [{ CN: [commonName] }],
    ...validity(days),
    signingAlgorithm,
    publicKey,
    signingKey: key,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** A certificate (PEM) for `keyPem`, signed by the CA. The CA's key must be ECDSA P-256. */
export async function issueCertificate(
  ca: { readonly certPem: string; readonly keyPem: string },
  keyPem: string,
  request: CertificateRequest,
): Promise<string> {
  const x509 = await loadX509();
  const publicKey = await importPublicKey(createPublicKey(keyPem));
  const issuer = new x509.X509Certificate(ca.certPem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: request.subject.map(([attribute, value]) => ({ [attribute]: [value] })),
    issuer: issuer.subject,
    ...validity(request.days),
    signingAlgorithm,
    publicKey,
    signingKey: await importSigningKey(ca.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        request.use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(request.hosts.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              request.hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
            ),
          ]),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** True when the certificate belongs to the key, is signed by the CA, names all hosts and stays valid for `days` more. */
export function certificateServes(
  certPem: string,
  keyPem: string,
  caCertPem: string,
  hosts: readonly string[],
  days: number,
): boolean {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certPem);
  } catch {
    return false;
  }
  const ca = new X509Certificate(caCertPem);
  return (
    certificate.checkPrivateKey(createPrivateKey(keyPem)) &&
    certificate.checkIssued(ca) &&
    certificate.verify(ca.publicKey) &&
    expiresAfter(certificate, days) &&
    hosts.every((host) =>
      isIP(host) === 0
        ? certificate.checkHost(host, { subject: 'never', wildcards: false }) !== undefined
        : certificate.checkIP(host) !== undefined,
    )
  );
}

export function expiresAfter(certificate: X509Certificate, days: number): boolean {
  return certificate.validToDate.getTime() > Date.now() + days * dayMs;
}

export const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };

/** Loaded on first use: a start that finds its certificates in order does without it. The library needs Reflect.metadata to be there before it. */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

export function importSigningKey(pem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('the CA key must be an ECDSA P-256 key');
  const der = key.export({ format: 'der', type: 'pkcs8' });
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), keyAlgorithm, false, ['sign']);
}

function importPublicKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ format: 'der', type: 'spki' });
  return crypto.subtle.importKey('spki', new Uint8Array(der), keyAlgorithm, true, ['verify']);
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - backdateMs), notAfter: new Date(now + days * dayMs) };
}

/** 127 random bits, positive and without a leading zero byte (RFC 5280 §4.1.2.2). */
export function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
