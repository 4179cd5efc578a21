import { isDeepStrictEqual } from 'node:util';
import type { CompiledJwt } from '../../api/apiserver.config.k8s.io/compile-jwt.ts';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { unverifiedIssuer } from '../unverified-token.ts';
import { createJwtAuthenticator, type JwtOptions } from './authenticator.ts';

type Entry = { readonly jwt: CompiledJwt; readonly authenticator: TokenAuthenticator };

/**
 * The issuers of an AuthenticationConfiguration, asked by the issuer that a token names. `current` is asked at each token: issuers that another configuration
 * leaves as they were keep their keys and remembered tokens, the others begin anew, and what a dropped one vouched for holds no longer.
 */
export function createJwtSet(current: () => readonly CompiledJwt[], options: JwtOptions = {}): TokenAuthenticator {
  let known: readonly CompiledJwt[] = [];
  let entries = new Map<string, Entry>();
  return {
    async authenticateToken(token, cluster) {
      const wanted = current();
      if (wanted !== known) {
        entries = entriesOf(wanted, entries, options);
        known = wanted;
      }
      if (entries.size === 0) return undefined;
      const issuer = unverifiedIssuer(token);
      return issuer === undefined ? undefined : entries.get(issuer)?.authenticator.authenticateToken(token, cluster);
    },
  };
}

function entriesOf(
  wanted: readonly CompiledJwt[],
  before: ReadonlyMap<string, Entry>,
  options: JwtOptions,
): Map<string, Entry> {
  return new Map(
    wanted.map((jwt): [string, Entry] => {
      const url = jwt.source.issuer.url ?? '';
      const old = before.get(url);
      if (old !== undefined && isDeepStrictEqual(old.jwt.source, jwt.source)) return [url, old];
      return [url, { jwt, authenticator: createJwtAuthenticator(jwt, options) }];
    }),
  );
}
