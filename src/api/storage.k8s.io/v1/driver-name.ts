import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { dns1123Subdomain, longerThan } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

const maxLength = 63;

/** Errors of the name that a CSI driver goes by: a DNS subdomain but for its case. */
export function validateDriverName(name: string, path: string, errors: FieldError[]): void {
  if (name === '') errors.push(fieldError.required(path));
  if (longerThan(name, maxLength)) errors.push(fieldError.tooLong(path, maxLength));
  invalidEach(path, name, dns1123Subdomain(name.toLowerCase()), errors);
}
