import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { expressionError, PolicyCompiler } from '../expressions/compile.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { type ConditionObject, validateConditions } from '../../../apimachinery/validation/conditions.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';
import { keepMetadataForStatus } from '../../metadata-for-status.ts';
import { type ParamKind, report, validateParamKind, validateVariables } from './policy-parts.ts';
import { type MatchCondition, validateMatchConditions } from './match-conditions.ts';
import { defaultMatchResources, failurePolicies, type MatchResources, validateMatchResources } from './rules.ts';

type Validation = { expression?: string; message?: string; messageExpression?: string; reason?: string };
type AuditAnnotation = { key?: string; valueExpression?: string };
type PolicySpec = {
  paramKind?: ParamKind;
  matchConstraints?: MatchResources;
  validations?: Validation[];
  failurePolicy?: string;
  auditAnnotations?: AuditAnnotation[];
  matchConditions?: MatchCondition[];
  variables?: { name?: string; expression?: string }[];
};
type ValidatingAdmissionPolicy = KubeObject & {
  spec?: PolicySpec;
  status?: {
    typeChecking?: { expressionWarnings?: { fieldRef?: string; warning?: string }[] };
    conditions?: ConditionObject[];
  };
};

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const maxAuditAnnotations = 20;
const maxExpressionBytes = 5 * 1024;

/** Expressions of a policy that was accepted before may use what new ones may not yet. */
function acceptedBefore({ spec = {} }: ValidatingAdmissionPolicy): ReadonlySet<string> {
  const texts = [
    ...(spec.validations ?? []).flatMap(({ expression, messageExpression }) => [expression, messageExpression]),
    ...(spec.auditAnnotations ?? []).map(({ valueExpression }) => valueExpression),
    ...(spec.variables ?? []).map(({ expression }) => expression),
  ];
  return new Set(texts.filter((text) => text !== undefined));
}

/** Errors of a policy, and of what its expressions say. */
function validatePolicy(object: KubeObject, checksConditions: boolean, old?: ValidatingAdmissionPolicy): FieldError[] {
  const { spec = {}, metadata } = object as ValidatingAdmissionPolicy;
  const { failurePolicy = '', paramKind, matchConstraints, validations = [], auditAnnotations = [] } = spec;
  const errors: FieldError[] = [];
  if (!failurePolicies.includes(failurePolicy)) {
    errors.push(fieldError.notSupported('spec.failurePolicy', failurePolicy, failurePolicies));
  }
  if (paramKind !== undefined) validateParamKind(paramKind, 'spec.paramKind', errors);
  const path = 'spec.matchConstraints';
  if (matchConstraints === undefined) errors.push(fieldError.required(path));
  else {
    validateMatchResources(matchConstraints, path, errors);
    if ((matchConstraints.resourceRules ?? []).length === 0) {
      errors.push(fieldError.required(`${path}.resourceRules`));
    }
  }
  const params = paramKind !== undefined;
  if (checksConditions) {
    const context = { params, accepted: old?.spec?.matchConditions ?? [] };
    validateMatchConditions(spec.matchConditions ?? [], context, 'spec.matchConditions', errors);
  }
  const accepted = acceptedBefore(old ?? { ...object, spec: {} });
  const compiler = new PolicyCompiler({ params, accepted: (expression) => accepted.has(expression) });
  validateVariables(spec.variables ?? [], compiler, errors);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const message = 'validations or auditAnnotations must contain at least one item';
    errors.push(fieldError.required('spec.validations', message));
    errors.push(fieldError.required('spec.auditAnnotations', message));
    return errors;
  }
  validations.forEach((validation, index) =>
    validateValidation(validation, compiler, `spec.validations[${index}]`, errors),
  );
  validateAuditAnnotations(auditAnnotations, metadata.name ?? '', compiler, errors);
  return errors;
}

