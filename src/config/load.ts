import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { type PluginChoice, pluginChoiceError } from './admission-plugins.ts';
import { parseAuthentication } from './authentication.ts';
import type { Config, OidcConfig } from './config.ts';
import { parseFeatureGates } from './feature-gates.ts';
import { environmentName, optionSpecs } from './options.ts';
import { cipherSuiteNames, tlsVersionNames } from './tls-policy.ts';
import {
  ConfigError,
  parseBoolean,
  parseChoice,
  parseChoices,
  parseCount,
  parseDuration,
  parseList,
} from './values.ts';
import { cidrError, defaultDenied } from './webhook-addresses.ts';

export { ConfigError } from './values.ts';

type Sources = {
  /** Flags by option name. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: string;
};

/** Merges flags, environment, file and defaults (in this order of precedence) into one frozen Config. Throws ConfigError. */
export function loadConfig(sources: Sources): Config {
  const read = reader(sources);
  const listen = parseListen(read('listen') ?? '');
  const databaseUrl = read('database-url');
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new ConfigError('--database-url: must start with postgres:// or postgresql://');
  }
  const certFile = read('tls-cert-file');
  const keyFile = read('tls-private-key-file');
  const [serviceAccountKeyFile, ...serviceAccountVerificationFiles] = parseList(read('service-account-key-file') ?? '');
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigError('--tls-cert-file and --tls-private-key-file: give both or neither');
  }
  return Object.freeze({
    listen,
    externalUrl: parseExternalUrl(read('external-url'), listen),
    tls: Object.freeze({
      certFile,
      keyFile,
      clientCaFile: read('client-ca-file'),
      minVersion: parseChoice('tls-min-version', read('tls-min-version') ?? '', tlsVersionNames),
      cipherSuites: parseList(read('tls-cipher-suites') ?? '').map((name) =>
        parseChoice('tls-cipher-suites', name, cipherSuiteNames),
      ),
    }),
    pki: Object.freeze({
      caCertFile: read('ca-cert-file'),
      caKeyFile: read('ca-key-file'),
      frontProxyCaCertFile: read('front-proxy-ca-cert-file'),
      frontProxyCaKeyFile: read('front-proxy-ca-key-file'),
      serviceAccountKeyFile,
      serviceAccountVerificationFiles: Object.freeze(serviceAccountVerificationFiles),
      adminTokenFile: read('admin-token-file'),
    }),
    databaseUrl,
    migrate: parseBoolean('migrate', read('migrate') ?? 'false'),
    encryption: Object.freeze({
      keyFile: read('encryption-key-file'),
      resources: parseList(read('encrypted-resources') ?? ''),
    }),
    redisUrl: read('redis-url'),
    dataDir: resolve(read('data-dir') ?? './.atoll'),
    roles: parseChoices('roles', read('roles') ?? '', ['api', 'controllers', 'sync'] as const),
    processes: parseCount('processes', read('processes') ?? String(availableParallelism()), 1, 1024),
    resources: parseList(read('resources') ?? '*'),
    manifestsDir: read('manifests') === undefined ? undefined : resolve(read('manifests') ?? ''),
    clusterDefaults: parseBoolean('cluster-defaults', read('cluster-defaults') ?? 'false'),
    serviceRanges: Object.freeze({
      clusterIps: parseIpRange(read('service-cluster-ip-range') ?? ''),
      nodePorts: parsePortRange(read('service-node-port-range') ?? ''),
    }),
    admissionPlugins: parsePlugins(read),
    featureGates: parseFeatureGates('feature-gates', read('feature-gates') ?? ''),
    webhookAddresses: Object.freeze({
      deny: parseRanges('webhook-deny-addresses', read('webhook-deny-addresses')) ?? defaultDenied(listen.host),
      allow: parseRanges('webhook-allow-addresses', read('webhook-allow-addresses')) ?? [],
    }),
    logLevel: parseChoice('log-level', read('log-level') ?? 'info', [
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'silent',
    ] as const),
    audit: Object.freeze({
      policyFile: read('audit-policy-file'),
      logPath: read('audit-log-path'),
      logMaxBytes: parseCount('audit-log-maxsize', read('audit-log-maxsize') ?? '', 0, 1 << 20) * (1 << 20),
      logMaxBackups: parseCount('audit-log-maxbackup', read('audit-log-maxbackup') ?? '', 0, 1 << 20),
      logMaxAgeMs: parseCount('audit-log-maxage', read('audit-log-maxage') ?? '', 0, 100_000) * 86_400_000,
      webhookConfigFile: read('audit-webhook-config-file'),
    }),
    oidc: parseOidc(read),
    authentication: parseAuthentication(read),
    limits: Object.freeze({
      bodyBytes: parseCount('max-request-bytes', read('max-request-bytes') ?? '', 1024, 64 << 20),
      headerBytes: parseCount('max-header-bytes', read('max-header-bytes') ?? '', 4096, 1 << 20),
      requestTimeoutMs: parseDuration('request-timeout', read('request-timeout') ?? ''),
      cacheBytes: parseCount('cache-bytes', read('cache-bytes') ?? '', 0, Number.MAX_SAFE_INTEGER),
      requestsInFlight: parseCount('max-requests-inflight', read('max-requests-inflight') ?? '', 1, 1_000_000),
      watches: parseCount('max-watches', read('max-watches') ?? '', 1, 10_000_000),
    }),
    historyRetentionMs: parseDuration('history-retention', read('history-retention') ?? ''),
  });
}

