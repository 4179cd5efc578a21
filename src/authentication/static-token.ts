import { hash } from 'node:crypto';
import type { UserInfo } from '../registry/registry.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

/**
 * Tokens known from the start: the admin's, those of a file. They are found by their digests, so that response times tell nothing of a token. Throws when
 * two entries have the same token.
 */
export function createStaticTokenAuthenticator(
  entries: readonly { readonly token: string; readonly user: UserInfo }[],
): TokenAuthenticator {
  const known = new Map(entries.map(({ token, user }) => [digestOf(token), user]));
  if (known.size !== entries.length) throw new Error('two static tokens are equal');
  return { authenticateToken: (token) => Promise.resolve(known.get(digestOf(token))) };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
