import { BlockList, isIP } from 'node:net';

/** Which addresses webhooks may have. */
export type AddressRules = {
  /** CIDRs that are never connected to. */
  readonly deny: readonly string[];
  /** CIDRs that are, though `deny` covers them. */
  readonly allow: readonly string[];
};

/** Whether an IP address may be connected to. */
export type AddressGuard = (address: string) => boolean;

/** Decides over addresses, not names, so that no DNS answer gets around it. An IPv4 address written as IPv6 is that IPv4 address. @throws Error for a bad CIDR */
export function createAddressGuard(rules: AddressRules): AddressGuard {
  const deny = blockList(rules.deny);
  const allow = blockList(rules.allow);
  return (address) => {
    const family = isIP(address);
    if (family === 0) return false;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    return allow.check(address, type) || !deny.check(address, type);
  };
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', length = ''] = cidr.split('/');
    list.addSubnet(address, Number(length), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
