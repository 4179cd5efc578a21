import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';
import { goTypedSlice } from '../../../apimachinery/go-syntax.ts';
import { paramCell, type ParamRef, validateParamRef } from './param-ref.ts';
import { defaultMatchResources, type MatchResources, validateMatchResources } from './rules.ts';

type ValidatingAdmissionPolicyBinding = KubeObject & {
  spec?: {
    policyName?: string;
    paramRef?: ParamRef;
    matchResources?: MatchResources;
    validationActions?: string[];
  };
};

const actions = ['Audit', 'Deny', 'Warn'];

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as ValidatingAdmissionPolicyBinding;
  const { policyName = '', paramRef, matchResources, validationActions = [] } = spec;
  const errors: FieldError[] = [];
  if (policyName === '') errors.push(fieldError.required('spec.policyName'));
  else invalidEach('spec.policyName', policyName, nameIsDns1123Subdomain(policyName, false), errors);
  if (paramRef !== undefined) validateParamRef(paramRef, 'spec.paramRef', errors);
  if (matchResources !== undefined) validateMatchResources(matchResources, 'spec.matchResources', errors);
  validateActions(validationActions, 'spec.validationActions', errors);
  return errors;
}

function validateActions(given: readonly string[], path: string, errors: FieldError[]): void {
  given.forEach((action, index) => {
    const at = `${path}[${index}]`;
    if (!actions.includes(action)) errors.push(fieldError.notSupported(at, action, actions));
    if (given.indexOf(action) < index) errors.push(fieldError.duplicate(at, action));
  });
  if (given.includes('Deny') && given.includes('Warn')) {
    const message =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    const shown = goTypedSlice('admissionregistration.ValidationAction', given);
    errors.push(fieldError.invalid(path, goSyntax(shown), message));
  }
  if (given.length === 0) errors.push(fieldError.required(path, 'at least one validation action is required'));
}

export const validatingAdmissionPolicyBindings = builtinResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('PolicyName', 'The policy that it binds.'),
      stringColumn('ParamRef', 'The parameters that the policy gets.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { policyName = '', paramRef } = (object as ValidatingAdmissionPolicyBinding).spec ?? {};
      return [object.metadata.name ?? '', policyName, paramCell(paramRef), ageCell(object, now)];
    },
  },
  strategy: {
    generation: 'spec',
    applyDefaults(object) {
      const { matchResources } = (object as ValidatingAdmissionPolicyBinding).spec ?? {};
      if (matchResources !== undefined) defaultMatchResources(matchResources);
    },
    validateCreate: validate,
    validateUpdate: validate,
  },
});
