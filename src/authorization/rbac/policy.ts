import type { PolicyRule } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';
import { authenticatedGroup, serviceAccountUserName, unauthenticatedGroup } from '../../registry/identities.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { Decision } from '../authorizer.ts';
import { type RuleRequest, ruleAllows } from './evaluate.ts';
import { type RbacObject, type ResolvedRole, RoleIndex, type RoleReference } from './roles.ts';

export type RbacObjects = {
  readonly clusterRoles: readonly RbacObject[];
  readonly clusterRoleBindings: readonly RbacObject[];
  readonly roles: readonly RbacObject[];
  readonly roleBindings: readonly RbacObject[];
};

/** One role that a subject has in one scope, through (at least) one binding. */
type Grant = {
  /** Position of the binding: errors are told in this order. */
  readonly order: number;
  readonly role: ResolvedRole;
  readonly binding: string;
};

/** A role that a user holds: where ('': everywhere), through which binding, and with which rules. */
export type Holding = { readonly namespace: string; readonly binding: string; readonly rules: readonly PolicyRule[] };

/** What one subject has: everywhere, and by namespace. */
type Grants = { readonly everywhere: Scope; readonly byNamespace: Map<string, Scope> };
/** By role: a role that the subject has in the scope already says nothing new. */
type Scope = Map<string, Grant>;

type PolicyRequest = RuleRequest & { readonly namespace: string };

/** Remembered decisions of one user; beyond this many they are computed anew. */
const maxRemembered = 512;

/** The RBAC of one logical cluster at one moment, indexed by subject. Built from stored objects; immutable. */
export class Policy {
  readonly #users = new Map<string, Grants>();
  readonly #groups = new Map<string, Grants>();
  readonly #roles: RoleIndex;
  readonly #remembered = new WeakMap<UserInfo, Map<string, Decision>>();

  constructor(objects: RbacObjects) {
    this.#roles = new RoleIndex(objects.clusterRoles, objects.roles);
    let order = 0;
    for (const binding of objects.clusterRoleBindings) this.#index(binding, '', order++);
    for (const binding of objects.roleBindings) this.#index(binding, binding.key.namespace, order++);
  }

  /** Allows, or has no opinion and says which roles could not be read. The same user object and request are answered from memory. */
  decide(user: UserInfo, request: PolicyRequest): Decision {
    let remembered = this.#remembered.get(user);
    if (remembered === undefined) {
      remembered = new Map();
      this.#remembered.set(user, remembered);
    }
    const key = keyOf(request);
    let decision = remembered.get(key);
    if (decision === undefined) {
      decision = this.#decide(user, request);
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.set(key, decision);
    }
    return decision;
  }

