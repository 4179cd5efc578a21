import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { defaultTable } from '../../../apimachinery/table.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { nameIsPathSegment } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { type PolicyRule, rbacGroup, validateRules } from './rules.ts';

export type ClusterRole = KubeObject & {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: LabelSelectorObject[] };
};

function validate(object: KubeObject): FieldError[] {
  const { rules, aggregationRule } = object as ClusterRole;
  const errors = validateRules(rules ?? [], false);
  if (aggregationRule === undefined) return errors;
  const path = 'aggregationRule.clusterRoleSelectors';
  const { clusterRoleSelectors: selectors = [] } = aggregationRule;
  if (selectors.length === 0) {
    errors.push(fieldError.required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  selectors.forEach((selector, index) => {
    const found = validateLabelSelector(selector, `${path}[${index}]`);
    errors.push(...found);
    if (found.length > 0) errors.push(fieldError.invalid(`${path}[${index}]`, null, 'invalid label selector.'));
  });
  return errors;
}

export const clusterRoles = builtinResource({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  scope: 'Cluster',
  table: defaultTable,
  strategy: {
    generation: 'none',
    repeatsErrors: true,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    validate,
    validateName: nameIsPathSegment,
  },
});
