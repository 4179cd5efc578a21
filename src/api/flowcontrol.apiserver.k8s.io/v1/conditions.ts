import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

/** Errors of the conditions in a status: each has a type of its own. */
export function validateConditionTypes(object: KubeObject): FieldError[] {
  const { status } = object as KubeObject & { status?: { conditions?: { type?: string }[] } };
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  status?.conditions?.forEach(({ type = '' }, index) => {
    const path = `status.conditions[${index}].type`;
    if (seen.has(type)) errors.push(fieldError.duplicate(path, type));
    seen.add(type);
    if (type === '') errors.push(fieldError.required(path, 'must not be empty'));
  });
  return errors;
}

/** Upstream keeps all of the old metadata here, but who owns which field. */
export function keepAllMetadata(object: KubeObject, old: KubeObject): void {
  const { managedFields, resourceVersion } = object.metadata;
  const { managedFields: _fields, resourceVersion: _revision, ...metadata } = old.metadata;
  object.metadata = {
    ...metadata,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
}
