import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../../apimachinery/validation/label-selector.ts';
import {
  labelValue,
  nameIsDns1123Label,
  nameIsDns1123Subdomain,
  qualifiedName,
} from '../../../../apimachinery/validation/names.ts';
import { invalidEach, requirePositive } from '../../../field-path.ts';
import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from './types.ts';

const operatorMessage = 'not a valid selector operator';
const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Errors of which taints a pod bears. */
export function validateTolerations(tolerations: readonly Toleration[], path: string, errors: FieldError[]): void {
  tolerations.forEach((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    const at = `${path}[${index}]`;
    if (key !== '') invalidEach(`${at}.key`, key, qualifiedName(key), errors);
    if (key === '' && operator !== 'Exists') {
      const message = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(fieldError.invalid(`${at}.operator`, operator, message));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const message = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(fieldError.invalid(`${at}.effect`, effect, message));
    }
    if (operator === '' || operator === 'Equal') {
      const messages = labelValue(value);
      if (messages.length > 0) errors.push(fieldError.invalid(`${at}.operator`, value, messages.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') {
        const message = "value must be empty when `operator` is 'Exists'";
        errors.push(fieldError.invalid(`${at}.operator`, value, message));
      }
    } else errors.push(fieldError.notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    if (effect !== '' && !taintEffects.includes(effect)) {
      errors.push(fieldError.notSupported(`${at}.effect`, effect, taintEffects));
    }
  });
}

/** Errors of where a pod wants to be and beside whom. */
export function validateAffinity(affinity: Affinity | undefined, path: string, errors: FieldError[]): void {
  const node = affinity?.nodeAffinity;
  if (node !== undefined) {
    const required = node.requiredDuringSchedulingIgnoredDuringExecution;
    const at = `${path}.nodeAffinity`;
    if (required !== undefined) {
      const here = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
      validateNodeSelector(required.nodeSelectorTerms ?? [], here, errors);
    }
    node.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight = 0, preference = {} }, index) => {
      const here = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      validateWeight(weight, here, errors);
      validateNodeTerm(preference, false, `${here}.preference`, errors);
    });
  }
  validatePodAffinity(affinity?.podAffinity, `${path}.podAffinity`, errors);
  validatePodAffinity(affinity?.podAntiAffinity, `${path}.podAntiAffinity`, errors);
}

/** Errors of the terms of which a node must fulfil one. */
export function validateNodeSelector(terms: readonly NodeSelectorTerm[], path: string, errors: FieldError[]): void {
  if (terms.length === 0) errors.push(fieldError.required(path, 'must have at least one node selector term'));
  terms.forEach((term, index) => validateNodeTerm(term, true, `${path}[${index}]`, errors));
}

function validateWeight(weight: number, path: string, errors: FieldError[]): void {
  if (weight >= 1 && weight <= 100) return;
  errors.push(fieldError.invalid(`${path}.weight`, weight, 'must be in the range 1-100'));
}

function validateNodeTerm(term: NodeSelectorTerm, strictValues: boolean, path: string, errors: FieldError[]): void {
  term.matchExpressions?.forEach((requirement, index) => {
    validateNodeLabel(requirement, strictValues, `${path}.matchExpressions[${index}]`, errors);
  });
  term.matchFields?.forEach((requirement, index) => {
    validateNodeField(requirement, `${path}.matchFields[${index}]`, errors);
  });
}

function validateNodeLabel(
  requirement: NodeSelectorRequirement,
  strictValues: boolean,
  path: string,
  errors: FieldError[],
): void {
  const { key = '', operator = '', values = [] } = requirement;
  const at = `${path}.values`;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(fieldError.required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(fieldError.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) {
      errors.push(fieldError.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
    }
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, operatorMessage));
  invalidEach(`${path}.key`, key, qualifiedName(key), errors);
  if (strictValues) values.forEach((value, index) => invalidEach(`${at}[${index}]`, value, labelValue(value), errors));
}

function validateNodeField(requirement: NodeSelectorRequirement, path: string, errors: FieldError[]): void {
  const { key = '', operator = '', values = [] } = requirement;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) {
      const message = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(fieldError.required(`${path}.values`, message));
    }
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, operatorMessage));
  if (key !== 'metadata.name') {
    errors.push(fieldError.invalid(`${path}.key`, key, 'not a valid field selector key'));
    return;
  }
  values.forEach((value, index) => {
    invalidEach(`${path}.values[${index}]`, value, nameIsDns1123Subdomain(value, false), errors);
  });
}

