import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { requirePositive } from '../../field-path.ts';

export type ScalingRules = {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: { type?: string; value?: number; periodSeconds?: number }[];
  tolerance?: string;
};
export type Behavior = { scaleUp?: ScalingRules; scaleDown?: ScalingRules };

const maxPeriodSeconds = 1800;
const maxWindowSeconds = 3600;
const selectPolicies = ['Disabled', 'Max', 'Min'];
const policyTypes = ['Percent', 'Pods'];

/** Errors of how fast an autoscaler may scale. */
export function validateBehavior(behavior: Behavior | undefined, path: string, errors: FieldError[]): void {
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    const rules = behavior?.[direction];
    if (rules !== undefined) validateRules(rules, `${path}.${direction}`, errors);
  }
}

function validateRules(rules: ScalingRules, path: string, errors: FieldError[]): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [] } = rules;
  const at = `${path}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0)
    errors.push(fieldError.invalid(at, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > maxWindowSeconds)
    errors.push(fieldError.invalid(at, window, `must be less than or equal to ${maxWindowSeconds}`));
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy))
    errors.push(fieldError.notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies));
  if (policies.length === 0) errors.push(fieldError.required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach(({ type = '', value = 0, periodSeconds = 0 }, index) => {
    const here = `${path}.policies[${index}]`;
    if (!policyTypes.includes(type)) errors.push(fieldError.notSupported(`${here}.type`, type, policyTypes));
    requirePositive(`${here}.value`, value, errors);
    requirePositive(`${here}.periodSeconds`, periodSeconds, errors);
    if (periodSeconds > maxPeriodSeconds) {
      const message = `must be less than or equal to ${maxPeriodSeconds}`;
      errors.push(fieldError.invalid(`${here}.periodSeconds`, periodSeconds, message));
    }
  });
}
