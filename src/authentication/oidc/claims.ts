import type { CompiledJwt, Rule } from '../../api/apiserver.config.k8s.io/compile-jwt.ts';
import type { ClaimMapping } from '../../api/apiserver.config.k8s.io/jwt-authenticator.ts';
import { type CelValue, ListValue, type Program } from '../../apimachinery/cel/index.ts';
import { credentialIdExtra } from '../../registry/identities.ts';
import type { UserInfo } from '../../registry/registry.ts';

/** Names that only the control plane itself gives out. */
const reservedPrefix = 'system:';
const maxNameLength = 1024;
const maxGroups = 4096;

export type Claims = Readonly<Record<string, unknown>>;

/**
 * The user that verified claims describe, as k8s.io/apiserver/plugin/pkg/authenticator/token/oidc maps them. Throws an Error that says why when they
 * describe none: no usable user name, an e-mail address that is not verified, a rule that is not kept, a name reserved for the system. Reserved groups are
 * left out: no issuer can make system identities.
 */
export function userFromClaims(claims: Claims, jwt: CompiledJwt): UserInfo {
  const { claimMappings = {}, claimValidationRules = [] } = jwt.source;
  const name =
    jwt.username === undefined
      ? claimedName(claims, claimMappings.username ?? {})
      : textFrom(jwt.username, claims, 'username');
  if (name === '') throw new Error('empty user name');
  if (name.length > maxNameLength) throw new Error('user name too long');
  if (name.startsWith(reservedPrefix)) throw new Error(`user name begins with ${reservedPrefix}`);
  const groups = (
    jwt.groups === undefined ? claimedGroups(claims, claimMappings.groups ?? {}) : textsFrom(jwt.groups, claims)
  ).filter((group) => group !== '' && group.length <= maxNameLength && !group.startsWith(reservedPrefix));
  if (groups.length > maxGroups) throw new Error('too many groups');
  const user: UserInfo = {
    name,
    uid: uidFrom(claims, jwt),
    groups: [...new Set(groups)],
    extra: extraFrom(claims, jwt),
  };
  for (const { claim = '', requiredValue = '' } of claimValidationRules) {
    if (claim !== '' && ownClaim(claims, claim) !== requiredValue)
      throw new Error(`required claim ${claim} is not present or has another value`);
  }
  for (const rule of jwt.claimRules) checkRule(rule, { claims });
  if (jwt.userRules.length > 0) {
    const shown = { username: user.name, uid: user.uid, groups: user.groups, extra: user.extra };
    for (const rule of jwt.userRules) checkRule(rule, { user: shown });
  }
  return user;
}

function ownClaim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function claimedName(claims: Claims, { claim = '', prefix }: ClaimMapping): string {
  const claimed = ownClaim(claims, claim);
  if (typeof claimed !== 'string' || claimed === '') throw new Error(`claim "${claim}" is not a non-empty string`);
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified') && claims.email_verified !== true)
    throw new Error('email not verified');
  return `${prefix ?? ''}${claimed}`;
}

function claimedGroups(claims: Claims, { claim = '', prefix }: ClaimMapping): string[] {
  const claimed = claim === '' ? undefined : ownClaim(claims, claim);
  if (claimed === undefined || claimed === null) return [];
  const groups: unknown[] = Array.isArray(claimed) ? claimed : [claimed];
  return groups.map((group) => {
    if (typeof group !== 'string') throw new Error(`claim "${claim}" is not a string or list of strings`);
    return `${prefix ?? ''}${group}`;
  });
}

function uidFrom(claims: Claims, { uid, source }: CompiledJwt): string {
  if (uid !== undefined) return textFrom(uid, claims, 'uid');
  const claim = source.claimMappings?.uid?.claim ?? '';
  if (claim === '') return '';
  const claimed = ownClaim(claims, claim);
  if (typeof claimed !== 'string') throw new Error(`claim "${claim}" is not a string`);
  return claimed;
}

function extraFrom(claims: Claims, { extra }: CompiledJwt): UserInfo['extra'] {
  const entries: [string, readonly string[]][] = [];
  if (typeof claims.jti === 'string' && claims.jti !== '') entries.push([credentialIdExtra, [`JTI=${claims.jti}`]]);
  for (const { key, program } of extra) {
    const values = textsFrom(program, claims);
    if (values.length > 0) entries.push([key, values]);
  }
  return Object.fromEntries(entries);
}

function textFrom(program: Program, claims: Claims, what: string): string {
  const value = program.evaluate({ claims });
  if (typeof value !== 'string') throw new Error(`${what} claim expression must return a string`);
  return value;
}

/** A string is a list of one; empty ones and null count as absent. */
function textsFrom(program: Program, claims: Claims): string[] {
  const value: CelValue = program.evaluate({ claims });
  if (value === null) return [];
  const items: unknown = value instanceof ListValue ? elements(value) : [value];
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
    throw new Error('expression must return a string or a list of strings');
  return items.filter((item) => item !== '');
}

function elements(list: ListValue): unknown[] {
  if (list.size > maxGroups) throw new Error('expression returned too long a list');
  return Array.from({ length: list.size }, (_, index) => list.at(index));
}

function checkRule({ program, message }: Rule, variables: Readonly<Record<string, unknown>>): void {
  if (program.evaluate(variables) === true) return;
  throw new Error(`validation expression '${program.source}' failed${message === '' ? '' : `: ${message}`}`);
}
