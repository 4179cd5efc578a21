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

/** The one way to write an IPv4 address without leading zeros, or an IPv6 address by RFC 5952. */
function canonicalIp(text: string): string {
  if (!text.includes(':')) return text.split('.').map(Number).join('.');
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function isMapped(text: string): boolean {
  return text.includes(':') && /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(canonicalIp(text));
}

const leadingZero = /(^|\.)0\d/;

/** Messages for a text that must be an IP address in its one canonical form (fields that are newer than Kubernetes' sloppy parsing). */
export function strictIpAddress(text: string): string[] {
  const messages = ipAddress(text);
  if (messages.length > 0) return messages;
  if (!text.includes(':')) return leadingZero.test(text) ? ['must not have leading 0s'] : [];
  if (isMapped(text)) return ['must not be an IPv4-mapped IPv6 address'];
  const canonical = canonicalIp(text);
  return text === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

/** What is to be warned of in an IP address that a field takes, but a later Kubernetes will not. */
export function ipWarning(text: string): string | undefined {
  const family = ipFamily(text);
  // The two forms that nearly every address has.
  if (family === undefined || (family === 'IPv4' && !leadingZero.test(text))) return undefined;
  const canonical = canonicalIp(text);
  if (family === 'IPv4')
    return `non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`;
  if (isMapped(text)) {
    const bytes = canonical
      .slice('::ffff:'.length)
      .split(':')
      .flatMap((group) => {
        const value = Number.parseInt(group, 16);
        return [value >> 8, value & 255];
      });
    return `non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(bytes.join('.'))}`;
  }
  return text === canonical
    ? undefined
    : `IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`;
}

export const cidrMessage = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Messages for a text that must be a range of addresses in its one canonical form. */
export function strictCidr(text: string): string[] {
  if (!isCidr(text)) return [cidrMessage];
  const slash = text.indexOf('/');
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (/^0\d/.test(length) || (!address.includes(':') && leadingZero.test(address))) {
    return ['must not have leading 0s in IP or prefix length'];
  }
  if (address.includes(':') && isMapped(address)) return ['must not have an IPv4-mapped IPv6 address'];
  if (ipBits(address).slice(Number(length)).includes('1')) return ['must not have bits set beyond the prefix length'];
  const canonical = `${canonicalIp(address)}/${length}`;
  return text === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

/** The bits of an address as a text of zeros and ones. */
function ipBits(text: string): string {
  if (!text.includes(':')) {
    return text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail] = canonicalIp(text).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((part) => parseInt(part, 16).toString(2).padStart(16, '0')).join('');
}

/** The bits of a range that count, as `0` and `1`. */
function rangeBits(cidr: string): string {
  const slash = cidr.indexOf('/');
  return ipBits(cidr.slice(0, slash)).slice(0, Number(cidr.slice(slash + 1)));
}

/** Whether `inner` is a smaller range of addresses within `outer`. Both are ranges. */
export function cidrContains(outer: string, inner: string): boolean {
  if (outer.includes(':') !== inner.includes(':')) return false;
  const [wide, narrow] = [rangeBits(outer), rangeBits(inner)];
  return narrow.length > wide.length && narrow.startsWith(wide);
}

/** What is to be warned of in a range of addresses that a field takes, but a later Kubernetes will not. */
export function cidrWarnings(text: string): string[] {
  if (!isCidr(text)) return [];
  const slash = text.indexOf('/');
  const [address, length] = [text.slice(0, slash), Number(text.slice(slash + 1))];
  const bits = ipBits(address);
  const base = `${fromBits(bits.slice(0, length).padEnd(bits.length, '0'))}/${length}`;
  const warnings: string[] = [];
  if (bits.slice(length).includes('1'))
    warnings.push(
      `CIDR value ${JSON.stringify(text)} is ambiguous in this context (should be ${JSON.stringify(base)} or ${JSON.stringify(`${canonicalIp(address)}/${bits.length}`)}?)`,
    );
  const odd =
    /^0\d/.test(text.slice(slash + 1)) || (address.includes(':') ? isMapped(address) : leadingZero.test(address));
  if (odd)
    warnings.push(
      `non-standard CIDR value ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(base)}`,
    );
  if (warnings.length === 0 && address.includes(':') && `${canonicalIp(address)}/${length}` !== text)
    warnings.push(
      `IPv6 CIDR value ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(`${canonicalIp(address)}/${length}`)})`,
    );
  return warnings;
}

/** The address of 32 or 128 bits. */
function fromBits(bits: string): string {
  const size = bits.length === 32 ? 8 : 16;
  const parts = (bits.match(new RegExp(`.{${size}}`, 'g')) ?? []).map((part) => Number.parseInt(part, 2));
  return size === 8 ? parts.join('.') : canonicalIp(parts.map((part) => part.toString(16)).join(':'));
}
