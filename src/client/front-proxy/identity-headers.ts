import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { UserInfo } from '../../registry/registry.ts';

const hopByHop = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Who a backend must believe a request to be: never what the client itself says. */
function isIdentity(name: string): boolean {
  return name === 'authorization' || name.startsWith('x-remote-') || name.startsWith('impersonate-');
}

/** A client's headers as a backend gets them: without what belongs to the connection, credentials, and claims of identity. */
export function forwardedHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(':') && !hopByHop.has(name) && !isIdentity(name)) kept[name] = value;
  return kept;
}

/** A backend's headers as a client gets them. */
export function answeredHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (!hopByHop.has(name) && !name.startsWith('access-control-')) kept[name] = value;
  return kept;
}

/** The headers by which a front proxy says who asks (k8s.io/client-go/transport). */
export function identityHeaders({ name, groups, extra }: Omit<UserInfo, 'uid'>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'X-Remote-User': printable(name) };
  if (groups.length > 0) headers['X-Remote-Group'] = groups.map(printable);
  for (const [key, values] of Object.entries(extra))
    headers[`X-Remote-Extra-${escapeKey(key)}`] = values.map(printable);
  return headers;
}

/** Header values are latin-1 without controls; what UTF-8 has beyond goes as its bytes. */
function printable(value: string): string {
  return Buffer.from(value.replaceAll(/\p{Cc}/gu, ''), 'utf8').toString('latin1');
}

/** Bytes that a header's name cannot have are percent-encoded, and so is the percent sign. */
function escapeKey(key: string): string {
  return [...Buffer.from(key, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /^[!#$&'*+.^_`|~0-9A-Za-z-]$/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
