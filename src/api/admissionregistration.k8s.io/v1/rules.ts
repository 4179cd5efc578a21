import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice, goTypedSlice } from '../../../apimachinery/go-syntax.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { pathSegmentName } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

export type Rule = {
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
  resourceNames?: string[];
};

export type MatchResources = {
  namespaceSelector?: LabelSelectorObject;
  objectSelector?: LabelSelectorObject;
  resourceRules?: Rule[];
  excludeResourceRules?: Rule[];
  matchPolicy?: string;
};

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];
export const failurePolicies = ['Fail', 'Ignore'];
export const matchPolicies = ['Equivalent', 'Exact'];

export function defaultRule(rule: Rule): void {
  rule.scope ??= '*';
}

export function defaultMatchResources(match: MatchResources): void {
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  match.resourceRules?.forEach(defaultRule);
  match.excludeResourceRules?.forEach(defaultRule);
}

/** Errors of the requests that a webhook or policy is about. */
export function validateRule(rule: Rule, path: string, errors: FieldError[]): void {
  const { operations: wanted = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const at = `${path}.operations`;
  if (wanted.length === 0) errors.push(fieldError.required(at));
  if (wanted.length > 1 && wanted.includes('*')) {
    const shown = goTypedSlice('admissionregistration.OperationType', wanted);
    const message = "if '*' is present, must not specify other operations";
    errors.push(fieldError.invalid(at, goSyntax(shown), message));
  }
  wanted.forEach((operation, index) => {
    if (operations.includes(operation)) return;
    errors.push(fieldError.notSupported(`${at}[${index}]`, operation, operations));
  });
  validateList(apiGroups, `${path}.apiGroups`, 'API groups', errors);
  validateList(apiVersions, `${path}.apiVersions`, 'API versions', errors);
  apiVersions.forEach((version, index) => {
    if (version === '') errors.push(fieldError.required(`${path}.apiVersions[${index}]`));
  });
  validateResources(resources, `${path}.resources`, errors);
  if (scope !== undefined && !scopes.includes(scope)) {
    errors.push(fieldError.notSupported(`${path}.scope`, scope, scopes));
  }
}

/** A list with something in it, and nothing beside a wildcard. */
function validateList(values: readonly string[], path: string, what: string, errors: FieldError[]): void {
  if (values.length === 0) errors.push(fieldError.required(path));
  if (values.length < 2 || !values.includes('*')) return;
  const message = `if '*' is present, must not specify other ${what}`;
  errors.push(fieldError.invalid(path, goSyntax(goStringSlice(values)), message));
}

function validateResources(resources: readonly string[], path: string, errors: FieldError[]): void {
  if (resources.length === 0) errors.push(fieldError.required(path));
  const allSubresourcesOf = new Set<string>();
  const ofAllResources = new Set<string>();
  // As upstream has it, the last resource without a subresource decides.
  let hasPlain = false;
  resources.forEach((resource, index) => {
    const at = `${path}[${index}]`;
    if (resource === '') {
      errors.push(fieldError.required(at));
      return;
    }
    const slash = resource.indexOf('/');
    if (slash < 0) {
      hasPlain = resource !== '*';
      return;
    }
    const main = resource.slice(0, slash);
    const sub = resource.slice(slash + 1);
    const refuse = (present: string): void => {
      errors.push(fieldError.invalid(at, resource, `if '${present}' is present, must not specify ${resource}`));
    };
    if (allSubresourcesOf.has(main)) refuse(`${main}/*`);
    if (ofAllResources.has(sub)) refuse(`*/${sub}`);
    if (sub === '*') allSubresourcesOf.add(main);
    if (main === '*') ofAllResources.add(sub);
  });
  const all = goSyntax(goStringSlice(resources));
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(fieldError.invalid(path, all, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes('*') && hasPlain) {
    const message = "if '*' is present, must not specify other resources without subresources";
    errors.push(fieldError.invalid(path, all, message));
  }
}

/** Errors of which objects a policy is about. */
export function validateMatchResources(match: MatchResources, path: string, errors: FieldError[]): void {
  const { matchPolicy = '', namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match;
  if (!matchPolicies.includes(matchPolicy)) {
    errors.push(fieldError.notSupported(`${path}.matchPolicy`, matchPolicy, matchPolicies));
  }
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`));
  errors.push(...validateLabelSelector(objectSelector, `${path}.objectSelector`));
  resourceRules.forEach((rule, index) => validateNamedRule(rule, `${path}.resourceRules[${index}]`, errors));
  excludeResourceRules.forEach((rule, index) => {
    validateNamedRule(rule, `${path}.excludeResourceRules[${index}]`, errors);
  });
}

function validateNamedRule(rule: Rule, path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  rule.resourceNames?.forEach((name, index) => {
    const at = `${path}.resourceNames[${index}]`;
    invalidEach(at, name, pathSegmentName(name), errors);
    if (names.has(name)) errors.push(fieldError.duplicate(at, name));
    names.add(name);
  });
  validateRule(rule, path, errors);
}
