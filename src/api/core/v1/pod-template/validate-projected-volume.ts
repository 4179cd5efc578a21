import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import type { KeyToPath, VolumeProjection } from './types.ts';
import { validateDownwardFile, validateKeyToPath } from './validate-files.ts';
import { validateFilePath } from './validate-paths.ts';

const conflictMessage = 'conflicting duplicate paths';

/** Errors of the sources of a projected volume: each is one kind of source, and no two make the same file. */
export function validateProjectedVolume(
  sources: readonly VolumeProjection[],
  path: string,
  errors: FieldError[],
): void {
  const files = new Set<string>();
  const claim = (file: string | undefined, shown: string): void => {
    if (file === undefined || file === '') return;
    if (files.has(file)) errors.push(fieldError.invalid(path, shown, conflictMessage));
    else files.add(file);
  };
  const keys = (source: { name?: string; items?: KeyToPath[] }, at: string): void => {
    const { name = '', items = [] } = source;
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    items.forEach((item, index) => {
      validateKeyToPath(item, `${at}.items[${index}]`, errors);
      claim(item.path, name);
    });
  };
  sources.forEach((source, index) => {
    const at = `${path}.sources[${index}]`;
    const { secret, configMap, downwardAPI, serviceAccountToken } = source;
    if (secret !== undefined) keys(secret, `${at}.secret`);
    if (configMap !== undefined) keys(configMap, `${at}.configMap`);
    for (const file of downwardAPI?.items ?? []) {
      validateDownwardFile(file, `${at}.downwardAPI`, errors);
      claim(file.path, file.path ?? '');
    }
    if (serviceAccountToken !== undefined) validateToken(serviceAccountToken, path, at, errors);
    const kinds = [secret, configMap, downwardAPI, serviceAccountToken].filter((kind) => kind !== undefined);
    if (kinds.length > 1) {
      errors.push(fieldError.forbidden(at, 'may not specify more than 1 volume type per source'));
    }
  });
}

function validateToken(
  token: { expirationSeconds?: number; path?: string },
  volumePath: string,
  path: string,
  errors: FieldError[],
): void {
  const { expirationSeconds = 0, path: file = '' } = token;
  const at = `${path}.serviceAccountToken.expirationSeconds`;
  if (expirationSeconds < 600) {
    errors.push(fieldError.invalid(at, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  }
  if (expirationSeconds > 2 ** 32) {
    errors.push(fieldError.invalid(at, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  if (file === '') errors.push(fieldError.required(`${volumePath}.path`));
  else validateFilePath(file, `${volumePath}.path`, errors);
}
