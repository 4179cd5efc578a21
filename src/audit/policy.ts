import { parse } from 'yaml';

/** How much of a request is recorded (audit.k8s.io/v1). */
export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

const levels: readonly Level[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly Stage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

/** What a policy decides by. */
export type Attributes = {
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
};

/** What is recorded of one request. */
export type Decision = {
  readonly level: Level;
  readonly omitStages: ReadonlySet<Stage>;
  readonly omitManagedFields: boolean;
};

export type Policy = (attributes: Attributes) => Decision;

type GroupResources = {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
};

type Rule = {
  readonly decision: Decision;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly namespaces: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly nonResourceURLs: readonly string[];
};

/** A policy file that cannot be used; the message says where and why, to whoever starts the server. */
export class PolicyError extends Error {
  override readonly name = 'StartError';
}

const nothing: Decision = { level: 'None', omitStages: new Set(), omitManagedFields: false };

/**
 * Reads an audit policy (YAML or JSON, kind Policy of audit.k8s.io/v1). The first rule that fits a request decides; what none fits is not recorded
 * (k8s.io/apiserver/pkg/audit/policy). @throws PolicyError
 */
export function parsePolicy(text: string): Policy {
  const document = asMap(parseYaml(text), 'policy');
  if (document['apiVersion'] !== 'audit.k8s.io/v1' || document['kind'] !== 'Policy')
    throw new PolicyError('policy: must be of apiVersion audit.k8s.io/v1 and kind Policy');
  const omitStages = stageList(document['omitStages'], 'omitStages');
  const omitManagedFields = document['omitManagedFields'] === true;
  const list = document['rules'];
  if (!Array.isArray(list) || list.length === 0) throw new PolicyError('rules: must hold at least one rule');
  const rules = list.map((rule, index) => parseRule(rule, `rules[${index}]`, omitStages, omitManagedFields));
  return (attributes) => rules.find((rule) => fits(rule, attributes))?.decision ?? nothing;
}

/** Records everything at one level. */
export function everythingAt(level: Level): Policy {
  const decision: Decision = { level, omitStages: new Set<Stage>(['RequestReceived']), omitManagedFields: true };
  return () => decision;
}

function parseRule(value: unknown, path: string, omitStages: readonly Stage[], omitManagedFields: boolean): Rule {
  const rule = asMap(value, path);
  const level = levels.find((each) => each === rule['level']);
  if (level === undefined) throw new PolicyError(`${path}.level: must be one of ${levels.join(', ')}`);
  const namespaces = texts(rule['namespaces'], `${path}.namespaces`);
  const resources = maps(rule['resources'], `${path}.resources`).map((each, index): GroupResources => {
    const at = `${path}.resources[${index}]`;
    const names = texts(each['resources'], `${at}.resources`);
    const resourceNames = texts(each['resourceNames'], `${at}.resourceNames`);
    if (resourceNames.length > 0 && names.length === 0)
      throw new PolicyError(`${at}.resourceNames: using resourceNames requires at least one resource`);
    const group = each['group'] ?? '';
    if (typeof group !== 'string' || group.includes('/'))
      throw new PolicyError(`${at}.group: must be a group without a version`);
    return { group, resources: names, resourceNames };
  });
  const nonResourceURLs = texts(rule['nonResourceURLs'], `${path}.nonResourceURLs`);
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0))
    throw new PolicyError(
      `${path}.nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs`,
    );
  for (const url of nonResourceURLs)
    if (url !== '*' && (!url.startsWith('/') || url.slice(0, -1).includes('*')))
      throw new PolicyError(`${path}.nonResourceURLs: "${url}" must begin with a slash and may end with a wildcard`);
  return {
    decision: {
      level,
      omitStages: new Set([...omitStages, ...stageList(rule['omitStages'], `${path}.omitStages`)]),
      omitManagedFields: typeof rule['omitManagedFields'] === 'boolean' ? rule['omitManagedFields'] : omitManagedFields,
    },
    users: texts(rule['users'], `${path}.users`),
    userGroups: texts(rule['userGroups'], `${path}.userGroups`),
    verbs: texts(rule['verbs'], `${path}.verbs`),
    namespaces,
    resources,
    nonResourceURLs,
  };
}

function fits(rule: Rule, attributes: Attributes): boolean {
  const { user, verb, namespace } = attributes;
  if (rule.users.length > 0 && !rule.users.includes(user.name)) return false;
  if (rule.userGroups.length > 0 && !user.groups.some((group) => rule.userGroups.includes(group))) return false;
  if (rule.verbs.length > 0 && !rule.verbs.includes(verb) && !rule.verbs.includes('*')) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    if (!attributes.isResourceRequest) return false;
    if (rule.namespaces.length > 0 && !rule.namespaces.includes(namespace)) return false;
    return rule.resources.length === 0 || rule.resources.some((each) => fitsResource(each, attributes));
  }
  if (rule.nonResourceURLs.length > 0)
    return !attributes.isResourceRequest && rule.nonResourceURLs.some((url) => fitsPath(url, attributes.path));
  return true;
}

function fitsResource(wanted: GroupResources, { group, resource, subresource, name }: Attributes): boolean {
  if (wanted.group !== group) return false;
  if (wanted.resources.length === 0) return true;
  if (wanted.resourceNames.length > 0 && !wanted.resourceNames.includes(name)) return false;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return wanted.resources.some(
    (each) =>
      each === '*' || each === whole || (subresource !== '' && each === `*/${subresource}`) || each === `${resource}/*`,
  );
}

function fitsPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new PolicyError(`policy: ${(error as Error).message.split('\n')[0]}`);
  }
}

function asMap(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PolicyError(`${path}: must be a map`);
  return value as Record<string, unknown>;
}

function maps(value: unknown, path: string): readonly Readonly<Record<string, unknown>>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new PolicyError(`${path}: must be a list`);
  return value.map((each, index) => asMap(each, `${path}[${index}]`));
}

function texts(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string'))
    throw new PolicyError(`${path}: must be a list of texts`);
  return value as string[];
}

function stageList(value: unknown, path: string): readonly Stage[] {
  return texts(value, path).map((text) => {
    const stage = stages.find((each) => each === text);
    if (stage === undefined) throw new PolicyError(`${path}: "${text}" is not one of ${stages.join(', ')}`);
    return stage;
  });
}
