import { type ApiError, forbidden } from '../apimachinery/errors.ts';
import type { AdmissionAttributes } from '../registry/admission.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';

/** The 403 of an admission plugin (upstream's admission.NewForbidden): an object that has no name yet is called by what it will begin with. */
export function refusal(
  { target, name, object }: Pick<AdmissionAttributes, 'target' | 'name' | 'object'>,
  why: string,
): ApiError {
  const called = name || object?.metadata.name || object?.metadata.generateName || 'Unknown';
  return forbidden(factsOf(target.definition).gr, called, why);
}
