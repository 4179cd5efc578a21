import { BlockList, isIP } from 'node:net';
import { ApiError, badRequest } from '../../apimachinery/errors.ts';

/** The pieces of `name`, `name:port` and `scheme:name:port`, by which proxies address. */
export type SchemeNamePort = { readonly scheme: string; readonly name: string; readonly port: string };

/** @throws 400 `invalid <kind> request "…"` */
export function splitSchemeNamePort(text: string, kind: 'pod' | 'node' | 'service'): SchemeNamePort {
  const parts = text.split(':');
  const [scheme = '', name = '', port = ''] =
    parts.length === 3 ? parts : parts.length === 2 ? ['', ...parts] : ['', text];
  const known = scheme === '' || scheme === 'http' || scheme === 'https';
  if (parts.length > 3 || name === '' || !known) throw badRequest(`invalid ${kind} request ${JSON.stringify(text)}`);
  return { scheme, name, port };
}

const notGlobal = new BlockList();
notGlobal.addSubnet('127.0.0.0', 8);
notGlobal.addSubnet('169.254.0.0', 16);
notGlobal.addSubnet('224.0.0.0', 4);
notGlobal.addAddress('0.0.0.0');
notGlobal.addAddress('255.255.255.255');
notGlobal.addAddress('::', 'ipv6');
notGlobal.addAddress('::1', 'ipv6');
notGlobal.addSubnet('fe80::', 10, 'ipv6');
notGlobal.addSubnet('ff00::', 8, 'ipv6');

/** Whether proxies may go to an address: it is one, and neither this machine's own nor a link's nor a group's. */
export function isGlobalUnicast(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !notGlobal.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Go's net.JoinHostPort. */
export function joinHostPort(host: string, port: string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What the dialing of somebody who does not listen is said to have ended with. */
export function refused(hostPort: string): string {
  return `dial tcp ${hostPort}: connect: connection refused`;
}

/** 503 without advice when to come again, as proxies answer it. */
export function unavailable(message: string): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message);
}

/** 503 of a proxy whose other end is not there. */
export function unreachable(reason: string): ApiError {
  return unavailable(`error trying to reach service: ${reason}`);
}
