import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { dns1123Subdomain, portNumber } from '../../../apimachinery/validation/names.ts';

export type WebhookClientConfig = {
  url?: string;
  service?: { namespace?: string; name?: string; path?: string; port?: number };
  caBundle?: string;
};

const form = '; desired format: https://host[/path]';

export function defaultWebhookClient(config: WebhookClientConfig | undefined): void {
  if (config?.service !== undefined) config.service.port ??= 443;
}

/** Errors of where a webhook is (apiserver/pkg/util/webhook). */
export function validateWebhookClient(config: WebhookClientConfig, path: string, errors: FieldError[]): void {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined)) {
    errors.push(fieldError.required(path, 'exactly one of url or service is required'));
  } else if (url !== undefined) validateUrl(url, `${path}.url`, errors);
  else if (service !== undefined) validateService(service, `${path}.service`, errors);
}

/** scheme, authority, query and fragment, as Go's net/url splits them. */
const urlParts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s;

function validateUrl(url: string, path: string, errors: FieldError[]): void {
  const problem = unparsable(url);
  if (problem !== undefined) {
    const message = `url must be a valid URL: parse ${JSON.stringify(url)}: ${problem}${form}`;
    errors.push(fieldError.required(path, message));
    return;
  }
  const [, scheme = '', authority = '', query = '', fragment = ''] = urlParts.exec(url) ?? [];
  const mark = authority.lastIndexOf('@');
  const host = authority.slice(mark + 1);
  const refuse = (value: string, message: string): void => {
    errors.push(fieldError.invalid(path, value, message));
  };
  if (scheme.toLowerCase() !== 'https') refuse(scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`);
  if (host === '') refuse('', `host must be specified${form}`);
  if (mark >= 0) refuse(authority.slice(0, mark), 'user information is not permitted in the URL');
  if (fragment !== '') refuse(fragment, 'fragments are not permitted in the URL');
  if (query !== '') refuse(query, 'query parameters are not permitted in the URL');
}

/** Why Go could not read a URL; undefined when it could. */
function unparsable(url: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- what Go refuses
  if (/[\u0000-\u001f\u007f]/.test(url)) return 'net/url: invalid control character in URL';
  if (url === '') return undefined;
  if (url.startsWith(':')) return 'missing protocol scheme';
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(url);
  return escape === null ? undefined : `invalid URL escape ${JSON.stringify(escape[0])}`;
}

function validateService(
  service: NonNullable<WebhookClientConfig['service']>,
  path: string,
  errors: FieldError[],
): void {
  const { namespace = '', name = '', port = 0, path: url } = service;
  // Upstream passes the two the wrong way round.
  if (namespace === '') errors.push(fieldError.required(`${path}.name`, 'service name is required'));
  if (name === '') errors.push(fieldError.required(`${path}.namespace`, 'service namespace is required'));
  const messages = portNumber(port);
  if (messages.length > 0) {
    errors.push(fieldError.invalid(`${path}.port`, port, `port is not valid: ${messages.join(', ')}`));
  }
  if (url !== undefined && url !== '/' && url !== '') validateUrlPath(url, `${path}.path`, errors);
}

function validateUrlPath(url: string, path: string, errors: FieldError[]): void {
  const refuse = (message: string): void => {
    errors.push(fieldError.invalid(path, url, message));
  };
  if (url === '//') {
    refuse('segment[0] may not be empty');
    return;
  }
  if (!url.startsWith('/')) refuse("must start with a '/'");
  const rest = url.slice(1);
  const steps = (rest.endsWith('/') ? rest.slice(0, -1) : rest).split('/');
  steps.forEach((step, index) => {
    if (step === '') refuse(`segment[${index}] may not be empty`);
    else for (const message of dns1123Subdomain(step)) refuse(`segment[${index}]: ${message}`);
  });
}
