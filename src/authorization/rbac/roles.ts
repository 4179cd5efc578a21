import { type PolicyRule, rbacGroup } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import { deepEqual, isObject, type Json } from '../../apimachinery/json.ts';
import { labelSelectorFromObject, matchesLabels } from '../../apimachinery/labels.ts';
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

  #find({ kind, name }: RoleReference, namespace: string): ResolvedRole {
    if (kind === 'Role') {
      const role = this.#roles.get(`${namespace}/${name}`);
      return role === undefined ? missing('role', name) : { rules: rulesOf(role), error: undefined };
    }
    if (kind !== 'ClusterRole') return { rules: [], error: `unsupported role reference kind: ${JSON.stringify(kind)}` };
    const role = this.#clusterRoles.get(name);
    return role === undefined ? missing('clusterrole', name) : { rules: this.#aggregate(role), error: undefined };
  }

  /**
   * Rules of a ClusterRole: its own, or with an aggregationRule those of all roles that its selectors reach, also through other aggregated roles. That is
   * where upstream's controller, which writes them into the role, comes to rest; circles add nothing.
   */
  #aggregate(start: RbacObject): PolicyRule[] {
    if (selectorsOf(start) === undefined) return rulesOf(start);
    const seen = new Set<RbacObject>([start]);
    const rules: PolicyRule[] = [];
    const visit = (role: RbacObject): void => {
      const selectors = selectorsOf(role);
      if (selectors === undefined) {
        for (const rule of rulesOf(role)) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
        return;
      }
      for (const text of selectors) {
        const selector = readSelector(text);
        if (selector === undefined) continue;
        for (const candidate of this.#clusterRoles.values()) {
          if (seen.has(candidate) || !matchesLabels(selector, candidate.labels)) continue;
          seen.add(candidate);
          visit(candidate);
        }
      }
    };
    visit(start);
    return rules;
  }
}

function missing(resource: 'role' | 'clusterrole', name: string): ResolvedRole {
  return { rules: [], error: `${resource}.${rbacGroup} "${name}" not found` };
}

/** The selectors of an aggregated role; undefined when the role has rules of its own. */
function selectorsOf(role: RbacObject): readonly Json[] | undefined {
  const aggregationRule = role.object.aggregationRule as Json | undefined;
  if (!isObject(aggregationRule)) return undefined;
  return Array.isArray(aggregationRule.clusterRoleSelectors) ? aggregationRule.clusterRoleSelectors : [];
}

/** A selector that does not parse selects nothing. */
function readSelector(selector: Json): ReturnType<typeof labelSelectorFromObject> | undefined {
  try {
    return labelSelectorFromObject(selector);
  } catch {
    return undefined;
  }
}

/** The rules of a stored role, by themselves: nothing keeps the parsed object alive. */
export function rulesOf(role: Pick<RbacObject, 'object'>): PolicyRule[] {
  const { rules } = role.object;
  return Array.isArray(rules) ? rules.filter(isObject).map(readRule) : [];
}

function readRule(rule: { [field: string]: Json | undefined }): PolicyRule {
  const read: PolicyRule = { verbs: strings(rule.verbs) };
  for (const field of ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const) {
    const values = strings(rule[field]);
    if (values.length > 0) read[field] = values;
  }
  return read;
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
