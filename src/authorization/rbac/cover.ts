import type { PolicyRule } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import { goString } from '../../apimachinery/go-syntax.ts';

/**
 * The parts of `wanted` that `held` does not give, each with one verb and one resource (or URL); empty when all is held. A part counts as held when a
 * single held rule gives it: k8s.io/component-helpers/auth/rbac/validation.
 */
export function uncoveredRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

/** Texts of rules for a refusal, verbs of the same resource together, sorted: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  return [...new Set(compact(rules).map(describe))].sort();
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const parts: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const part: PolicyRule = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) parts.push(part);
        else for (const name of resourceNames) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

/** `part` has at most one value of each kind. */
function covers(held: PolicyRule, part: PolicyRule): boolean {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = held;
  const has = (values: readonly string[], wanted: readonly string[] | undefined) =>
    values.includes('*') || (wanted ?? []).every((value) => values.includes(value));
  return (
    has(verbs, part.verbs) &&
    has(apiGroups, part.apiGroups) &&
    (part.resources ?? []).every((resource) => coversResource(resources, resource)) &&
    (resourceNames.length === 0 ||
      (part.resourceNames !== undefined && part.resourceNames.every((name) => resourceNames.includes(name)))) &&
    (part.nonResourceURLs ?? []).every((url) => coversUrl(nonResourceURLs, url))
  );
}

function coversResource(held: readonly string[], resource: string): boolean {
  if (held.includes('*') || held.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && held.includes(`*${resource.slice(slash)}`);
}

function coversUrl(held: readonly string[], url: string): boolean {
  return held.some(
    (candidate) => candidate === url || (candidate.endsWith('*') && url.startsWith(candidate.replace(/\*+$/, ''))),
  );
}

/** Joins the verbs of parts that speak of one resource (and at most one name). */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const joined = new Map<string, PolicyRule>();
  const rest: PolicyRule[] = [];
  for (const rule of rules) {
    const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    if (apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1 || nonResourceURLs.length > 0) {
      rest.push(rule);
      continue;
    }
    const key = JSON.stringify([apiGroups, resources, resourceNames]);
    const known = joined.get(key);
    joined.set(key, known === undefined ? rule : { ...known, verbs: [...(known.verbs ?? []), ...verbs] });
  }
  return [...rest, ...joined.values()];
}

function describe(rule: PolicyRule): string {
  const fields: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const parts = fields
    .filter(([, values]) => values !== undefined && values.length > 0)
    .map(([name, values]) => `${name}:${quoteList(values ?? [])}`);
  return `{${parts.join(', ')}}`;
}

/** A list of strings as Go's `%q` prints it: `["a" "b"]`. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map(goString).join(' ')}]`;
}
