import { X509Certificate } from 'node:crypto';
import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import type { JwtIssuer } from './jwt-authenticator.ts';

const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Errors of an issuer, as k8s.io/apiserver/pkg/apis/apiserver/validation words them. */
export function validateIssuer(issuer: JwtIssuer, disallowed: readonly string[], path: string): FieldError[] {
  const { url = '', discoveryURL = '', certificateAuthority = '' } = issuer;
  const errors: FieldError[] = [];
  if (url === '') errors.push(fieldError.required(`${path}.url`, 'URL is required'));
  else validateUrl(url, disallowed, `${path}.url`, errors);
  if (discoveryURL !== '') {
    const at = `${path}.discoveryURL`;
    if (url !== '' && withoutSlashes(url) === withoutSlashes(discoveryURL))
      errors.push(fieldError.invalid(at, discoveryURL, 'discoveryURL must be different from URL'));
    validateUrl(discoveryURL, [], at, errors);
  }
  validateAudiences(issuer, path, errors);
  if (certificateAuthority !== '') {
    const why = bundleError(certificateAuthority);
    if (why !== undefined) errors.push(fieldError.invalid(`${path}.certificateAuthority`, '<omitted>', why));
  }
  return errors;
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}

function validateUrl(text: string, disallowed: readonly string[], path: string, errors: FieldError[]): void {
  const refuse = (why: string): void => void errors.push(fieldError.invalid(path, text, why));
  if (disallowed.some((issuer) => text === issuer || (issuer.endsWith('/') && text.startsWith(issuer))))
    refuse(`URL must not overlap with disallowed issuers: [${disallowed.toSorted().join(' ')}]`);
  if (!URL.canParse(text)) {
    // Go takes most texts for relative URLs, which have no scheme.
    refuse('URL scheme must be https');
    return;
  }
  const url = new URL(text);
  if (url.protocol !== 'https:') refuse('URL scheme must be https');
  if (url.username !== '' || url.password !== '') refuse('URL must not contain a username or password');
  if (url.search !== '') refuse('URL must not contain a query');
  if (url.hash !== '') refuse('URL must not contain a fragment');
}

function validateAudiences(issuer: JwtIssuer, path: string, errors: FieldError[]): void {
  const { audiences = [], audienceMatchPolicy = '' } = issuer;
  const at = `${path}.audiences`;
  if (audiences.length === 0) {
    errors.push(fieldError.required(at, `at least one ${at} is required`));
    return;
  }
  const seen = new Set<string>();
  for (const [index, audience] of audiences.entries()) {
    if (audience === '') errors.push(fieldError.required(`${at}[${index}]`, "audience can't be empty"));
    if (seen.has(audience)) errors.push(fieldError.duplicate(`${at}[${index}]`, audience));
    seen.add(audience);
  }
  const refusePolicy = (why: string): void =>
    void errors.push(fieldError.invalid(`${path}.audienceMatchPolicy`, audienceMatchPolicy, why));
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny')
    refusePolicy('audienceMatchPolicy must be MatchAny for multiple audiences');
  if (audiences.length === 1 && audienceMatchPolicy !== '' && audienceMatchPolicy !== 'MatchAny')
    refusePolicy('audienceMatchPolicy must be empty or MatchAny for single audience');
}

function bundleError(pem: string): string | undefined {
  const blocks = pem.match(pemBlock) ?? [];
  if (blocks.length === 0) return 'data does not contain any valid RSA or ECDSA certificates';
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return 'data does not contain any valid RSA or ECDSA certificates';
  }
}