  /** Every rule that holds for the user in the namespace ('': cluster-wide only), and an error text when roles could not be read. */
  rulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; error: string | undefined } {
    const grants = this.#grantsOf(user, namespace);
    return { rules: grants.flatMap(({ role }) => role.rules), error: errorOf(grants) };
  }

  /** All that the user holds in the logical cluster, wherever it holds. */
  holdingsOf(user: UserInfo): Holding[] {
    const found: Holding[] = [];
    const take = (namespace: string, scope: Scope): void => {
      for (const { role, binding } of scope.values()) found.push({ namespace, binding, rules: role.rules });
    };
    for (const grants of [this.#users.get(user.name), ...user.groups.map((group) => this.#groups.get(group))]) {
      if (grants === undefined) continue;
      take('', grants.everywhere);
      for (const [namespace, scope] of grants.byNamespace) take(namespace, scope);
    }
    return found;
  }

  /** Every role that could be bound in the namespace ('': everywhere). */
  rolesFor(namespace: string): Iterable<RoleReference & ResolvedRole> {
    return this.#roles.rolesFor(namespace);
  }

  /** The rules of a role as a binding in `namespace` would grant them. */
  resolveRole(reference: RoleReference, namespace: string): ResolvedRole {
    return this.#roles.resolve(reference, namespace);
  }

  /** Whether any binding names the user or one of the groups that say more of him than that he has signed in. */
  names(user: UserInfo): boolean {
    return (
      this.#users.has(user.name) ||
      user.groups.some(
        (group) => group !== authenticatedGroup && group !== unauthenticatedGroup && this.#groups.has(group),
      )
    );
  }

  #decide(user: UserInfo, request: PolicyRequest): Decision {
    const grants = this.#grantsOf(user, request.namespace);
    for (const { role, binding } of grants) {
      for (const rule of role.rules)
        if (ruleAllows(rule, request)) return { outcome: 'allow', reason: `RBAC: allowed by ${binding}` };
    }
    const error = errorOf(grants);
    return { outcome: 'noOpinion', reason: error === undefined ? '' : `RBAC: ${error}` };
  }

  #grantsOf(user: UserInfo, namespace: string): Grant[] {
    const found: Grant[] = [];
    collect(this.#users.get(user.name), namespace, found);
    for (const group of user.groups) collect(this.#groups.get(group), namespace, found);
    return found;
  }

  #index(binding: RbacObject, namespace: string, order: number): void {
    const roleRef = binding.object.roleRef as Json | undefined;
    const { subjects } = binding.object;
    if (!isObject(roleRef) || !Array.isArray(subjects) || subjects.length === 0) return;
    const reference = { kind: text(roleRef.kind), name: text(roleRef.name) };
    // Only the reference is kept until somebody needs the role: most roles of most clusters are never looked at.
    const role = new LazyRole(this.#roles, reference, namespace);
    for (const subject of subjects) {
      if (!isObject(subject)) continue;
      const [index, name] = this.#subjectOf(text(subject.kind), text(subject.name), text(subject.namespace), namespace);
      if (index === undefined) continue;
      let grants = index.get(name);
      if (grants === undefined) index.set(name, (grants = { everywhere: new Map(), byNamespace: new Map() }));
      const scope = scopeOf(grants, namespace);
      const key = `${reference.kind}/${reference.name}`;
      if (!scope.has(key)) scope.set(key, { order, role, binding: describe(binding, reference, subject, namespace) });
    }
  }

  #subjectOf(
    kind: string,
    name: string,
    subjectNamespace: string,
    namespace: string,
  ): [index: Map<string, Grants> | undefined, name: string] {
    if (kind === 'User') return [this.#users, name];
    if (kind === 'Group') return [this.#groups, name];
    const accountNamespace = subjectNamespace === '' ? namespace : subjectNamespace;
    if (kind !== 'ServiceAccount' || accountNamespace === '') return [undefined, ''];
    return [this.#users, serviceAccountUserName(accountNamespace, name)];
  }
}

/** A role that is looked up when its rules are first asked for. */
class LazyRole implements ResolvedRole {
  readonly #index: RoleIndex;
  readonly #reference: RoleReference;
  readonly #namespace: string;
  #resolved: ResolvedRole | undefined;

  constructor(index: RoleIndex, reference: RoleReference, namespace: string) {
    this.#index = index;
    this.#reference = reference;
    this.#namespace = namespace;
  }

  get rules(): readonly PolicyRule[] {
    return this.#resolve().rules;
  }

  get error(): string | undefined {
    return this.#resolve().error;
  }

  #resolve(): ResolvedRole {
    return (this.#resolved ??= this.#index.resolve(this.#reference, this.#namespace));
  }
}

function scopeOf(grants: Grants, namespace: string): Scope {
  if (namespace === '') return grants.everywhere;
  let scope = grants.byNamespace.get(namespace);
  if (scope === undefined) grants.byNamespace.set(namespace, (scope = new Map()));
  return scope;
}

function collect(grants: Grants | undefined, namespace: string, found: Grant[]): void {
  if (grants === undefined) return;
  for (const grant of grants.everywhere.values()) found.push(grant);
  if (namespace === '') return;
  for (const grant of grants.byNamespace.get(namespace)?.values() ?? []) found.push(grant);
}

/** The errors of the roles, in the order of their bindings, each once: one as it is, several in brackets. */
function errorOf(grants: readonly Grant[]): string | undefined {
  const failed = grants.filter(({ role }) => role.error !== undefined).sort((a, b) => a.order - b.order);
  const texts = [...new Set(failed.map(({ role }) => role.error))];
  return texts.length > 1 ? `[${texts.join(', ')}]` : texts[0];
}

/** `RoleBinding "b/ns" of Role "r" to User "u"`, as upstream tells why it allowed. */
function describe(
  binding: RbacObject,
  role: RoleReference,
  subject: { [field: string]: Json | undefined },
  namespace: string,
): string {
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const name = namespace === '' ? binding.key.name : `${binding.key.name}/${namespace}`;
  const subjectName =
    subject.kind === 'ServiceAccount'
      ? `${text(subject.name)}/${text(subject.namespace) === '' ? namespace : text(subject.namespace)}`
      : text(subject.name);
  return `${kind} ${JSON.stringify(name)} of ${role.kind} ${JSON.stringify(role.name)} to ${text(subject.kind)} ${JSON.stringify(subjectName)}`;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Lengths keep parts apart that may hold any character. */
function keyOf({ verb, group, resource, subresource, namespace, name, path }: PolicyRequest): string {
  return `${verb.length},${group.length},${resource.length},${subresource.length},${namespace.length},${name.length}:${verb}${group}${resource}${subresource}${namespace}${name}${path}`;
}
