import type { PolicyRule } from '../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { Explanation } from '../registry/authorization/access-explanations.ts';
import { mastersGroup } from '../registry/identities.ts';
import { decideWithoutPolicy } from './always-allow.ts';
import { type Attributes, workspaceAccessNotPermitted } from './authorizer.ts';
import { type Mismatch, mismatches, ruleAllows } from './rbac/evaluate.ts';
import type { Holding, Policy } from './rbac/policy.ts';
import { mayEnter } from './workspace-access.ts';

const maxNear = 10;
const maxRoles = 10;

/** The decision of the chain (see chain.ts) with what it rests on. Pure; the policy is that of the logical cluster. */
export function explain(policy: Policy, attributes: Attributes): Explanation {
  const { user } = attributes;
  if (decideWithoutPolicy(attributes) !== undefined) {
    const isMaster = user.groups.includes(mastersGroup);
    return isMaster
      ? { allowed: true, authorizer: mastersGroup, reason: `members of ${mastersGroup} may do everything` }
      : { allowed: true, authorizer: 'public path', reason: 'everybody may see health and version' };
  }
  if (!mayEnter(user, policy)) {
    return {
      allowed: false,
      authorizer: 'workspace access',
      reason: `${workspaceAccessNotPermitted}: no binding here names the user or a group of theirs`,
      missing: neededRule(attributes),
      roles: rolesThatAllow(policy, attributes),
    };
  }
  const { outcome, reason } = policy.decide(user, attributes);
  const holdings = policy.holdingsOf(user);
  if (outcome === 'allow') return { allowed: true, authorizer: 'RBAC', reason, ...grantOf(holdings, attributes) };
  return {
    allowed: false,
    authorizer: 'RBAC',
    reason: reason === '' ? 'no rule of any role that the user holds allows it' : reason,
    missing: neededRule(attributes),
    near: nearMisses(holdings, attributes),
    roles: rolesThatAllow(policy, attributes),
  };
}

function grantOf(
  holdings: readonly Holding[],
  attributes: Attributes,
): { readonly binding?: string; readonly rule?: PolicyRule } {
  for (const { namespace, binding, rules } of holdings) {
    if (namespace !== '' && namespace !== attributes.namespace) continue;
    const rule = rules.find((candidate) => ruleAllows(candidate, attributes));
    if (rule !== undefined) return { binding, rule };
  }
  return {};
}

/** The rule that allows just this. */
function neededRule({ verb, group, resource, subresource, name, path }: Attributes): PolicyRule {
  if (resource === '') return { verbs: [verb], nonResourceURLs: [path] };
  return {
    verbs: [verb],
    apiGroups: [group],
    resources: [subresource === '' ? resource : `${resource}/${subresource}`],
    ...(name === '' ? {} : { resourceNames: [name] }),
  };
}

const problems: Readonly<Record<Mismatch, (rule: PolicyRule) => string>> = {
  verbs: ({ verbs = [] }) => `allows only the verbs ${verbs.join(', ')}`,
  apiGroups: ({ apiGroups = [] }) => `is for the API groups ${apiGroups.map((group) => group || '""').join(', ')}`,
  resources: ({ resources = [] }) => `is for the resources ${resources.join(', ')}`,
  resourceNames: ({ resourceNames = [] }) => `is for the names ${resourceNames.join(', ')}`,
  nonResourceURLs: ({ nonResourceURLs = [] }) => `is for the paths ${nonResourceURLs.join(', ')}`,
};

/** Rules about the same thing that differ in one part: the verb, the name, the subresource, or the namespace. */
function nearMisses(holdings: readonly Holding[], attributes: Attributes): { binding: string; problem: string }[] {
  const found: { binding: string; problem: string }[] = [];
  for (const { namespace, binding, rules } of holdings) {
    const isElsewhere = namespace !== '' && namespace !== attributes.namespace;
    for (const rule of rules) {
      if ((attributes.resource === '') !== (rule.nonResourceURLs !== undefined)) continue;
      const [missed, ...others] = mismatches(rule, attributes);
      if (others.length > 0 || isElsewhere !== (missed === undefined)) continue;
      // That some rule speaks of other things is no news, unless it speaks of another part of the same.
      if (missed === 'apiGroups' || missed === 'nonResourceURLs') continue;
      if (missed === 'resources' && !rule.resources?.some((each) => sameResource(each, attributes.resource))) continue;
      const problem = missed === undefined ? `holds in the namespace ${namespace} only` : problems[missed](rule);
      found.push({ binding, problem });
      if (found.length === maxNear) return found;
    }
  }
  return found;
}

function sameResource(ruleResource: string, resource: string): boolean {
  return ruleResource === resource || ruleResource.startsWith(`${resource}/`);
}

function rolesThatAllow(policy: Policy, attributes: Attributes): string[] {
  const found: string[] = [];
  for (const { kind, name, rules } of policy.rolesFor(attributes.namespace)) {
    if (!rules.some((rule) => ruleAllows(rule, attributes))) continue;
    found.push(`${kind}/${name}`);
    if (found.length === maxRoles) break;
  }
  return found;
}