function validateValidation(
  validation: Validation,
  compiler: PolicyCompiler,
  path: string,
  errors: FieldError[],
): void {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  if (expression.trim() === '') {
    errors.push(fieldError.required(`${path}.expression`, 'expression is not specified'));
  } else report(expressionError(compiler.compile(expression, 'condition'), `${path}.expression`), errors);
  if (messageExpression !== '' && messageExpression.trim() === '') {
    const why = 'must be non-empty if specified';
    errors.push(fieldError.invalid(`${path}.messageExpression`, messageExpression, why));
  } else if (messageExpression !== '') {
    report(expressionError(compiler.compile(messageExpression, 'message'), `${path}.messageExpression`), errors);
  }
  if (message !== '' && message.trim() === '') {
    errors.push(fieldError.invalid(`${path}.message`, message, 'message must be non-empty if specified'));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(fieldError.invalid(`${path}.message`, message, 'message must not contain line breaks'));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    errors.push(fieldError.notSupported(`${path}.reason`, reason, reasons));
  }
}

function validateAuditAnnotations(
  annotations: readonly AuditAnnotation[],
  name: string,
  compiler: PolicyCompiler,
  errors: FieldError[],
): void {
  const path = 'spec.auditAnnotations';
  if (annotations.length > maxAuditAnnotations) {
    const message = `must not have more than ${maxAuditAnnotations} auditAnnotations`;
    errors.push(fieldError.invalid(path, annotations, message));
  }
  const keys = new Set<string>();
  annotations.forEach(({ key = '', valueExpression = '' }, index) => {
    const at = `${path}[${index}]`;
    if (name === '') errors.push(fieldError.invalid(`${at}.key`, key, 'requires metadata.name be non-empty'));
    else invalidEach(`${at}.key`, `${name}/${key}`, qualifiedName(`${name}/${key}`), errors);
    const expression = valueExpression.trim();
    const where = `${at}.valueExpression`;
    if (expression === '') errors.push(fieldError.required(where, 'valueExpression is not specified'));
    else if (Buffer.byteLength(expression) > maxExpressionBytes) {
      errors.push(fieldError.required(where, `must not exceed ${maxExpressionBytes} bytes in length`));
    } else report(expressionError(compiler.compile(expression, 'annotation'), where, valueExpression), errors);
    if (keys.has(key)) errors.push(fieldError.duplicate(`${at}.key`, key));
    keys.add(key);
  });
}

function validateStatus(object: KubeObject): FieldError[] {
  const { typeChecking, conditions = [] } = (object as ValidatingAdmissionPolicy).status ?? {};
  const errors: FieldError[] = [];
  typeChecking?.expressionWarnings?.forEach(({ fieldRef = '', warning = '' }, index) => {
    const path = `status.typeChecking.expressionWarnings[${index}]`;
    if (warning === '') errors.push(fieldError.required(`${path}.warning`));
    if (fieldRef.trim() === '') errors.push(fieldError.required(`${path}.fieldRef`));
  });
  return [...errors, ...validateConditions(conditions, 'status.conditions')];
}

export const validatingAdmissionPolicies = builtinResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      integerColumn('Validations', 'How many validations it has.'),
      stringColumn('ParamKind', 'The kind of its parameters.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { validations = [], paramKind } = (object as ValidatingAdmissionPolicy).spec ?? {};
      const params = paramKind === undefined ? '<unset>' : `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}`;
      return [object.metadata.name ?? '', validations.length, params, ageCell(object, now)];
    },
  },
  strategy: {
    generation: 'spec',
    applyDefaults(object) {
      const spec = ((object as ValidatingAdmissionPolicy).spec ??= {});
      spec.failurePolicy ??= 'Fail';
      if (spec.matchConstraints !== undefined) defaultMatchResources(spec.matchConstraints);
    },
    prepareForCreate(object) {
      object['status'] = {};
    },
    validateCreate: (object) => validatePolicy(object, true),
    validateUpdate(object, before) {
      const { paramKind, matchConditions } = (object as ValidatingAdmissionPolicy).spec ?? {};
      const old = (before as ValidatingAdmissionPolicy).spec ?? {};
      const isSame =
        deepEqual(paramKind as Json, old.paramKind as Json) &&
        deepEqual(matchConditions as Json, old.matchConditions as Json);
      return validatePolicy(object, !isSame, before as ValidatingAdmissionPolicy);
    },
  },
  status: {
    resetFields: ['spec', 'metadata'],
    prepareForUpdate: keepMetadataForStatus,
    validateUpdate: validateStatus,
  },
});
