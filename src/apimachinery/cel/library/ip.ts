import { declare, type Implementation, type Library, method, overload } from '../declarations.ts';
import { goString } from '../../go-syntax.ts';
import {
  type Address,
  AddressProblem,
  formatAddress,
  isMapped,
  masked,
  type Prefix,
  parseAddress,
  parsePrefix,
  sameBits,
} from '../ip-address.ts';
import { BOOL, INT, opaqueType, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, noSuchOverload, OpaqueValue } from '../values.ts';

const IP = opaqueType('net.IP');
const CIDR = opaqueType('net.CIDR');

class IpValue extends OpaqueValue {
  override readonly celType = IP;
  readonly address: Address;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  override equals(other: CelValue): CelResult {
    if (!(other instanceof IpValue)) return noSuchOverload;
    return sameBits(this.address, other.address, this.address.bytes.length * 8);
  }

  override costSize(): number {
    return this.address.bytes.length;
  }

  override toJson(): unknown {
    return formatAddress(this.address);
  }
}

class CidrValue extends OpaqueValue {
  override readonly celType = CIDR;
  readonly prefix: Prefix;

  constructor(prefix: Prefix) {
    super();
    this.prefix = prefix;
  }

  override equals(other: CelValue): CelResult {
    if (!(other instanceof CidrValue)) return noSuchOverload;
    const { address, bits } = this.prefix;
    return bits === other.prefix.bits && sameBits(address, other.prefix.address, address.bytes.length * 8);
  }

  override costSize(): number {
    return Math.ceil(this.prefix.bits / 8);
  }

  override toJson(): unknown {
    return `${formatAddress(this.prefix.address)}/${this.prefix.bits}`;
  }
}

function ipOf(text: string): IpValue | CelError {
  const address = parseAddress(text);
  if (address instanceof AddressProblem) {
    return new CelError(`IP Address ${goString(text)} parse error during conversion from string: ${address.message}`);
  }
  if (address.zone !== '') return new CelError(`IP address ${goString(text)} with zone value is not allowed`);
  if (isMapped(address)) return new CelError(`IPv4-mapped IPv6 address ${goString(text)} is not allowed`);
  return new IpValue(address);
}

function cidrOf(text: string): CidrValue | CelError {
  const prefix = parsePrefix(text);
  const problem = 'network address parse error during conversion from string: ';
  if (prefix instanceof AddressProblem) return new CelError(problem + problem + prefix.message);
  if (isMapped(prefix.address)) {
    return new CelError(`${problem}IPv4-mapped IPv6 address ${goString(text)} is not allowed`);
  }
  return new CidrValue(prefix);
}

function onText(work: (text: string) => CelResult): Implementation {
  return (text) => (typeof text === 'string' ? work(text) : noSuchOverload);
}

function onIp(work: (bytes: readonly number[]) => CelResult): Implementation {
  return (value) => (value instanceof IpValue ? work(value.address.bytes) : noSuchOverload);
}

function onCidr(work: (prefix: Prefix) => CelResult): Implementation {
  return (value) => (value instanceof CidrValue ? work(value.prefix) : noSuchOverload);
}

const all = (bytes: readonly number[], value: number): boolean => bytes.every((byte) => byte === value);

function isUnspecified(bytes: readonly number[]): boolean {
  return all(bytes, 0);
}

function isLoopback(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return all(bytes.slice(0, 15), 0) && bytes[15] === 1;
}

function isMulticast(bytes: readonly number[]): boolean {
  return bytes.length === 4 ? ((bytes[0] ?? 0) & 0xf0) === 0xe0 : bytes[0] === 0xff;
}

function isLinkLocalMulticast(bytes: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0] = bytes;
  return bytes.length === 4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2;
}

function isLinkLocalUnicast(bytes: readonly number[]): boolean {
  const [a = 0, b = 0] = bytes;
  return bytes.length === 4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80;
}

