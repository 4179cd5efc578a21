import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { dns1123Label, dns1123Subdomain } from '../../../apimachinery/validation/names.ts';

const maxDomain = 253;
/** A domain, a slash, a label, a dot and a subdomain. */
const maxSignerName = maxDomain + 1 + 253 + 63 + 1;

/** Errors of a signer's name: `domain/path`, both of DNS names. */
export function validateSignerName(name: string, path: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(fieldError.required(path));
    return;
  }
  const segments = name.split('/');
  const [domain = '', rest = ''] = segments;
  if (segments.length !== 2) {
    const message = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(fieldError.invalid(path, name, message));
    return;
  }
  if (Buffer.byteLength(domain) > maxDomain) errors.push(fieldError.tooLong(path, maxDomain));
  validateFirstBad(domain, dns1123Label, path, errors);
  if (!domain.includes('.')) {
    errors.push(fieldError.invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  }
  validateFirstBad(rest, dns1123Subdomain, path, errors);
  if (Buffer.byteLength(name) > maxSignerName) errors.push(fieldError.tooLong(path, maxSignerName));
}

/** The errors of the first label that has some. */
function validateFirstBad(text: string, rule: (label: string) => string[], path: string, errors: FieldError[]): void {
  for (const label of text.split('.')) {
    const messages = rule(label);
    for (const message of messages) {
      errors.push(fieldError.invalid(path, text, `validating label ${JSON.stringify(label)}: ${message}`));
    }
    if (messages.length > 0) return;
  }
}
