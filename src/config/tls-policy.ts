/** Versions as kube-apiserver names them, and as Node does. 1.0 and 1.1 are not offered: RFC 8996. */
export const tlsVersions = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' } as const;
export type TlsVersion = keyof typeof tlsVersions;
export const tlsVersionNames = ['VersionTLS12', 'VersionTLS13'] as const satisfies readonly TlsVersion[];

/** Cipher suites by their IANA names, as `--tls-cipher-suites` of kube-apiserver takes them, and OpenSSL's names. */
const suites: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};

/** The names that may be asked for. */
export const cipherSuiteNames: readonly string[] = Object.keys(suites);

/**
 * What a server offers: forward secret, authenticated ciphers only, of TLS 1.2 those that are chosen. The suites of TLS 1.3 are all sound and, as with
 * Go's servers, not chosen one by one.
 */
export function cipherList(chosen: readonly string[]): string {
  const isChosen = (name: string): boolean => chosen.length === 0 || chosen.includes(name) || !name.includes('_WITH_');
  return cipherSuiteNames.flatMap((name) => (isChosen(name) ? (suites[name] ?? []) : [])).join(':');
}
