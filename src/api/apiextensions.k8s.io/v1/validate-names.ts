import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { dns1035Label } from '../../../apimachinery/validation/names.ts';
import type { CrdNames } from './types.ts';

/** What is wrong with the names of a kind, those that are there. */
export function validateNames(names: CrdNames, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const label = (value: string, field: string) => {
    const problems = value === '' ? [] : dns1035Label(value);
    if (problems.length > 0) errors.push(fieldError.invalid(`${path}.${field}`, value, problems.join(',')));
  };
  const mixedCase = (value: string, field: string) => {
    const problems = value === '' ? [] : dns1035Label(value.toLowerCase());
    if (problems.length === 0) return;
    const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    errors.push(fieldError.invalid(`${path}.${field}`, value, detail));
  };
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  label(plural, 'plural');
  label(singular, 'singular');
  mixedCase(kind, 'kind');
  mixedCase(listKind, 'listKind');
  const each = (list: readonly string[], field: string) =>
    list.forEach((name, i) => {
      const problems = dns1035Label(name);
      if (problems.length > 0) errors.push(fieldError.invalid(`${path}.${field}[${i}]`, name, problems.join(',')));
    });
  each(shortNames, 'shortNames');
  if (kind !== '' && kind === listKind)
    errors.push(fieldError.invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same'));
  each(categories, 'categories');
  return errors;
}