function isGlobalUnicast(bytes: readonly number[]): boolean {
  if (isUnspecified(bytes) || (bytes.length === 4 && all(bytes, 255))) return false;
  return !isLoopback(bytes) && !isMulticast(bytes) && !isLinkLocalUnicast(bytes);
}

function toText(value: CelValue): CelResult {
  const text = value instanceof OpaqueValue ? value.toJson() : undefined;
  return typeof text === 'string' ? text : noSuchOverload;
}

const containsIp: Implementation = (network, other) => {
  const ip = typeof other === 'string' ? ipOf(other) : other;
  if (ip instanceof CelError) return noSuchOverload;
  if (!(network instanceof CidrValue && ip instanceof IpValue)) return noSuchOverload;
  return sameBits(network.prefix.address, ip.address, network.prefix.bits);
};

const containsCidr: Implementation = (network, other) => {
  const inner = typeof other === 'string' ? cidrOf(other) : other;
  if (inner instanceof CelError) return inner;
  if (!(network instanceof CidrValue && inner instanceof CidrValue)) return noSuchOverload;
  const { address, bits } = network.prefix;
  return bits <= inner.prefix.bits && sameBits(address, inner.prefix.address, bits);
};

/** Addresses and networks. */
export const ipLibrary: Library = {
  types: [IP, CIDR],
  functions: [
    declare(
      'ip',
      overload('string_to_ip', [STRING], IP, onText(ipOf)),
      method(
        'cidr_ip',
        [CIDR],
        IP,
        onCidr(({ address }) => new IpValue(address)),
      ),
    ),
    declare(
      'family',
      method(
        'ip_family',
        [IP],
        INT,
        onIp((bytes) => (bytes.length === 4 ? 4 : 6)),
      ),
    ),
    declare(
      'ip.isCanonical',
      overload(
        'ip_is_canonical',
        [STRING],
        BOOL,
        onText((text) => {
          const ip = ipOf(text);
          return ip instanceof CelError ? ip : formatAddress(ip.address) === text;
        }),
      ),
    ),
    declare('isUnspecified', method('ip_is_unspecified', [IP], BOOL, onIp(isUnspecified))),
    declare('isLoopback', method('ip_is_loopback', [IP], BOOL, onIp(isLoopback))),
    declare('isLinkLocalMulticast', method('ip_is_link_local_multicast', [IP], BOOL, onIp(isLinkLocalMulticast))),
    declare('isLinkLocalUnicast', method('ip_is_link_local_unicast', [IP], BOOL, onIp(isLinkLocalUnicast))),
    declare('isGlobalUnicast', method('ip_is_global_unicast', [IP], BOOL, onIp(isGlobalUnicast))),
    declare(
      'isIP',
      overload(
        'is_ip',
        [STRING],
        BOOL,
        onText((text) => ipOf(text) instanceof IpValue),
      ),
    ),
    declare('cidr', overload('string_to_cidr', [STRING], CIDR, onText(cidrOf))),
    declare(
      'containsIP',
      method('cidr_contains_ip_string', [CIDR, STRING], BOOL, containsIp),
      method('cidr_contains_ip_ip', [CIDR, IP], BOOL, containsIp),
    ),
    declare(
      'containsCIDR',
      method('cidr_contains_cidr_string', [CIDR, STRING], BOOL, containsCidr),
      method('cidr_contains_cidr', [CIDR, CIDR], BOOL, containsCidr),
    ),
    declare(
      'prefixLength',
      method(
        'cidr_prefix_length',
        [CIDR],
        INT,
        onCidr(({ bits }) => bits),
      ),
    ),
    declare(
      'masked',
      method(
        'cidr_masked',
        [CIDR],
        CIDR,
        onCidr((prefix) => new CidrValue(masked(prefix))),
      ),
    ),
    declare(
      'isCIDR',
      overload(
        'is_cidr',
        [STRING],
        BOOL,
        onText((text) => cidrOf(text) instanceof CidrValue),
      ),
    ),
    declare(
      'string',
      overload('ip_to_string', [IP], STRING, toText),
      overload('cidr_to_string', [CIDR], STRING, toText),
    ),
  ],
};
