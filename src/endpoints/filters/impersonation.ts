import { type ApiError, badRequest, forbidden } from '../../apimachinery/errors.ts';
import type { Attributes, Authorizer } from '../../authorization/authorizer.ts';
import { mastersGroup } from '../../registry/identities.ts';
import type { Exchange } from '../exchange.ts';

const serviceAccountPrefix = 'system:serviceaccount:';
const extraPrefix = 'impersonate-extra-';

/**
 * Replaces `x.user` by the user that the Impersonate-* headers name, if the caller may `impersonate` every part of it (k8s.io/apiserver
 * pkg/endpoints/filters/impersonation.go). Throws 400 for a group, uid or extra without a user, 403 when a part is not allowed.
 */
export async function impersonate(x: Exchange, authorizer: Authorizer): Promise<void> {
  const name = x.header('impersonate-user');
  const groups = values(x, 'impersonate-group');
  const uid = x.header('impersonate-uid');
  const extra = extraOf(x);
  if (name === '') throw badRequest('requested groups, a uid or extra values to impersonate, but no user');
  const asks: Ask[] = [];
  const account = serviceAccountOf(name);
  if (account !== undefined) {
    asks.push({
      group: '',
      resource: 'serviceaccounts',
      subresource: '',
      namespace: account.namespace,
      name: account.name,
    });
  } else {
    asks.push({ group: '', resource: 'users', subresource: '', namespace: '', name });
  }
  for (const group of groups) asks.push({ group: '', resource: 'groups', subresource: '', namespace: '', name: group });
  for (const [key, items] of Object.entries(extra)) {
    for (const item of items) {
      asks.push({
        group: 'authentication.k8s.io',
        resource: 'userextras',
        subresource: key,
        namespace: '',
        name: item,
      });
    }
  }
  if (uid !== '') {
    asks.push({ group: 'authentication.k8s.io', resource: 'uids', subresource: '', namespace: '', name: uid });
  }
  if (groups.includes(mastersGroup) && !x.user.groups.includes(mastersGroup)) throw beyondCluster(x, mastersGroup);
  for (const ask of asks) await require(x, authorizer, ask);
  x.impersonator = x.user;
  x.user = { name, uid, groups: impersonatedGroups(name, groups, account), extra };
  for (const header of Object.keys(x.request.headers)) {
    if (header.startsWith('impersonate-')) delete x.request.headers[header];
  }
}

type Ask = {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
};

async function require(x: Exchange, authorizer: Authorizer, ask: Ask): Promise<void> {
  const attributes: Attributes = {
    user: x.user,
    cluster: x.cluster,
    verb: 'impersonate',
    version: 'v1',
    path: '',
    ...ask,
  };
  const decision = await authorizer.authorize(attributes);
  if (decision.outcome === 'allow') return;
  const resource = ask.subresource === '' ? ask.resource : `${ask.resource}/${ask.subresource}`;
  const where = ask.namespace === '' ? 'at the cluster scope' : `in the namespace "${ask.namespace}"`;
  const why = decision.reason === '' ? '' : `: ${decision.reason}`;
  throw forbidden(
    { group: ask.group, resource: ask.resource },
    ask.name,
    `User "${x.user.name}" cannot impersonate resource "${resource}" in API group "${ask.group}" ${where}${why}`,
  );
}

/** What a logical cluster's own RBAC gives ends at its borders: system:masters reaches beyond them (GHSA-c7xh-gjv4-4jgv). */
function beyondCluster(x: Exchange, group: string): ApiError {
  return forbidden(
    { group: '', resource: 'groups' },
    group,
    `User "${x.user.name}" cannot impersonate resource "groups" in API group "" at the cluster scope: only members may become members`,
  );
}

function impersonatedGroups(
  name: string,
  groups: readonly string[],
  account: { namespace: string } | undefined,
): readonly string[] {
  const result =
    groups.length === 0 && account !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : [...groups];
  const special = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  if (!result.includes('system:authenticated') && !result.includes('system:unauthenticated')) result.push(special);
  return result;
}

function serviceAccountOf(name: string): { namespace: string; name: string } | undefined {
  if (!name.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, account, ...rest] = name.slice(serviceAccountPrefix.length).split(':');
  return namespace && account && rest.length === 0 ? { namespace, name: account } : undefined;
}

/** Repeated headers come joined with a comma and a space in HTTP/1.1 and HTTP/2 alike. */
function values(x: Exchange, header: string): string[] {
  const value = x.header(header);
  return value === '' ? [] : value.split(',').map((item) => item.trim());
}

function extraOf(x: Exchange): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(x.request.headers)) {
    if (!header.startsWith(extraPrefix)) continue;
    let key = header.slice(extraPrefix.length);
    try {
      key = decodeURIComponent(key);
    } catch {
      // Kept as written, as the stock server does.
    }
    Object.defineProperty(extra, key.toLowerCase(), {
      value: values(x, header),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return extra;
}
