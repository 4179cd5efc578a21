import { randomInt } from 'node:crypto';

/** The addresses and ports that Services get. */
export type ServiceRanges = {
  /** IPv4, at most 65536 × 256 addresses: `10.96.0.0/12`. */
  readonly clusterIps: string;
  /** `30000-32767` */
  readonly nodePorts: string;
};

export const defaultServiceRanges: ServiceRanges = { clusterIps: '10.96.0.0/12', nodePorts: '30000-32767' };

/** Numbers from `first` to `last`, of which those before `dynamic` are given automatically only when no other is left. */
export class NumberRange {
  readonly first: number;
  readonly last: number;
  readonly #dynamic: number;

  constructor(first: number, last: number, reserved: number) {
    this.first = first;
    this.last = last;
    this.#dynamic = Math.min(first + reserved, last + 1);
  }

  contains(value: number): boolean {
    return value >= this.first && value <= this.last;
  }

  /** Any number that is meant to be given automatically. */
  random(): number {
    return this.#dynamic <= this.last ? randomInt(this.#dynamic, this.last + 1) : randomInt(this.first, this.last + 1);
  }

  /** A free number: the first from a random place on, wrapping around, reserved ones last; undefined when all are used. */
  free(used: ReadonlySet<number>): number | undefined {
    const size = this.last - this.#dynamic + 1;
    const start = size > 0 ? randomInt(size) : 0;
    for (let i = 0; i < size; i++) {
      const value = this.#dynamic + ((start + i) % size);
      if (!used.has(value)) return value;
    }
    for (let value = this.first; value < this.#dynamic; value++) if (!used.has(value)) return value;
    return undefined;
  }
}

const minReserved = 16;
const maxReservedIps = 256;
const maxReservedPorts = 128;

/** An IPv4 address as a number; undefined when it is none. */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** A parsed range of addresses: network and broadcast address are nobody's. */
export type IpRange = { readonly network: number; readonly hosts: NumberRange };

/**
 * The host addresses of an IPv4 range. As in stock, a sixteenth of them (16 to 256) is kept for those who ask for an address of their own.
 * @throws Error when the text is none, or is too small or too large.
 */
export function parseIpRange(text: string): IpRange {
  const [address = '', length = ''] = text.split('/');
  const value = ipv4Number(address);
  const bits = Number(length);
  if (value === undefined || !/^\d{1,2}$/.test(length) || bits < 8 || bits > 30)
    throw new Error(`"${text}" is no IPv4 range from /8 to /30`);
  const size = 2 ** (32 - bits);
  if (value % size !== 0) throw new Error(`"${text}" has bits beyond its prefix`);
  const reserved = Math.min(Math.max(minReserved, Math.floor(size / 16)), maxReservedIps);
  return { network: value, hosts: new NumberRange(value + 1, value + size - 2, size <= minReserved ? 0 : reserved) };
}

/** @throws Error when the text is no range of ports. */
export function parsePortRange(text: string): NumberRange {
  const [first = '', last = ''] = text.split('-');
  const from = Number(first);
  const to = Number(last);
  const isRange = /^\d{1,5}$/.test(first) && /^\d{1,5}$/.test(last) && from >= 1 && to <= 65535 && from <= to;
  if (!isRange) throw new Error(`"${text}" is no range of ports such as 30000-32767`);
  const size = to - from + 1;
  const reserved =
    size < 2 * minReserved ? 0 : Math.min(Math.max(minReserved, Math.floor(size / 32)), maxReservedPorts);
  return new NumberRange(from, to, reserved);
}
