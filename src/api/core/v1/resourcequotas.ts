import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { parseQuantity } from '../../../apimachinery/quantity.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { atKey } from '../../field-path.ts';
import type { ResourceList } from './pod-template/types.ts';
import { validateResourceAmount, validateResourceName } from './pod-template/validate-resources.ts';

type ScopeExpression = { scopeName?: string; operator?: string; values?: string[] };
type ResourceQuota = KubeObject & {
  spec?: { hard?: ResourceList; scopes?: string[]; scopeSelector?: { matchExpressions?: ScopeExpression[] } };
  status?: { hard?: ResourceList; used?: ResourceList };
};

const computed = ['cpu', 'memory', 'ephemeral-storage'];
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
];
const limited = new Set([
  ...computed,
  ...computed.map((name) => `requests.${name}`),
  ...computed.map((name) => `limits.${name}`),
  'requests.storage',
  ...counted,
]);
const scopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
]);

const podComputeResources = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];

/** Resources that a scope can tell apart: pods, and what their containers ask for unless the scope says that they ask for nothing. */
function scopeApplies(scope: string, resource: string): boolean {
  return (
    !scopes.has(scope) || resource === 'pods' || (scope !== 'BestEffort' && podComputeResources.includes(resource))
  );
}

function validateAmounts(list: ResourceList | undefined, path: string, errors: FieldError[]): void {
  for (const name of Object.keys(list ?? {})) {
    const at = atKey(path, name);
    validateResourceName(name, at, errors);
    const huge = name.startsWith('hugepages-') || name.startsWith('requests.hugepages-');
    if (!name.includes('/') && !limited.has(name) && !huge) {
      errors.push(fieldError.invalid(at, goSyntax(name), 'must be a standard resource for quota'));
    }
    validateResourceAmount(name, parseQuantity(String(list?.[name])), at, errors);
  }
}

function goScopes(values: readonly string[]): string {
  return `[]core.ResourceQuotaScope{${values.map((scope) => JSON.stringify(scope)).join(', ')}}`;
}

function validate(object: KubeObject): FieldError[] {
  const { hard, scopes: chosen = [] } = (object as ResourceQuota).spec ?? {};
  const errors: FieldError[] = [];
  validateAmounts(hard, 'spec.hard', errors);
  const refuse = (message: string): void => {
    errors.push(fieldError.invalid('spec.scopes', goSyntax(goScopes(chosen)), message));
  };
  const standard = Object.keys(hard ?? {}).filter((name) => limited.has(name));
  for (const scope of chosen) {
    if (!scopes.has(scope)) refuse('unsupported scope');
    for (const name of standard) if (!scopeApplies(scope, name)) refuse('unsupported scope applied to resource');
  }
  if (chosen.includes('BestEffort') && chosen.includes('NotBestEffort')) refuse('conflicting scopes');
  if (chosen.includes('Terminating') && chosen.includes('NotTerminating')) refuse('conflicting scopes');
  validateSelector((object as ResourceQuota).spec ?? {}, standard, errors);
  return errors;
}

/** Scopes that a pod is in or not: there is nothing to compare. */
const plainScopes = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
]);
const plainMessage =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/** spec.scopeSelector, with upstream's paths, which do not say which expression is wrong. */
function validateSelector(
  { scopes: plain, scopeSelector }: NonNullable<ResourceQuota['spec']>,
  standard: readonly string[],
  errors: FieldError[],
): void {
  const expressions = scopeSelector?.matchExpressions ?? [];
  const path = 'spec.scopeSelector.matchExpressions';
  for (const { scopeName = '', operator = '', values = [] } of expressions) {
    if (!scopes.has(scopeName)) errors.push(fieldError.invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    for (const name of standard) {
      if (scopeApplies(scopeName, name)) continue;
      errors.push(fieldError.invalid(path, goSyntax(goSelector(expressions)), 'unsupported scope applied to resource'));
    }
    if (plainScopes.has(scopeName) && operator !== 'Exists')
      errors.push(fieldError.invalid(`${path}.operator`, operator, plainMessage));
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues && values.length === 0) {
      const message = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      errors.push(fieldError.required(`${path}.values`, message));
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      const message = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      errors.push(fieldError.invalid(`${path}.values`, goSyntax(goTexts(values)), message));
    }
    if (!needsValues && operator !== 'Exists' && operator !== 'DoesNotExist')
      errors.push(fieldError.invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  const chosen = new Set(expressions.map(({ scopeName }) => scopeName));
  for (const [one, other] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ])
    if (chosen.has(one) && chosen.has(other)) {
      const shown = plain === undefined ? '[]core.ResourceQuotaScope(nil)' : goScopes(plain);
      errors.push(fieldError.invalid(path, goSyntax(shown), 'conflicting scopes'));
    }
}

function goTexts(values: readonly string[]): string {
  return `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
}

/** As Go prints a core.ScopeSelector. */
function goSelector(expressions: readonly ScopeExpression[]): string {
  const shown = expressions.map(({ scopeName = '', operator = '', values }) => {
    const list = values === undefined ? '[]string(nil)' : goTexts(values);
    return `core.ScopedResourceSelectorRequirement{ScopeName:${JSON.stringify(scopeName)}, Operator:${JSON.stringify(operator)}, Values:${list}}`;
  });
  return `core.ScopeSelector{MatchExpressions:[]core.ScopedResourceSelectorRequirement{${shown.join(', ')}}}`;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const { scopes: chosen = [] } = (object as ResourceQuota).spec ?? {};
  const before = new Set((old as ResourceQuota).spec?.scopes);
  const now = new Set(chosen);
  if (before.size === now.size && chosen.every((scope) => before.has(scope))) return [];
  return [fieldError.invalid('spec.scopes', goSyntax(goScopes(chosen)), 'field is immutable')];
}

function usage({ status = {} }: ResourceQuota, limits: boolean): string {
  const { hard = {}, used = {} } = status;
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits.') === limits)
    .toSorted()
    .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name] ?? '0'}`)
    .join(', ');
}

export const resourceQuotas = builtinResource({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Request', 'What is used of what may be requested.'),
      stringColumn('Limit', 'What is used of the limits.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const quota = object as ResourceQuota;
      return [object.metadata.name ?? '', usage(quota, false), usage(quota, true), ageCell(object, now)];
    },
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    prepareForCreate(object) {
      (object as ResourceQuota).status = {};
    },
    validate,
    validateUpdate,
  },
  status: {
    validateUpdate(object) {
      const errors: FieldError[] = [];
      validateAmounts((object as ResourceQuota).status?.hard, 'status.hard', errors);
      validateAmounts((object as ResourceQuota).status?.used, 'status.used', errors);
      return errors;
    },
  },
});
