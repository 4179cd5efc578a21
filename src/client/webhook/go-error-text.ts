import type { PeerCertificate } from 'node:tls';
import { isIP } from 'node:net';

const unverified = 'tls: failed to verify certificate: ';
const unknownAuthority = `${unverified}x509: certificate signed by unknown authority`;

/** What Go says for Node's error codes while connecting. */
const dialTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  EACCES: 'connect: permission denied',
  EPERM: 'connect: operation not permitted',
};

const otherTexts: Readonly<Record<string, string>> = {
  ECONNRESET: 'EOF',
  EPIPE: 'write: broken pipe',
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  INVALID_CA: unknownAuthority,
  CERT_UNTRUSTED: unknownAuthority,
  CERT_HAS_EXPIRED: `${unverified}x509: certificate has expired or is not yet valid`,
  CERT_NOT_YET_VALID: `${unverified}x509: certificate has expired or is not yet valid`,
  INVALID_PURPOSE: `${unverified}x509: certificate specifies an incompatible key usage`,
};

/** What of OpenSSL's own message tells what went wrong in a handshake. */
const handshakeTexts: readonly (readonly [part: string, text: string])[] = [
  ['wrong version number', 'http: server gave HTTP response to HTTPS client'],
  ['packet length too long', 'tls: first record does not look like a TLS handshake'],
  ['handshake failure', 'remote error: tls: handshake failure'],
  ['certificate required', 'remote error: tls: certificate required'],
  ['alert protocol version', 'remote error: tls: protocol version not supported'],
];

/** A connection's or request's failure in the words of Go's HTTP client. `destination` is `host:port` as dialed. */
export function goErrorText(error: unknown, destination: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const first = error instanceof AggregateError ? (error.errors as unknown[])[0] : undefined;
  if (first !== undefined) return goErrorText(first, destination);
  const dial = dialTexts[code];
  if (dial !== undefined) {
    const at = address === undefined ? destination : `${isIP(address) === 6 ? `[${address}]` : address}:${port ?? 0}`;
    return `dial tcp ${at}: ${dial}`;
  }
  const known = otherTexts[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'net/http: malformed HTTP response';
  const handshake = handshakeTexts.find(([part]) => error.message.includes(part));
  return handshake?.[1] ?? (code === 'EPROTO' || code.startsWith('ERR_SSL_') ? 'tls: handshake failed' : error.message);
}

/**
 * Whether a certificate is for a host, by its alternative names only. Undefined: it is; otherwise an error in Go's words.
 */
export function hostMismatch(host: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ').filter((name) => name !== '');
  const dns = names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice('DNS:'.length));
  const ips = names.filter((name) => name.startsWith('IP Address:')).map((name) => name.slice('IP Address:'.length));
  if (isIP(host) !== 0) {
    if (ips.some((ip) => sameAddress(ip, host))) return undefined;
    if (names.length === 0 && commonName(certificate) === host) return legacyName();
    if (ips.length === 0)
      return new Error(
        `${unverified}x509: cannot validate certificate for ${host} because it doesn't contain any IP SANs`,
      );
    return new Error(`${unverified}x509: certificate is valid for ${ips.join(', ')}, not ${host}`);
  }
  if (dns.some((pattern) => matchesName(pattern.toLowerCase(), host.toLowerCase()))) return undefined;
  if (names.length === 0 && matchesName(commonName(certificate).toLowerCase(), host.toLowerCase())) return legacyName();
  return new Error(
    dns.length === 0
      ? `${unverified}x509: certificate is not valid for any names, but wanted to match ${host}`
      : `${unverified}x509: certificate is valid for ${dns.join(', ')}, not ${host}`,
  );
}

function legacyName(): Error {
  return new Error(`${unverified}x509: certificate relies on legacy Common Name field, use SANs instead`);
}

function commonName(certificate: PeerCertificate): string {
  const name: unknown = certificate.subject?.CN;
  return typeof name === 'string' ? name : '';
}

/** Both spelled out, so that `::1` is what a certificate writes as `0:0:0:0:0:0:0:1`. */
function sameAddress(a: string, b: string): boolean {
  const canonical = (address: string): string =>
    isIP(address) === 6 ? new URL(`https://[${address}]/`).hostname : address;
  return canonical(a) === canonical(b);
}

/** A leading `*` stands for exactly one label. */
function matchesName(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern !== '' && pattern === host;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot) === pattern.slice(1);
}
