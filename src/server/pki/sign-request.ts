import { hash } from 'node:crypto';
import type { Extension } from '@peculiar/x509';
import { importSigningKey, loadX509, newSerialNumber, signingAlgorithm } from './certificates.ts';

/** What is to be signed: a PKCS #10 request (PEM), for the usages of certificates.k8s.io. */
export type LeafRequest = {
  readonly request: string;
  readonly usages: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
};

/** A signed certificate; `fingerprint` is the SHA-256 of its DER, hexadecimal. */
export type IssuedLeaf = { readonly certPem: string; readonly fingerprint: string };

/** What a PKCS #10 request asks to be called. */
export type RequestSubject = {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly addresses: readonly string[];
  readonly urls: readonly string[];
};

/** Reads a PKCS #10 request. @throws when it cannot be read */
export async function readRequestSubject(pem: string): Promise<RequestSubject> {
  const x509 = await loadX509();
  const request = new x509.Pkcs10CertificateRequest(pem);
  const names = request.extensions
    .filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension)
    .flatMap((extension) => extension.names.items);
  const of = (type: string): string[] => names.filter((name) => name.type === type).map(({ value }) => value);
  return {
    commonName: request.subjectName.getField('CN').at(-1) ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: of('dns'),
    emails: of('email'),
    addresses: of('ip'),
    urls: of('url'),
  };
}

/**
 * Signs a request with an authority's ECDSA P-256 key. Subject, key, and alternative names of the usual four sorts are the request's; every other extension is
 * ours, so a request cannot make itself an authority.
 */
export async function signRequest(
  ca: { readonly certPem: string; readonly keyPem: string },
  leaf: LeafRequest,
): Promise<IssuedLeaf> {
  const x509 = await loadX509();
  const request = new x509.Pkcs10CertificateRequest(leaf.request);
  const issuer = new x509.X509Certificate(ca.certPem);
  const { dnsNames, emails, addresses, urls } = await readRequestSubject(leaf.request);
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...emails.map((value) => ({ type: 'email' as const, value })),
    ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ...urls.map((value) => ({ type: 'url' as const, value })),
  ];
  const { flags, extended } = usagesOf(leaf.usages);
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  if (flags !== 0) extensions.push(new x509.KeyUsagesExtension(flags, true));
  if (extended.length > 0) extensions.push(new x509.ExtendedKeyUsageExtension([...extended]));
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: request.subjectName,
    issuer: issuer.subjectName,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    signingAlgorithm,
    publicKey: request.publicKey,
    signingKey: await importSigningKey(ca.keyPem),
    extensions,
  });
  return {
    certPem: `${certificate.toString('pem')}\n`,
    fingerprint: hash('sha256', new Uint8Array(certificate.rawData), 'hex'),
  };
}

/** Bits of KeyUsage (RFC 5280 §4.2.1.3). Nobody gets `cert sign` or `crl sign`: no tenant's certificate is an authority. */
const keyUsages: Readonly<Record<string, number>> = {
  signing: 1,
  'digital signature': 1,
  'content commitment': 2,
  'key encipherment': 4,
  'data encipherment': 8,
  'key agreement': 16,
  'encipher only': 128,
  'decipher only': 256,
};

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

function usagesOf(usages: readonly string[]): { flags: number; extended: string[] } {
  const extended = new Set<string>();
  let flags = 0;
  for (const usage of usages) {
    if (Object.hasOwn(keyUsages, usage)) flags |= keyUsages[usage] ?? 0;
    else if (Object.hasOwn(extendedUsages, usage)) extended.add(extendedUsages[usage] ?? '');
  }
  return { flags, extended: [...extended] };
}
