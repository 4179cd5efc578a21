import { BlockList, isIPv4 } from 'node:net';

const own = new BlockList();
own.addSubnet('127.0.0.0', 8);
own.addAddress('0.0.0.0');
own.addAddress('::1', 'ipv6');
own.addAddress('::', 'ipv6');

/** Whether an IP address means the machine that uses it. */
export function isLoopback(address: string): boolean {
  return own.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
