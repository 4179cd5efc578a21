import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { Crd } from './types.ts';

/** What is wrong with a new definition (apiextensions' ValidateCustomResourceDefinition). */
export function validateCrd(crd: Crd): FieldError[] {
  const { group = '', names = {} } = crd.spec ?? {};
  const wanted = `${names.plural ?? ''}.${group}`;
  if (crd.metadata.name === wanted) return [];
  return [fieldError.invalid('metadata.name', crd.metadata.name ?? '', `must be spec.names.plural+"."+spec.group`)];
}

export function validateCrdUpdate(crd: Crd, _old: Crd): FieldError[] {
  return validateCrd(crd);
}