function validatePodAffinity(affinity: PodAffinity | undefined, path: string, errors: FieldError[]): void {
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
    validatePodTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`, errors);
  });
  affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight = 0, podAffinityTerm = {} }, index) => {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    validateWeight(weight, at, errors);
    validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`, errors);
  });
}

function validatePodTerm(term: PodAffinityTerm, path: string, errors: FieldError[]): void {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term;
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  errors.push(...validateLabelSelector(labelSelector, `${path}.labelSelector`));
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`));
  for (const name of namespaces) invalidEach(`${path}.namespace`, name, nameIsDns1123Label(name, false), errors);
  validateLabelKeys(matchLabelKeys, labelSelector, `${path}.matchLabelKeys`, errors);
  validateLabelKeys(mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`, errors);
  const chosen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key = '' } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key);
    if (index >= 0 && chosen.has(key)) {
      errors.push(fieldError.invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
    chosen.add(key);
  }
  matchLabelKeys.forEach((key, index) => {
    if (!mismatchLabelKeys.includes(key)) return;
    const message = 'exists in both matchLabelKeys and mismatchLabelKeys';
    errors.push(fieldError.invalid(`${path}.matchLabelKeys[${index}]`, key, message));
  });
  if (topologyKey === '') errors.push(fieldError.required(`${path}.topologyKey`, 'can not be empty'));
  invalidEach(`${path}.topologyKey`, topologyKey, qualifiedName(topologyKey), errors);
}

const needsSelector = 'must not be specified when labelSelector is not set';

function validateLabelKeys(
  keys: readonly string[],
  selector: LabelSelectorObject | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (keys.length === 0) return;
  if (selector === undefined) errors.push(fieldError.forbidden(path, needsSelector));
  else keys.forEach((key, index) => invalidEach(`${path}[${index}]`, key, qualifiedName(key), errors));
}

const actions = ['DoNotSchedule', 'ScheduleAnyway'];
const nodePolicies = ['Honor', 'Ignore'];

/** Errors of how evenly pods are to be spread. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[],
  path: string,
  errors: FieldError[],
): void {
  constraints.forEach((constraint, index) => {
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable: action = '', minDomains } = constraint;
    const at = `${path}[${index}]`;
    requirePositive(`${at}.maxSkew`, maxSkew, errors);
    if (topologyKey === '') errors.push(fieldError.required(`${at}.topologyKey`, 'can not be empty'));
    if (!actions.includes(action)) errors.push(fieldError.notSupported(`${at}.whenUnsatisfiable`, action, actions));
    const repeated = constraints
      .slice(index + 1)
      .some((other) => (other.topologyKey ?? '') === topologyKey && (other.whenUnsatisfiable ?? '') === action);
    if (repeated) {
      errors.push(fieldError.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`));
    }
    if (minDomains !== undefined) {
      requirePositive(`${at}.minDomains`, minDomains, errors);
      if (action !== 'DoNotSchedule') {
        const message = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
        errors.push(fieldError.invalid(`${at}.minDomains`, minDomains, message));
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field];
      if (policy === undefined || nodePolicies.includes(policy)) continue;
      errors.push(fieldError.notSupported(`${at}.${field}`, policy, nodePolicies));
    }
    validateSpreadKeys(constraint, `${at}.matchLabelKeys`, errors);
    errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
  });
}

function validateSpreadKeys(constraint: TopologySpreadConstraint, path: string, errors: FieldError[]): void {
  const { matchLabelKeys = [], labelSelector } = constraint;
  if (matchLabelKeys.length === 0) return;
  if (labelSelector === undefined) errors.push(fieldError.forbidden(path, needsSelector));
  const chosen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key = '' } of labelSelector?.matchExpressions ?? []) chosen.add(key);
  matchLabelKeys.forEach((key, index) => {
    invalidEach(`${path}[${index}]`, key, qualifiedName(key), errors);
    if (chosen.has(key)) {
      errors.push(fieldError.invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
  });
}
