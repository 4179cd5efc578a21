import { isIP } from 'node:net';

/** Which addresses webhooks may have. `allow` wins over `deny`. */
export type WebhookAddresses = { readonly deny: readonly string[]; readonly allow: readonly string[] };

/** Link-local addresses, where clouds answer questions about the machine and its credentials, however they are reached. */
const linkLocal = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128', '64:ff9b::a9fe:0/112'];
const loopback = ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'];

/**
 * What is denied unless the configuration says otherwise. Loopback is where everything on this machine believes to be among itself: it is denied as soon as
 * the server listens for others than this machine.
 */
export function defaultDenied(listenHost: string): readonly string[] {
  const isLocal = listenHost === 'localhost' || listenHost === '::1' || listenHost.startsWith('127.');
  return isLocal ? linkLocal : [...linkLocal, ...loopback];
}

/** What is wrong with a text that should be an address range; undefined: nothing. */
export function cidrError(text: string): string | undefined {
  const [address = '', length = '', ...more] = text.split('/');
  const family = isIP(address);
  const isRange = family !== 0 && more.length === 0 && /^\d{1,3}$/.test(length);
  if (isRange && Number(length) <= (family === 4 ? 32 : 128)) return undefined;
  return `"${text}" is not an address range such as 10.0.0.0/8`;
}
