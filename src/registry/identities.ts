import type { UserInfo } from './registry.ts';

/** May do everything, everywhere: decided before any policy is read. */
export const mastersGroup = 'system:masters';
export const authenticatedGroup = 'system:authenticated';
export const unauthenticatedGroup = 'system:unauthenticated';
export const serviceAccountsGroup = 'system:serviceaccounts';
/** Key of UserInfo.extra that names the credential itself: `JTI=…` or `X509SHA256=…`. */
export const credentialIdExtra = 'authentication.kubernetes.io/credential-id';

const serviceAccountPrefix = 'system:serviceaccount:';

/** `system:serviceaccount:<namespace>:<name>`. */
export function serviceAccountUserName(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

/** The groups of every ServiceAccount of a namespace. */
export function serviceAccountGroups(namespace: string): string[] {
  return [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`];
}

/** Namespace and name when the user name has the form of a ServiceAccount's. */
export function parseServiceAccountUserName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(serviceAccountPrefix)) return undefined;
  const parts = user.slice(serviceAccountPrefix.length).split(':');
  const [namespace, name] = parts;
  return parts.length === 2 && namespace && name ? { namespace, name } : undefined;
}

export const anonymousUser: UserInfo = Object.freeze({
  name: 'system:anonymous',
  uid: '',
  groups: Object.freeze([unauthenticatedGroup]),
  extra: Object.freeze({}),
});
