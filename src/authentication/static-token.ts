import { hash, timingSafeEqual } from 'node:crypto';
import type { UserInfo } from '../registry/registry.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

/**
 * Tokens known from the start (the admin's). Digests are compared, all of them and in constant time, so that response times tell nothing of a
 * token. Throws when two entries have the same token.
 */
export function createStaticTokenAuthenticator(
  entries: readonly { readonly token: string; readonly user: UserInfo }[],
): TokenAuthenticator {
  const known = entries.map(({ token, user }) => ({ digest: digestOf(token), user }));
  if (new Set(known.map(({ digest }) => digest.toString('hex'))).size !== known.length)
    throw new Error('two static tokens are equal');
  return {
    authenticateToken(token) {
      const digest = digestOf(token);
      let found: UserInfo | undefined;
      for (const entry of known) if (timingSafeEqual(entry.digest, digest)) found = entry.user;
      return Promise.resolve(found);
    },
  };
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
