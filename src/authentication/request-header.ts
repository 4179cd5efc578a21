import type { IncomingHttpHeaders } from 'node:http';
import { unauthorized } from '../apimachinery/errors.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { createCertificateVerifier } from './client-certificate.ts';

/** The headers by which a front proxy tells who asks; names in lower case. */
export type IdentityHeaders = {
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
};

export type RequestHeaderOptions = IdentityHeaders & {
  /** PEM bundle of the CAs of front proxies, as it is now. */
  readonly clientCa: () => string;
  /** Common names that their certificates may have; empty: any. */
  readonly allowedNames: readonly string[];
};

/** What front proxies are told to send by default, and what this server sends as one. */
const defaultPrefix = 'x-remote-';

/**
 * Takes a front proxy's word on who asks (k8s.io/apiserver/pkg/authentication/request/headerrequest): the headers count only on a connection whose client
 * certificate is of the proxies' CA and bears an allowed name. Throws at once when the bundle holds no certificate.
 */
export function createRequestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const verify = createCertificateVerifier(options.clientCa);
  const allowed = new Set(options.allowedNames);
  return {
    authenticate(credentials) {
      const name = firstValue(credentials, options.usernameHeaders);
      if (name === '') return Promise.resolve(undefined);
      const der = credentials.peerCertificate?.();
      if (der === undefined) return Promise.resolve(undefined);
      const proxy = verify(der);
      if (proxy === undefined || (allowed.size > 0 && !allowed.has(proxy.name))) return Promise.reject(unauthorized());
      const user: UserInfo = {
        name,
        uid: firstValue(credentials, options.uidHeaders),
        groups: options.groupHeaders.flatMap((header) => valuesOf(credentials, header)),
        extra: extraOf(credentials, options.extraHeaderPrefixes),
      };
      return Promise.resolve(user);
    },
  };
}

/**
 * Takes the headers of front proxies out of a request, whoever sent it: what comes after authentication, other servers above all, must never read an identity
 * there that a client wrote.
 */
export function dropIdentityHeaders(headers: IncomingHttpHeaders, custom?: IdentityHeaders): void {
  for (const name in headers) {
    if (name.startsWith(defaultPrefix)) delete headers[name];
  }
  if (custom === undefined) return;
  for (const name of [...custom.usernameHeaders, ...custom.uidHeaders, ...custom.groupHeaders]) delete headers[name];
  for (const prefix of custom.extraHeaderPrefixes) {
    for (const name in headers) if (name.startsWith(prefix)) delete headers[name];
  }
}

function firstValue(credentials: Credentials, names: readonly string[]): string {
  for (const name of names) {
    if (credentials.headers[name] === undefined) continue;
    const value = valuesOf(credentials, name)[0];
    if (value !== undefined) return value;
  }
  return '';
}

/** The values of a header, in order, empty ones left out. Node joins repeated headers with commas, which values may hold: the raw ones say. */
function valuesOf({ headers, rawHeaders }: Credentials, name: string): string[] {
  const joined = headers[name];
  if (joined === undefined) return [];
  const raw = rawHeaders?.();
  if (raw === undefined) return (Array.isArray(joined) ? joined : [joined]).filter((value) => value !== '');
  const values: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const value = raw[index + 1] ?? '';
    if (value !== '' && raw[index]?.toLowerCase() === name) values.push(value);
  }
  return values;
}

function extraOf(credentials: Credentials, prefixes: readonly string[]): UserInfo['extra'] {
  const extra = new Map<string, string[]>();
  for (const prefix of prefixes) {
    for (const name of Object.keys(credentials.headers)) {
      if (!name.startsWith(prefix)) continue;
      const key = unescaped(name.slice(prefix.length));
      extra.set(key, [...(extra.get(key) ?? []), ...valuesOf(credentials, name)]);
    }
  }
  return Object.fromEntries(extra);
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
}
