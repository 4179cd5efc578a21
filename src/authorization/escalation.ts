import { rulesOf } from '../api/rbac.authorization.k8s.io/v1/aggregation.ts';
import { type PolicyRule, rbacGroup } from '../api/rbac.authorization.k8s.io/v1/rules.ts';
import { ApiError, forbidden, notFound } from '../apimachinery/errors.ts';
import { deepEqual, isObject, type Json } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { AdmissionAttributes, Operation } from '../registry/admission.ts';
import { mastersGroup } from '../registry/identities.ts';
import type { Target } from '../registry/registry.ts';
import type { ClusterAuthorizer } from './chain.ts';
import { describeRules, quoteList, uncoveredRules } from './rbac/cover.ts';

const roleResources = new Set(['roles', 'clusterroles']);
const bindingResources = new Set(['rolebindings', 'clusterrolebindings']);
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** An admission plugin (see admission/admission.ts). */
export type EscalationCheck = {
  readonly name: string;
  handles(operation: Operation, target: Target): boolean;
  validate(attributes: AdmissionAttributes): Promise<void>;
};

/**
 * Nobody grants what he does not have. Writing a role needs all its rules or the verb `escalate` on it; writing a binding needs all rules of the bound
 * role or the verb `bind` on that; an aggregationRule, which may gather anything, needs everything. As k8s.io/kubernetes/pkg/registry/rbac. Sees the final
 * object, after all that change it.
 */
export function createEscalationCheck(authorizer: ClusterAuthorizer): EscalationCheck {
  return {
    name: 'RBACEscalation',
    handles: (operation, { definition, subresource }) =>
      definition.group === rbacGroup &&
      subresource === '' &&
      (operation === 'CREATE' || operation === 'UPDATE') &&
      (roleResources.has(definition.resource) || bindingResources.has(definition.resource)),
    async validate(attributes) {
      const { ctx, target, object, oldObject } = attributes;
      if (object === undefined || ctx.user.groups.includes(mastersGroup)) return;
      if (oldObject !== undefined && onlyOwnershipChanges(object, oldObject)) return;
      if (roleResources.has(target.definition.resource)) await checkRole(attributes, object, authorizer);
      else await checkBinding(attributes, object, authorizer);
    },
  };
}

async function checkRole(
  attributes: AdmissionAttributes,
  role: KubeObject,
  authorizer: ClusterAuthorizer,
): Promise<void> {
  const { target, oldObject } = attributes;
  if (await mayDo('escalate', attributes, target.definition.resource, target.name, authorizer)) return;
  const missing = await missingRights(attributes, rulesOf({ object: role }), authorizer);
  if (missing !== undefined) throw refusal(attributes, missing);
  if (!aggregates(role) && !(oldObject !== undefined && aggregates(oldObject))) return;
  if ((await missingRights(attributes, everything, authorizer)) !== undefined)
    throw refusal(attributes, 'must have cluster-admin privileges to use the aggregationRule');
}

async function checkBinding(
  attributes: AdmissionAttributes,
  binding: KubeObject,
  authorizer: ClusterAuthorizer,
): Promise<void> {
  const { ctx, target } = attributes;
  const roleRef = binding.roleRef as Json | undefined;
  if (!isObject(roleRef) || typeof roleRef.kind !== 'string' || typeof roleRef.name !== 'string') return;
  const { kind, name } = roleRef;
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (await mayDo('bind', attributes, resource, name, authorizer)) return;
  const policy = await authorizer.policies.fresh(ctx.cluster);
  const role = policy.resolveRole({ kind, name }, target.namespace);
  if (role.error !== undefined) throw notFound({ group: rbacGroup, resource: kind.toLowerCase() }, name);
  const missing = await missingRights(attributes, role.rules, authorizer);
  if (missing !== undefined) throw refusal(attributes, missing);
}

async function mayDo(
  verb: 'escalate' | 'bind',
  { ctx, target }: AdmissionAttributes,
  resource: string,
  name: string,
  authorizer: ClusterAuthorizer,
): Promise<boolean> {
  const decision = await authorizer.authorize({
    user: ctx.user,
    cluster: ctx.cluster,
    verb,
    group: rbacGroup,
    version: '*',
    resource,
    subresource: '',
    namespace: target.namespace,
    name,
    path: '',
  });
  return decision.outcome === 'allow';
}

/** Undefined when the user has all of `wanted`, else upstream's text that says what he has not. */
async function missingRights(
  { ctx, target }: AdmissionAttributes,
  wanted: readonly PolicyRule[],
  authorizer: ClusterAuthorizer,
): Promise<string | undefined> {
  const policy = await authorizer.policies.fresh(ctx.cluster);
  const held = policy.rulesFor(ctx.user, target.namespace);
  const missing = uncoveredRules(held.rules, wanted);
  if (missing.length === 0) return undefined;
  const { name, groups } = ctx.user;
  const text = `user ${JSON.stringify(name)} (groups=${quoteList(groups)}) is attempting to grant RBAC permissions not currently held:\n${describeRules(missing).join('\n')}`;
  return held.error === undefined ? text : `${text}; resolution errors: [${held.error}]`;
}

function refusal({ target, name }: AdmissionAttributes, why: string): ApiError {
  return forbidden({ group: rbacGroup, resource: target.definition.resource }, name, why);
}

function aggregates(role: KubeObject): boolean {
  const aggregationRule = role.aggregationRule as Json | undefined;
  if (!isObject(aggregationRule)) return false;
  return Array.isArray(aggregationRule.clusterRoleSelectors) && aggregationRule.clusterRoleSelectors.length > 0;
}

/** The garbage collector may take owners and finalizers away from roles whose rules it does not have. */
function onlyOwnershipChanges(object: KubeObject, old: KubeObject): boolean {
  return deepEqual(withoutOwnership(object), withoutOwnership(old));
}

function withoutOwnership(object: KubeObject): Json {
  const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata } as Json;
}
