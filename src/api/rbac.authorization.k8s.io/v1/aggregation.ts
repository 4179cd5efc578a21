import { deepEqual, isObject, type Json } from '../../../apimachinery/json.ts';
import { labelSelectorFromObject, matchesLabels } from '../../../apimachinery/labels.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { PolicyRule } from './rules.ts';

/** A stored ClusterRole, parsed only when it matters. */
export type ClusterRoleSource = { readonly labels: Readonly<Record<string, string>>; readonly object: KubeObject };

/** The rules of a stored role, by themselves: nothing of the parsed object is kept. */
export function rulesOf({ object }: { readonly object: KubeObject }): PolicyRule[] {
  const { rules } = object;
  return Array.isArray(rules) ? rules.filter(isObject).map(readRule) : [];
}

/** Whether the role's rules are those of others: it has an aggregationRule, with or without selectors. */
export function isAggregated({ object }: { readonly object: KubeObject }): boolean {
  return isObject(object.aggregationRule);
}

/**
 * The rules of an aggregated ClusterRole: the union of the rules of all roles that its selectors reach, also through other aggregated roles, in the order of
 * `all`. That is where upstream's controller comes to rest; circles add nothing, and the rules that the role was written with do not count.
 */
export function aggregatedRules(start: ClusterRoleSource, all: Iterable<ClusterRoleSource>): PolicyRule[] {
  const candidates = [...all];
  const seen = new Set<ClusterRoleSource>([start]);
  const rules: PolicyRule[] = [];
  const visit = (role: ClusterRoleSource): void => {
    const selectors = selectorsOf(role);
    if (selectors === undefined) {
      for (const rule of rulesOf(role)) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
      return;
    }
    for (const text of selectors) {
      const selector = readSelector(text);
      if (selector === undefined) continue;
      for (const candidate of candidates) {
        if (seen.has(candidate) || !matchesLabels(selector, candidate.labels)) continue;
        seen.add(candidate);
        visit(candidate);
      }
    }
  };
  visit(start);
  return rules;
}

/** The selectors of an aggregated role; undefined when the role has rules of its own. */
function selectorsOf({ object }: ClusterRoleSource): readonly Json[] | undefined {
  const aggregationRule = object.aggregationRule as Json | undefined;
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
