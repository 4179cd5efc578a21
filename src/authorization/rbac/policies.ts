import { rbacGroup } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { ClusterRecord, ListResult, ObjectStore } from '../../storage/object-store.ts';
import { Policy } from './policy.ts';

type Lists = readonly [
  clusterRoles: ListResult,
  clusterRoleBindings: ListResult,
  roles: ListResult,
  roleBindings: ListResult,
];

export type PolicyStore = Pick<ObjectStore, 'fresh' | 'list'>;

/** A compiled policy and the exact lists it was made of. The lists are not kept alive by it. */
type Compiled = { readonly policy: Policy; readonly made: readonly (WeakRef<object> | undefined)[] };

const emptyPolicy = new Policy({ clusterRoles: [], clusterRoleBindings: [], roles: [], roleBindings: [] });

/**
 * Compiled policies of logical clusters. A policy hangs on the version token of a list in the store's cache, so it lives exactly as long as that cached list:
 * bounded by the store's byte budget, gone with an idle cluster, and never older than a fresh list.
 */
export class Policies {
  readonly #store: PolicyStore;
  readonly #compiled = new WeakMap<object, Compiled>();

  constructor(store: PolicyStore) {
    this.#store = store;
  }

  /** The policy as of now: a change that any replica has acknowledged before the call is in it. One question to the database, shared by all who ask. */
  async fresh(cluster: Pick<ClusterRecord, 'name' | 'shard'>): Promise<Policy> {
    const revision = await this.#store.fresh(cluster.shard);
    const list = (resource: string) =>
      this.#store.list({
        cluster: cluster.name,
        resource: `${resource}.${rbacGroup}`,
        at: { mode: 'notOlderThan', revision },
      });
    return this.#compile(
      await Promise.all([list('clusterroles'), list('clusterrolebindings'), list('roles'), list('rolebindings')]),
    );
  }

  #compile(lists: Lists): Policy {
    // An empty list is like any other empty list: stores need not keep it to be recognized.
    const tokens = lists.map((list) => (list.items.length === 0 ? undefined : list.version));
    const cacheable = lists.every((list) => list.items.length === 0 || list.version !== undefined);
    const anchor = tokens[1] ?? tokens.find((token) => token !== undefined);
    if (anchor === undefined && cacheable) return emptyPolicy;
    const known = anchor === undefined ? undefined : this.#compiled.get(anchor);
    if (cacheable && known?.made.every((made, index) => made?.deref() === tokens[index])) return known.policy;
    const [clusterRoles, clusterRoleBindings, roles, roleBindings] = lists;
    const policy = new Policy({
      clusterRoles: clusterRoles.items,
      clusterRoleBindings: clusterRoleBindings.items,
      roles: roles.items,
      roleBindings: roleBindings.items,
    });
    if (anchor !== undefined && cacheable)
      this.#compiled.set(anchor, {
        policy,
        made: tokens.map((token) => (token === undefined ? undefined : new WeakRef(token))),
      });
    return policy;
  }
}
