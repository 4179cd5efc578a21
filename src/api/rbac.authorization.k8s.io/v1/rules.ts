import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';

/** The API group of roles and bindings. */
export const rbacGroup = 'rbac.authorization.k8s.io';

/** rbac.authorization.k8s.io PolicyRule. */
export type PolicyRule = {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
};

/** Errors of a role's rules: verbs always; either URLs (cluster roles only) or groups and resources. */
export function validateRules(rules: readonly PolicyRule[], namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  rules.forEach((rule, index) => validateRule(rule, namespaced, `rules[${index}]`, errors));
  return errors;
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string, errors: FieldError[]): void {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  if (verbs.length === 0) errors.push(fieldError.required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (urls.length > 0) {
    const urlError = (detail: string): FieldError =>
      fieldError.invalid(`${path}.nonResourceURLs`, goSyntax(goStringSlice(urls)), detail);
    if (namespaced) errors.push(urlError('namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      errors.push(urlError('rules cannot apply to both regular resources and non-resource URLs'));
    }
    return;
  }
  if (apiGroups.length === 0) {
    errors.push(fieldError.required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(fieldError.required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
}
