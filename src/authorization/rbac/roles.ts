import { aggregatedRules, isAggregated, rulesOf } from '../../api/rbac.authorization.k8s.io/v1/aggregation.ts';
import { type PolicyRule, rbacGroup } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { CachedObject } from '../../storage/object-store.ts';

/** A stored role or binding, as caches hold it: parsed only when it matters. */
export type RbacObject = Pick<CachedObject, 'key' | 'labels' | 'object'>;

/** What a role reference leads to: rules, or why there are none. */
export type ResolvedRole = { readonly rules: readonly PolicyRule[]; readonly error: string | undefined };

export type RoleReference = { readonly kind: string; readonly name: string };

/** The roles of one logical cluster, resolved on demand and once. Aggregated ClusterRoles are computed here: the union of what their selectors find. */
export class RoleIndex {
  readonly #clusterRoles: ReadonlyMap<string, RbacObject>;
  readonly #roles: ReadonlyMap<string, RbacObject>;
  readonly #resolved = new Map<string, ResolvedRole>();

  constructor(clusterRoles: readonly RbacObject[], roles: readonly RbacObject[]) {
    this.#clusterRoles = new Map(clusterRoles.map((role) => [role.key.name, role]));
    this.#roles = new Map(roles.map((role) => [`${role.key.namespace}/${role.key.name}`, role]));
  }

  /** `namespace` is the binding's; it decides which Role is meant. Same object for the same role. */
  resolve(reference: RoleReference, namespace: string): ResolvedRole {
    const key = reference.kind === 'Role' ? `${namespace}/${reference.name}` : `${reference.kind}//${reference.name}`;
    let role = this.#resolved.get(key);
    if (role === undefined) {
      role = this.#find(reference, namespace);
      this.#resolved.set(key, role);
    }
    return role;
  }

  /** The ClusterRoles, and the Roles of the namespace. */
  *rolesFor(namespace: string): Generator<RoleReference & ResolvedRole> {
    for (const role of this.#roles.values()) {
      if (role.key.namespace !== namespace) continue;
      const reference = { kind: 'Role', name: role.key.name };
      yield { ...reference, ...this.resolve(reference, namespace) };
    }
    for (const name of this.#clusterRoles.keys()) {
      const reference = { kind: 'ClusterRole', name };
      yield { ...reference, ...this.resolve(reference, namespace) };
    }
  }

  #find({ kind, name }: RoleReference, namespace: string): ResolvedRole {
    if (kind === 'Role') {
      const role = this.#roles.get(`${namespace}/${name}`);
      return role === undefined ? missing('role', name) : { rules: rulesOf(role), error: undefined };
    }
    if (kind !== 'ClusterRole') return { rules: [], error: `unsupported role reference kind: ${JSON.stringify(kind)}` };
    const role = this.#clusterRoles.get(name);
    if (role === undefined) return missing('clusterrole', name);
    const rules = isAggregated(role) ? aggregatedRules(role, this.#clusterRoles.values()) : rulesOf(role);
    return { rules, error: undefined };
  }
}

function missing(resource: 'role' | 'clusterrole', name: string): ResolvedRole {
  return { rules: [], error: `${resource}.${rbacGroup} "${name}" not found` };
}
