import type { AuthenticationConfig, RequestHeaderConfig } from './config.ts';
import { ConfigError, parseBoolean, parseChoice, parseDuration, parseList } from './values.ts';

type Read = (name: string) => string | undefined;

/** The settings of authentication that have kube-apiserver's names. Throws ConfigError. */
export function parseAuthentication(read: Read): AuthenticationConfig {
  const configFile = read('authentication-config');
  if (configFile !== undefined && read('oidc-issuer-url') !== undefined)
    throw new ConfigError('authentication-config file and oidc-* flags are mutually exclusive');
  const anonymous = read('anonymous-auth');
  const webhookFile = read('authentication-token-webhook-config-file');
  return Object.freeze({
    configFile,
    anonymous: anonymous === undefined ? undefined : parseBoolean('anonymous-auth', anonymous),
    tokenFile: read('token-auth-file'),
    bootstrapTokens: parseBoolean('enable-bootstrap-token-auth', read('enable-bootstrap-token-auth') ?? 'false'),
    requestHeader: parseRequestHeader(read),
    tokenWebhook:
      webhookFile === undefined
        ? undefined
        : Object.freeze({
            configFile: webhookFile,
            version: parseChoice(
              'authentication-token-webhook-version',
              read('authentication-token-webhook-version') ?? '',
              ['v1', 'v1beta1'],
            ),
            cacheMs: parseDuration(
              'authentication-token-webhook-cache-ttl',
              read('authentication-token-webhook-cache-ttl') ?? '',
            ),
          }),
  });
}

function parseRequestHeader(read: Read): RequestHeaderConfig | undefined {
  const clientCaFile = read('requestheader-client-ca-file');
  if (clientCaFile === undefined) return undefined;
  const list = (name: string): readonly string[] => parseList(read(name) ?? '');
  const headers = (name: string): readonly string[] => list(name).map((header) => headerName(name, header));
  const usernameHeaders = headers('requestheader-username-headers');
  if (usernameHeaders.length === 0) throw new ConfigError('--requestheader-username-headers: name at least one header');
  return Object.freeze({
    clientCaFile,
    allowedNames: list('requestheader-allowed-names'),
    usernameHeaders,
    uidHeaders: headers('requestheader-uid-headers'),
    groupHeaders: headers('requestheader-group-headers'),
    extraHeaderPrefixes: headers('requestheader-extra-headers-prefix'),
  });
}

/** In lower case, as Node names headers. */
function headerName(option: string, text: string): string {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text)) throw new ConfigError(`--${option}: "${text}" is no header name`);
  const name = text.toLowerCase();
  if (name === 'authorization' || name === 'host' || name === 'cookie' || name.startsWith('impersonate-'))
    throw new ConfigError(`--${option}: "${text}" means something else`);
  return name;
}
