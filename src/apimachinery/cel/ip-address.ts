import { goString } from '../go-syntax.ts';

/** An address: 4 bytes or 16. */
export type Address = { readonly bytes: readonly number[]; readonly zone: string };

/** What is wrong with an address, in the words of Go's netip. */
export class AddressProblem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Reads an IPv4 or IPv6 address as Go's netip.ParseAddr does. */
export function parseAddress(text: string): Address | AddressProblem {
  const fail = (message: string, at?: string): AddressProblem =>
    new AddressProblem(
      `ParseAddr(${goString(text)}): ${message}${at === undefined || at === '' ? '' : ` (at ${goString(at)})`}`,
    );
  const sign = /[.:%]/.exec(text)?.[0];
  if (sign === undefined) return fail('unable to parse IP');
  if (sign === '%') return fail('missing IPv6 address');
  if (sign === ':') return parseIpv6(text, fail);
  const bytes = ipv4Fields(text, fail);
  return bytes instanceof AddressProblem ? bytes : { bytes, zone: '' };
}

type Fail = (message: string, at?: string) => AddressProblem;

function ipv4Fields(text: string, fail: Fail): number[] | AddressProblem {
  const bytes: number[] = [];
  let value = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (/[0-9]/.test(char)) {
      if (digits === 1 && value === 0) return fail('IPv4 field has octet with leading zero');
      value = value * 10 + Number(char);
      digits += 1;
      if (value > 255) return fail('IPv4 field has value >255');
    } else if (char === '.') {
      if (i === 0 || i === text.length - 1 || text.charAt(i - 1) === '.') {
        return fail('IPv4 field must have at least one digit', text.slice(i));
      }
      if (bytes.length === 3) return fail('IPv4 address too long');
      bytes.push(value);
      value = 0;
      digits = 0;
    } else {
      return fail('unexpected character', text.slice(i));
    }
  }
  return bytes.length < 3 ? fail('IPv4 address too short') : [...bytes, value];
}

function parseIpv6(text: string, fail: Fail): Address | AddressProblem {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? '' : text.slice(percent + 1);
  if (percent >= 0 && zone === '') return fail('zone must be a non-empty string');
  let rest = percent < 0 ? text : text.slice(0, percent);
  const bytes: number[] = [];
  let gap = -1;
  if (rest.startsWith('::')) {
    gap = 0;
    rest = rest.slice(2);
    if (rest === '') return { bytes: Array.from({ length: 16 }, () => 0), zone };
  }
  while (bytes.length < 16) {
    const group = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? '';
    if (group.length > 4) return fail('each group must have 4 or less digits', rest);
    if (group === '') return fail('each colon-separated field must have at least one digit', rest);
    if (rest.charAt(group.length) === '.') {
      if (gap < 0 && bytes.length !== 12) {
        return fail('embedded IPv4 address must replace the final 2 fields of the address', rest);
      }
      if (bytes.length + 4 > 16) {
        return fail('too many hex fields to fit an embedded IPv4 at the end of the address', rest);
      }
      const embedded = ipv4Fields(rest, fail);
      if (embedded instanceof AddressProblem) return embedded;
      bytes.push(...embedded);
      rest = '';
      break;
    }
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
    rest = rest.slice(group.length);
    if (rest === '') break;
    if (!rest.startsWith(':')) return fail('unexpected character, want colon', rest);
    if (rest.length === 1) return fail('colon must be followed by more characters', rest);
    rest = rest.slice(1);
    if (rest.startsWith(':')) {
      if (gap >= 0) return fail('multiple :: in address', rest);
      gap = bytes.length;
      rest = rest.slice(1);
      if (rest === '') break;
    }
  }
  if (rest !== '') return fail('trailing garbage after address', rest);
  if (bytes.length < 16) {
    if (gap < 0) return fail('address string too short');
    bytes.splice(gap, 0, ...Array.from({ length: 16 - bytes.length }, () => 0));
  } else if (gap >= 0) {
    return fail('the :: must expand to at least one field of zeros');
  }
  return { bytes, zone };
}

/** Whether an address is an IPv4 address in the clothes of IPv6. */
export function isMapped({ bytes }: Address): boolean {
  return (
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  );
}

/** The canonical text of an address. */
export function formatAddress(address: Address): string {
  const { bytes, zone } = address;
  if (bytes.length === 4) return bytes.join('.');
  const suffix = zone === '' ? '' : `%${zone}`;
  if (isMapped(address)) return `::ffff:${bytes.slice(12).join('.')}${suffix}`;
  const fields: number[] = [];
  for (let i = 0; i < 16; i += 2) fields.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  const { from, length } = longestZeros(fields);
  const hex = (part: readonly number[]): string => part.map((field) => field.toString(16)).join(':');
  if (length < 2) return hex(fields) + suffix;
  return `${hex(fields.slice(0, from))}::${hex(fields.slice(from + length))}${suffix}`;
}

function longestZeros(fields: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < fields.length; from += 1) {
    let end = from;
    while (fields[end] === 0) end += 1;
    if (end - from > best.length) best = { from, length: end - from };
    from = Math.max(from, end - 1);
  }
  return best;
}

/** A network: an address and how many of its bits count. */
export type Prefix = { readonly address: Address; readonly bits: number };

/** Reads a network as Go's netip.ParsePrefix does. */
export function parsePrefix(text: string): Prefix | AddressProblem {
  const fail = (message: string): AddressProblem =>
    new AddressProblem(`netip.ParsePrefix(${goString(text)}): ${message}`);
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fail("no '/'");
  const address = parseAddress(text.slice(0, slash));
  if (address instanceof AddressProblem) return fail(address.message);
  if (address.zone !== '') return fail('IPv6 zones cannot be present in a prefix');
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]*)$/.test(digits)) return fail(`bad bits after slash: ${goString(digits)}`);
  const bits = Number(digits);
  if (bits > address.bytes.length * 8) return fail('prefix length out of range');
  return { address, bits };
}

/** Whether two addresses agree in their first bits. */
export function sameBits(a: Address, b: Address, bits: number): boolean {
  if (a.bytes.length !== b.bytes.length) return false;
  for (let i = 0; i * 8 < bits; i += 1) {
    const mask = bits - i * 8 >= 8 ? 0xff : 0xff & (0xff00 >> (bits - i * 8));
    if (((a.bytes[i] ?? 0) & mask) !== ((b.bytes[i] ?? 0) & mask)) return false;
  }
  return true;
}

/** A network without the bits that do not count. */
export function masked({ address, bits }: Prefix): Prefix {
  const bytes = address.bytes.map((byte, i) => {
    const left = bits - i * 8;
    return left >= 8 ? byte : left <= 0 ? 0 : byte & (0xff00 >> left) & 0xff;
  });
  return { address: { bytes, zone: '' }, bits };
}
