import { isIPv6 } from 'node:net';

/** The family of an IP address as Kubernetes has always read them (leading zeros allowed, no zone); undefined when it is none. */
export function ipFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  if (text.length > 64) return undefined;
  if (isIPv6(text)) return text.includes('%') ? undefined : 'IPv6';
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^0*\d{1,3}$/.test(part) && Number(part) <= 255)
    ? 'IPv4'
    : undefined;
}

/** Messages for a text that must be an IP address. */
export function ipAddress(text: string): string[] {
  return ipFamily(text) === undefined ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : [];
}

/** Whether a text is an address and a prefix length: `10.0.0.0/8`. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  const family = ipFamily(text.slice(0, slash));
  const length = text.slice(slash + 1);
  return family !== undefined && /^\d{1,3}$/.test(length) && Number(length) <= (family === 'IPv4' ? 32 : 128);
}
