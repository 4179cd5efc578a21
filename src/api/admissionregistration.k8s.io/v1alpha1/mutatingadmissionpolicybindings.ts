import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';
import { paramCell, type ParamRef, validateParamRef } from '../v1/param-ref.ts';
import { defaultMatchResources, type MatchResources, validateMatchResources } from '../v1/rules.ts';
import { validateMutableOperations } from './operations.ts';

type MutatingAdmissionPolicyBinding = KubeObject & {
  spec?: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources };
};

function validate(object: KubeObject): FieldError[] {
  const { policyName = '', paramRef, matchResources } = (object as MutatingAdmissionPolicyBinding).spec ?? {};
  const errors: FieldError[] = [];
  if (policyName === '') errors.push(fieldError.required('spec.policyName'));
  else invalidEach('spec.policyName', policyName, nameIsDns1123Subdomain(policyName, false), errors);
  if (paramRef !== undefined) validateParamRef(paramRef, 'spec.paramRef', errors);
  if (matchResources === undefined) return errors;
  validateMatchResources(matchResources, 'spec.matchResources', errors);
  validateMutableOperations(matchResources, 'spec.matchResources', errors);
  return errors;
}

/** Served where the feature MutatingAdmissionPolicy is on. */
export const mutatingAdmissionPolicyBindings = builtinResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1alpha1',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
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
      const { policyName = '', paramRef } = (object as MutatingAdmissionPolicyBinding).spec ?? {};
      return [object.metadata.name ?? '', policyName, paramCell(paramRef), ageCell(object, now)];
    },
  },
  strategy: {
    generation: 'spec',
    applyDefaults(object) {
      const { matchResources, paramRef } = (object as MutatingAdmissionPolicyBinding).spec ?? {};
      if (matchResources !== undefined) defaultMatchResources(matchResources);
      if (paramRef !== undefined) paramRef.parameterNotFoundAction ??= 'Deny';
    },
    validateCreate: validate,
    validateUpdate: validate,
  },
});
