import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import type { DownwardAPIFile, KeyToPath } from './types.ts';
import { validateFieldRef, validateResourceFieldRef, volumeFieldPaths } from './validate-env.ts';
import { validateFilePath } from './validate-paths.ts';

const modeMessage = 'must be a number between 0 and 0777 (octal), both inclusive';

/** Errors of file permissions. */
export function validateMode(mode: number | undefined, path: string, errors: FieldError[]): void {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return;
  errors.push(fieldError.invalid(path, mode, modeMessage));
}

/** Errors of an entry that becomes a file. */
export function validateKeyToPath(item: KeyToPath, path: string, errors: FieldError[]): void {
  const { key = '', path: file = '' } = item;
  if (key === '') errors.push(fieldError.required(`${path}.key`));
  if (file === '') errors.push(fieldError.required(`${path}.path`));
  validateFilePath(file, `${path}.path`, errors);
  validateMode(item.mode, `${path}.mode`, errors);
}

/** Errors of a file that shows a field of the pod. Upstream gives all of them the path of the source. */
export function validateDownwardFile(file: DownwardAPIFile, path: string, errors: FieldError[]): void {
  const { path: name = '', fieldRef, resourceFieldRef } = file;
  if (name === '') errors.push(fieldError.required(`${path}.path`));
  validateFilePath(name, `${path}.path`, errors);
  if (fieldRef !== undefined) {
    validateFieldRef(fieldRef, volumeFieldPaths, `${path}.fieldRef`, errors);
    if (resourceFieldRef !== undefined) {
      const message = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(fieldError.invalid(path, 'resource', message));
    }
  } else if (resourceFieldRef !== undefined) {
    validateResourceFieldRef(resourceFieldRef, true, `${path}.resourceFieldRef`, errors);
  } else {
    errors.push(fieldError.required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  validateMode(file.mode, `${path}.mode`, errors);
}
