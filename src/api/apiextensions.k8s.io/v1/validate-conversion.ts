import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { isObject } from '../../../apimachinery/json.ts';
import { dns1035Label } from '../../../apimachinery/validation/names.ts';
import { caBundleProblem } from './ca-bundle.ts';
import type { CrdConversion } from './types.ts';

/**
 * What is wrong with how versions are converted. Upstream's names of fields are those of its internal type. `allowInvalidBundle`: certificates that cannot be used keep a
 * definition from being established, but may be stored.
 */
export function validateConversion(conversion: CrdConversion, path: string, allowInvalidBundle: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { strategy = '', webhook } = conversion;
  if (strategy === '') errors.push(fieldError.required(`${path}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook')
    errors.push(fieldError.notSupported(`${path}.strategy`, strategy, ['None', 'Webhook']));
  const client = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  const clientPath = `${path}.webhookClientConfig`;
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (client !== undefined) errors.push(fieldError.forbidden(clientPath, detail));
    if (versions.length > 0) errors.push(fieldError.forbidden(`${path}.conversionReviewVersions`, detail));
    return errors;
  }
  if (client === undefined) errors.push(fieldError.required(clientPath, 'required when strategy is set to Webhook'));
  else {
    const url = client['url'];
    const service = client['service'];
    if ((url === undefined) === (service === undefined))
      errors.push(fieldError.required(clientPath, 'exactly one of url or service is required'));
    else if (typeof url === 'string') errors.push(...validateUrl(url, `${clientPath}.url`));
    else if (isObject(service)) {
      // Upstream confuses the two.
      if ((service['namespace'] ?? '') === '')
        errors.push(fieldError.required(`${clientPath}.service.name`, 'service name is required'));
      if ((service['name'] ?? '') === '')
        errors.push(fieldError.required(`${clientPath}.service.namespace`, 'service namespace is required'));
    }
  }
  const problem = allowInvalidBundle ? undefined : caBundleProblem(conversion);
  if (problem !== undefined) {
    const bundle = client?.['caBundle'];
    const bytes = [...Buffer.from(typeof bundle === 'string' ? bundle : '', 'base64')].map(
      (byte) => `0x${byte.toString(16)}`,
    );
    errors.push(fieldError.invalid(`${clientPath}.caBundle`, goSyntax(`[]byte{${bytes.join(', ')}}`), problem));
  }
  validateReviewVersions(versions, `${path}.conversionReviewVersions`, errors);
  return errors;
}

function validateUrl(text: string, path: string): FieldError[] {
  const form = 'desired format: https://host[/path]';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [fieldError.required(path, `url must be a valid URL: ${form}`)];
  }
  const errors: FieldError[] = [];
  if (url.protocol !== 'https:')
    errors.push(fieldError.invalid(path, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme; ${form}`));
  if (url.host === '') errors.push(fieldError.invalid(path, url.host, `host must be specified; ${form}`));
  if (url.username !== '' || url.password !== '')
    errors.push(fieldError.invalid(path, url.username, `user information is not permitted in the URL; ${form}`));
  return errors;
}

function validateReviewVersions(versions: readonly string[], path: string, errors: FieldError[]): void {
  if (versions.length === 0) {
    errors.push(fieldError.required(path));
    return;
  }
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(fieldError.invalid(`${path}[${i}]`, version, 'duplicate version'));
    else
      for (const problem of dns1035Label(version)) errors.push(fieldError.invalid(`${path}[${i}]`, version, problem));
  });
  if (!versions.some((version) => version === 'v1' || version === 'v1beta1')) {
    const shown = goSyntax(`[]string{${versions.map((each) => JSON.stringify(each)).join(', ')}}`);
    errors.push(fieldError.invalid(path, shown, 'must include at least one of v1, v1beta1'));
  }
}
