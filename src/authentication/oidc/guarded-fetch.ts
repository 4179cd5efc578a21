import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { fetchJson } from './fetch-json.ts';

/**
 * `fetchJson` that connects only to addresses that `allows` lets pass: for issuers that tenants choose. Names are resolved once, and what is connected to is
 * what was looked at.
 */
export function createGuardedFetch(allows: (address: string) => boolean): typeof fetchJson {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, found) => {
      const allowed = error === null ? found.filter(({ address }) => allows(address)) : [];
      const [first] = allowed;
      if (error !== null) callback(error, '');
      else if (first === undefined) callback(new Error(`${hostname} has no address that may be connected to`), '');
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
  return (url, options) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !allows(host))
      return Promise.reject(new Error(`${url.href}: an address that may not be connected to`));
    return fetchJson(url, { ...options, lookup });
  };
}
