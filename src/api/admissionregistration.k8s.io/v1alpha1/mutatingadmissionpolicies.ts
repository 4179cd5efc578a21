import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { expressionError, PolicyCompiler, type Variable } from '../expressions/compile.ts';
import { type MatchCondition, validateMatchConditions } from '../v1/match-conditions.ts';
import { type ParamKind, report, validateParamKind, validateVariables } from '../v1/policy-parts.ts';
import { defaultMatchResources, failurePolicies, type MatchResources, validateMatchResources } from '../v1/rules.ts';
import { validateMutableOperations } from './operations.ts';

export type Mutation = {
  patchType?: string;
  applyConfiguration?: { expression?: string };
  jsonPatch?: { expression?: string };
};
type PolicySpec = {
  paramKind?: ParamKind;
  matchConstraints?: MatchResources;
  variables?: Variable[];
  mutations?: Mutation[];
  failurePolicy?: string;
  matchConditions?: MatchCondition[];
  reinvocationPolicy?: string;
};
type MutatingAdmissionPolicy = KubeObject & { spec?: PolicySpec };

const reinvocationPolicies = ['IfNeeded', 'Never'];
const patchTypes = ['ApplyConfiguration', 'JSONPatch'];

function validatePolicy(object: KubeObject, checksConditions: boolean, old: PolicySpec = {}): FieldError[] {
  const { spec = {} } = object as MutatingAdmissionPolicy;
  const { failurePolicy = '', paramKind, matchConstraints, mutations = [], reinvocationPolicy = '' } = spec;
  const errors: FieldError[] = [];
  if (!failurePolicies.includes(failurePolicy))
    errors.push(fieldError.notSupported('spec.failurePolicy', failurePolicy, failurePolicies));
  if (paramKind !== undefined) validateParamKind(paramKind, 'spec.paramKind', errors);
  validateConstraints(matchConstraints, errors);
  const params = paramKind !== undefined;
  if (checksConditions) {
    const context = { params, accepted: old.matchConditions ?? [] };
    validateMatchConditions(spec.matchConditions ?? [], context, 'spec.matchConditions', errors);
  }
  const accepted = acceptedBefore(old);
  const compiler = new PolicyCompiler({ params, accepted: (expression) => accepted.has(expression) });
  compiler.composes();
  validateVariables(spec.variables ?? [], compiler, errors);
  if (mutations.length === 0)
    errors.push(fieldError.required('spec.mutations', 'mutations must contain at least one item'));
  mutations.forEach((mutation, index) => validateMutation(mutation, compiler, `spec.mutations[${index}]`, errors));
  if (reinvocationPolicy === '') errors.push(fieldError.required('spec.reinvocationPolicy'));
  else if (!reinvocationPolicies.includes(reinvocationPolicy))
    errors.push(fieldError.notSupported('spec.reinvocationPolicy', reinvocationPolicy, reinvocationPolicies));
  return errors;
}

function validateConstraints(match: MatchResources | undefined, errors: FieldError[]): void {
  const path = 'spec.matchConstraints';
  if (match === undefined) {
    errors.push(fieldError.required(path));
    return;
  }
  validateMatchResources(match, path, errors);
  if ((match.resourceRules ?? []).length === 0) errors.push(fieldError.required(`${path}.resourceRules`));
  validateMutableOperations(match, path, errors);
}

function acceptedBefore({ variables = [], mutations = [] }: PolicySpec): ReadonlySet<string> {
  const texts = [
    ...variables.map(({ expression }) => expression),
    ...mutations.flatMap(({ applyConfiguration, jsonPatch }) => [
      applyConfiguration?.expression,
      jsonPatch?.expression,
    ]),
  ];
  return new Set(texts.filter((text) => text !== undefined));
}

function validateMutation(
  { patchType = '', applyConfiguration, jsonPatch }: Mutation,
  compiler: PolicyCompiler,
  path: string,
  errors: FieldError[],
): void {
  if (patchType === '') {
    errors.push(fieldError.required(`${path}.patchType`));
    return;
  }
  if (!patchTypes.includes(patchType)) {
    errors.push(fieldError.notSupported(`${path}.patchType`, patchType, patchTypes));
    return;
  }
  const applies = patchType === 'ApplyConfiguration';
  const [field, other] = applies ? ['applyConfiguration', 'jsonPatch'] : ['jsonPatch', 'applyConfiguration'];
  const [given, superfluous] = applies ? [applyConfiguration, jsonPatch] : [jsonPatch, applyConfiguration];
  if (given === undefined)
    errors.push(fieldError.required(`${path}.${field}`, `must be specified when patchType is ${patchType}`));
  else {
    const expression = (given.expression ?? '').trim();
    const at = `${path}.${field}.expression`;
    if (expression === '') errors.push(fieldError.required(at));
    else report(expressionError(compiler.compile(expression, applies ? 'apply' : 'patch'), at), errors);
  }
  if (superfluous === undefined) return;
  const message = `must not be specified when patchType is ${patchType}`;
  errors.push(fieldError.invalid(`${path}.${other}`, `{${other}}`, message));
}

/** Served where the feature MutatingAdmissionPolicy is on. */
export const mutatingAdmissionPolicies = builtinResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1alpha1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      integerColumn('Mutations', 'How many mutations it has.'),
      stringColumn('ParamKind', 'The kind of its parameters.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { mutations = [], paramKind } = (object as MutatingAdmissionPolicy).spec ?? {};
      const params = paramKind === undefined ? '<unset>' : `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}`;
      return [object.metadata.name ?? '', mutations.length, params, ageCell(object, now)];
    },
  },
  strategy: {
    generation: 'spec',
    applyDefaults(object) {
      const spec = ((object as MutatingAdmissionPolicy).spec ??= {});
      spec.failurePolicy ??= 'Fail';
      if (spec.matchConstraints !== undefined) defaultMatchResources(spec.matchConstraints);
    },
    validateCreate: (object) => validatePolicy(object, true),
    validateUpdate(object, before) {
      const { paramKind, matchConditions } = (object as MutatingAdmissionPolicy).spec ?? {};
      const old = (before as MutatingAdmissionPolicy).spec ?? {};
      const isSame =
        deepEqual(paramKind as Json, old.paramKind as Json) &&
        deepEqual(matchConditions as Json, old.matchConditions as Json);
      return validatePolicy(object, !isSame, old);
    },
  },
});