function reader(sources: Sources): (name: string) => string | undefined {
  const file = sources.file === undefined ? {} : readFile(sources.file);
  return (name) => {
    const spec = optionSpecs.find((candidate) => candidate.name === name);
    const fromEnv = [environmentName(name), ...(spec?.alsoEnv ?? [])]
      .map((key) => sources.env[key])
      .find((value) => value !== undefined && value !== '');
    return sources.flags[name] ?? fromEnv ?? file[name] ?? spec?.fallback;
  };
}

function readFile(path: string): Record<string, string> {
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`--config: cannot read ${path}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (document === null || document === undefined) return {};
  if (typeof document !== 'object' || Array.isArray(document))
    throw new ConfigError(`--config: ${path} must hold a map of settings`);
  const settings: Record<string, string> = {};
  for (const [key, value] of Object.entries(document)) {
    if (!optionSpecs.some((spec) => spec.name === key))
      throw new ConfigError(`--config: ${path}: unknown setting "${key}"`);
    if (typeof value === 'object' && !Array.isArray(value))
      throw new ConfigError(`--config: ${path}: "${key}" must be a plain value or a list`);
    settings[key] = Array.isArray(value) ? value.join(',') : String(value);
  }
  return settings;
}

function parseListen(text: string): Config['listen'] {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new ConfigError(`--listen: "${text}" is not HOST:PORT`);
  return Object.freeze({ host: match[1] ?? (match[2] === '' ? '0.0.0.0' : (match[2] ?? '')), port });
}

function parseExternalUrl(text: string | undefined, listen: Config['listen']): string {
  if (text === undefined) {
    const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : listen.host;
    return `https://${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(`--external-url: "${text}" is not an https URL`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function parseOidc(read: (name: string) => string | undefined): OidcConfig | undefined {
  const issuerUrl = read('oidc-issuer-url');
  const clientId = read('oidc-client-id');
  if (issuerUrl === undefined && clientId === undefined) return undefined;
  if (issuerUrl === undefined || clientId === undefined)
    throw new ConfigError('--oidc-issuer-url and --oidc-client-id: give both or neither');
  if (!URL.canParse(issuerUrl) || new URL(issuerUrl).protocol !== 'https:')
    throw new ConfigError('--oidc-issuer-url: must be an https URL');
  const usernameClaim = read('oidc-username-claim') ?? 'sub';
  return Object.freeze({
    issuerUrl,
    clientId,
    usernameClaim,
    usernamePrefix: read('oidc-username-prefix') ?? (usernameClaim === 'email' ? '-' : `${issuerUrl}#`),
    groupsClaim: read('oidc-groups-claim'),
    groupsPrefix: read('oidc-groups-prefix') ?? '',
    caFile: read('oidc-ca-file'),
  });
}

function parsePlugins(read: (name: string) => string | undefined): PluginChoice {
  const enabled = parseList(read('enable-admission-plugins') ?? '');
  const disabled = parseList(read('disable-admission-plugins') ?? '');
  const error = pluginChoiceError({ enabled, disabled });
  if (error !== undefined) throw new ConfigError(`--${error}`);
  return Object.freeze({ enabled, disabled });
}

function parseIpRange(text: string): string {
  const [address = '', length = ''] = text.split('/');
  const bits = Number(length);
  const parts = address.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  const value = parts.reduce((sum, part) => sum * 256 + Number(part), 0);
  const isAligned = /^\d{1,2}$/.test(length) && bits >= 8 && bits <= 30 && value % 2 ** (32 - bits) === 0;
  if (!isAddress || !isAligned)
    throw new ConfigError(
      `--service-cluster-ip-range: "${text}" is not an IPv4 range from /8 to /30 such as 10.96.0.0/12`,
    );
  return text;
}

function parseRanges(name: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const ranges = parseList(text);
  for (const range of ranges) {
    const error = cidrError(range);
    if (error !== undefined) throw new ConfigError(`--${name}: ${error}`);
  }
  return ranges;
}

function parsePortRange(text: string): string {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || first < 1 || last > 65535 || first > last)
    throw new ConfigError(`--service-node-port-range: "${text}" is not a range of ports such as 30000-32767`);
  return text;
}
