import type { PolicyRule } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';

/** The parts of a request that rules look at (`Attributes` has them). A resource request has `resource` set, others `path`. */
export type RuleRequest = {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly path: string;
};

/** One part of a rule that a request does not meet. */
export type Mismatch = 'verbs' | 'apiGroups' | 'resources' | 'resourceNames' | 'nonResourceURLs';

/** The parts of a rule that keep it from allowing the request; empty: it allows it. Rules of the other sort (paths, resources) miss everything. */
export function mismatches(rule: PolicyRule, request: RuleRequest): Mismatch[] {
  const missed: Mismatch[] = [];
  if (!includesOrAll(rule.verbs, request.verb)) missed.push('verbs');
  if (request.resource === '') {
    if (!urlMatches(rule.nonResourceURLs, request.path)) missed.push('nonResourceURLs');
    return missed;
  }
  if (!includesOrAll(rule.apiGroups, request.group)) missed.push('apiGroups');
  if (!resourceMatches(rule.resources, request.resource, request.subresource)) missed.push('resources');
  if (!nameMatches(rule.resourceNames, request.name)) missed.push('resourceNames');
  return missed;
}

/** Whether one rule of a role allows the request: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac. Namespaces are the binding's business. */
export function ruleAllows(rule: PolicyRule, request: RuleRequest): boolean {
  if (!includesOrAll(rule.verbs, request.verb)) return false;
  if (request.resource === '') return urlMatches(rule.nonResourceURLs, request.path);
  return (
    includesOrAll(rule.apiGroups, request.group) &&
    resourceMatches(rule.resources, request.resource, request.subresource) &&
    nameMatches(rule.resourceNames, request.name)
  );
}

function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name);
}

function includesOrAll(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes(wanted) || values.includes('*'));
}

/** `*` is everything; `pods`, `pods/log` are themselves; `*` + `/scale` is that subresource of every resource. */
function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (resources === undefined) return false;
  for (const candidate of resources) {
    if (candidate === '*') return true;
    if (subresource === '') {
      if (candidate === resource) return true;
    } else if (
      candidate.length === subresource.length + 2 &&
      candidate.startsWith('*/') &&
      candidate.endsWith(subresource)
    ) {
      return true;
    } else if (
      candidate.length === resource.length + 1 + subresource.length &&
      candidate.startsWith(resource) &&
      candidate[resource.length] === '/' &&
      candidate.endsWith(subresource)
    ) {
      return true;
    }
  }
  return false;
}

/** A trailing `*` stands for any rest; elsewhere it is an ordinary character. */
function urlMatches(urls: readonly string[] | undefined, path: string): boolean {
  if (urls === undefined) return false;
  for (const url of urls) {
    if (url === '*' || url === path) return true;
    if (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''))) return true;
  }
  return false;
}
