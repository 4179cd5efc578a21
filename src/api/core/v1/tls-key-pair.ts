import { createPrivateKey, X509Certificate } from 'node:crypto';

/**
 * Why a PEM certificate and key do not make a usable pair, in the words of Go's crypto/tls, which stock servers send as a warning; undefined when they do.
 */
export function keyPairProblem(certificate: string, key: string): string | undefined {
  if (!/-----BEGIN CERTIFICATE-----/.test(certificate)) {
    return 'tls: failed to find any PEM data in certificate input';
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) return 'tls: failed to find any PEM data in key input';
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return 'x509: malformed certificate';
  }
  try {
    return parsed.checkPrivateKey(createPrivateKey(key)) ? undefined : 'tls: private key does not match public key';
  } catch {
    return 'tls: failed to parse private key';
  }
}
