import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** The addresses of a host name. @throws Error with Go's text */
export type NameLookup = (hostname: string) => Promise<readonly string[]>;

const queryTimeoutMs = 2500;
const hostsFile = '/etc/hosts';

/**
 * Asks the name servers of this machine, and its hosts file first. Not the operating system's resolver: that one blocks a thread for each slow name, and
 * names here are chosen by tenants. Search domains are not applied.
 */
export function createNameLookup(): NameLookup {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 2 });
  const hosts = readHosts();
  return async (hostname) => {
    if (isIP(hostname) !== 0) return [hostname];
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const local = hosts.get(name) ?? (name === 'localhost' ? ['127.0.0.1', '::1'] : undefined);
    if (local !== undefined) return local;
    const found = await Promise.all([resolver.resolve4(name).catch(() => []), resolver.resolve6(name).catch(() => [])]);
    const addresses = found.flat();
    if (addresses.length === 0) throw new Error(`lookup ${hostname}: no such host`);
    return addresses;
  };
}

function readHosts(): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  let text: string;
  try {
    text = readFileSync(hostsFile, 'utf8');
  } catch {
    return hosts;
  }
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const known = hosts.get(name.toLowerCase());
      if (known === undefined) hosts.set(name.toLowerCase(), [address]);
      else known.push(address);
    }
  }
  return hosts;
}
