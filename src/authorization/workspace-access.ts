import { serviceAccountsGroup } from '../registry/identities.ts';
import { parseServiceAccountUserName } from '../registry/identities.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Policy } from './rbac/policy.ts';

const accessRequest = {
  verb: 'access',
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  path: '/',
};

/**
 * Whether the user may enter the logical cluster at all: as kcp has it, whoever has the verb `access` on the path `/` there, and every ServiceAccount of it.
 * Beyond kcp, whoever a binding of it names, himself or by a group that says more than that he has signed in: a RoleBinding alone makes a workspace
 * usable. Entering gives no further right.
 */
export function mayEnter(user: UserInfo, policy: Policy): boolean {
  return (
    policy.names(user) ||
    (user.groups.includes(serviceAccountsGroup) && parseServiceAccountUserName(user.name) !== undefined) ||
    policy.decide(user, accessRequest).outcome === 'allow'
  );
}
