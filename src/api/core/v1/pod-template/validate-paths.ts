import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';

/** A path must not climb out of where it starts. */
export function validateNoBacksteps(value: string, path: string, errors: FieldError[]): void {
  if (value.split('/').includes('..')) errors.push(fieldError.invalid(path, value, "must not contain '..'"));
}

export function validateRelativePath(value: string, path: string, errors: FieldError[]): void {
  if (value.startsWith('/')) errors.push(fieldError.invalid(path, value, 'must be a relative path'));
  validateNoBacksteps(value, path, errors);
}

/** A file name inside a volume; names that begin with two dots are the kubelet's. */
export function validateFilePath(value: string, path: string, errors: FieldError[]): void {
  validateRelativePath(value, path, errors);
  if (value.startsWith('..') && !value.startsWith('../')) {
    errors.push(fieldError.invalid(path, value, "must not start with '..'"));
  }
}
