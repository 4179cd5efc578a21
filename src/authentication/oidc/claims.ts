import type { UserInfo } from '../../registry/registry.ts';
import { credentialIdExtra } from '../../registry/identities.ts';

/** How claims become a user: kube-apiserver's --oidc-* flags of the same names. */
export type ClaimMapping = {
  readonly issuerUrl: string;
  readonly usernameClaim: string;
  /** '-': none. '': none when the claim is `email`, else `<issuerUrl>#`. */
  readonly usernamePrefix: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
};

/** Names that only the control plane itself gives out. */
const reservedPrefix = 'system:';
const maxNameLength = 1024;

/**
 * The user that verified claims describe. Throws an Error that says why when they describe none: no usable user name, an e-mail address that is not
 * verified, groups that are not strings, a name reserved for the system. Reserved groups are left out.
 */
export function userFromClaims(claims: Readonly<Record<string, unknown>>, mapping: ClaimMapping): UserInfo {
  const claimed = claims[mapping.usernameClaim];
  if (typeof claimed !== 'string' || claimed === '')
    throw new Error(`claim "${mapping.usernameClaim}" is not a non-empty string`);
  if (mapping.usernameClaim === 'email' && Object.hasOwn(claims, 'email_verified') && claims.email_verified !== true)
    throw new Error('email not verified');
  const name = usernamePrefix(mapping) + claimed;
  if (name.length > maxNameLength) throw new Error('user name too long');
  if (name.startsWith(reservedPrefix)) throw new Error(`user name begins with ${reservedPrefix}`);
  const groups = groupsFrom(claims, mapping).filter(
    (group) => group !== '' && group.length <= maxNameLength && !group.startsWith(reservedPrefix),
  );
  return {
    name,
    uid: '',
    groups: [...new Set(groups)],
    extra: typeof claims.jti === 'string' && claims.jti !== '' ? { [credentialIdExtra]: [`JTI=${claims.jti}`] } : {},
  };
}

function usernamePrefix(mapping: ClaimMapping): string {
  if (mapping.usernamePrefix === '-') return '';
  if (mapping.usernamePrefix !== '') return mapping.usernamePrefix;
  return mapping.usernameClaim === 'email' ? '' : `${mapping.issuerUrl}#`;
}

function groupsFrom(claims: Readonly<Record<string, unknown>>, mapping: ClaimMapping): string[] {
  if (mapping.groupsClaim === undefined) return [];
  const claimed = claims[mapping.groupsClaim];
  if (claimed === undefined || claimed === null) return [];
  const groups: unknown[] = Array.isArray(claimed) ? claimed : [claimed];
  return groups.map((group) => {
    if (typeof group !== 'string') throw new Error(`claim "${mapping.groupsClaim}" is not a string or list of strings`);
    return mapping.groupsPrefix + group;
  });
}
