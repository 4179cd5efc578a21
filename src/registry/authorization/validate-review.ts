import { type ApiError, type FieldError, fieldError, goSyntax, invalid } from '../../apimachinery/errors.ts';
import { goString } from '../../apimachinery/go-syntax.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type LabelSelectorExpression, validateRequirement } from '../../apimachinery/validation/label-selector.ts';
import { textField } from '../generic/object-fields.ts';
import type { Target } from '../registry.ts';

/**
 * @throws 422 unless a review asks exactly one question, about somebody where it is not about the caller, with selectors that can be meant, and with no
 * metadata of its own (pkg/apis/authorization/validation).
 */
export function checkReview(target: Target, review: KubeObject, spec: JsonObject): void {
  const { resource, scope } = target.definition;
  const errors = accessSpecErrors(spec, resource.startsWith('self'));
  const { managedFields: _fields, namespace, ...rest } = review.metadata;
  const isLocal = scope === 'Namespaced';
  const metadata = isLocal || namespace === undefined || namespace === '' ? rest : { ...rest, namespace };
  if (Object.values(metadata).some(isSet)) {
    const why = isLocal ? 'must be empty except for namespace' : 'must be empty';
    errors.push(fieldError.invalid('metadata', metadata, why));
  }
  if (isLocal) errors.push(...localErrors(target, spec));
  if (errors.length > 0) throw invalidReview(target, errors);
}

/** @throws 422 unless a spec asks exactly one question, about somebody or (`aboutCaller`) about the caller. */
export function checkAccessSpec(target: Target, spec: JsonObject, aboutCaller: boolean): void {
  const errors = accessSpecErrors(spec, aboutCaller);
  if (errors.length > 0) throw invalidReview(target, errors);
}

function isSet(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function accessSpecErrors(spec: JsonObject, aboutCaller: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes: resource, nonResourceAttributes: other, groups } = spec;
  if (isObject(resource) && isObject(other))
    errors.push(
      nonResourceError(
        'spec.nonResourceAttributes',
        other,
        'cannot be specified in combination with resourceAttributes',
      ),
    );
  if (!isObject(resource) && !isObject(other))
    errors.push(
      fieldError.invalid(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  if (!aboutCaller && textField(spec, 'user') === '' && !(Array.isArray(groups) && groups.length > 0))
    errors.push(fieldError.invalid('spec.user', '', 'at least one of user or group must be specified'));
  if (isObject(resource)) {
    selectorErrors(resource, 'fieldSelector', validateFieldRequirement, errors);
    selectorErrors(
      resource,
      'labelSelector',
      (requirement, path, found) => {
        validateRequirement(requirement, path, found, { unknownOperators: true });
      },
      errors,
    );
  }
  return errors;
}

/** Errors of a LocalSubjectAccessReview: it asks about resources in its own namespace. */
function localErrors(target: Target, spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  if (isObject(resource)) {
    const namespace = textField(resource, 'namespace');
    const path = 'spec.resourceAttributes.namespace';
    if (namespace !== target.namespace)
      errors.push(fieldError.invalid(path, namespace, 'must match metadata.namespace'));
  }
  if (isObject(other))
    errors.push(nonResourceError('spec.nonResourceAttributes', other, 'disallowed on this kind of request'));
  return errors;
}

function nonResourceError(path: string, value: JsonObject, why: string): FieldError {
  const [url, verb] = [goString(textField(value, 'path')), goString(textField(value, 'verb'))];
  return fieldError.invalid(path, goSyntax(`authorization.NonResourceAttributes{Path:${url}, Verb:${verb}}`), why);
}

type RequirementRule = (requirement: LabelSelectorExpression, path: string, errors: FieldError[]) => void;

function selectorErrors(
  resource: JsonObject,
  field: 'fieldSelector' | 'labelSelector',
  rule: RequirementRule,
  errors: FieldError[],
): void {
  const selector = resource[field];
  if (!isObject(selector)) return;
  const path = `spec.resourceAttributes.${field}`;
  const raw = textField(selector, 'rawSelector');
  const requirements = Array.isArray(selector['requirements']) ? selector['requirements'] : [];
  if (raw !== '' && requirements.length > 0)
    errors.push(fieldError.invalid(`${path}.rawSelector`, raw, 'may not specified at the same time as requirements'));
  if (raw === '' && requirements.length === 0) {
    const why = `when ${path} is specified, requirements or rawSelector is required`;
    errors.push(fieldError.required(`${path}.requirements`, why));
  }
  requirements.forEach((requirement, index) =>
    rule(
      isObject(requirement) ? (requirement as LabelSelectorExpression) : {},
      `${path}.requirements[${index}]`,
      errors,
    ),
  );
}

const validateFieldRequirement: RequirementRule = ({ key = '', operator, values = [] }, path, errors) => {
  if (key === '') errors.push(fieldError.required(`${path}.key`, 'must be specified'));
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
    errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    errors.push(fieldError.forbidden(`${path}.values`, why));
  }
};

/** Upstream has lost the kind where it says what is wrong with a review. */
function invalidReview(target: Target, errors: readonly FieldError[]): ApiError {
  return invalid({ group: target.definition.group, kind: '' }, '', errors);
}
