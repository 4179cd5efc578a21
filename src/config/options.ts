/** One setting: the same name as a flag (`--listen`), an environment variable (`ATOLL_LISTEN`) and a key of the YAML file (`listen`). */
export type OptionSpec = {
  /** Kebab-case, without dashes in front. */
  readonly name: string;
  readonly placeholder: string;
  readonly description: string;
  /** Text form; undefined: unset. */
  readonly fallback?: string;
  /** Environment variables read beside `ATOLL_…`, after it. */
  readonly alsoEnv?: readonly string[];
};

export const optionSpecs: readonly OptionSpec[] = [
  { name: 'listen', placeholder: 'HOST:PORT', description: 'address to serve HTTPS on', fallback: '127.0.0.1:6443' },
  { name: 'external-url', placeholder: 'URL', description: 'base URL that clients use (default: from --listen)' },
  {
    name: 'tls-cert-file',
    placeholder: 'FILE',
    description: 'serving certificate chain, PEM (default: issued by our own CA)',
  },
  { name: 'tls-private-key-file', placeholder: 'FILE', description: 'key of --tls-cert-file, PEM' },
  {
    name: 'tls-min-version',
    placeholder: 'VERSION',
    description: 'VersionTLS12 or VersionTLS13',
    fallback: 'VersionTLS12',
  },
  {
    name: 'tls-cipher-suites',
    placeholder: 'LIST',
    description:
      'cipher suites of TLS 1.2, by their IANA names (default: all with forward secrecy and authenticated encryption)',
    fallback: '',
  },
  {
    name: 'client-ca-file',
    placeholder: 'FILE',
    description: 'CA bundle that client certificates are verified with (default: our own CA)',
  },
  {
    name: 'ca-cert-file',
    placeholder: 'FILE',
    description: 'our own CA, PEM; servers that share a database share it (default: made in the data directory)',
  },
  { name: 'ca-key-file', placeholder: 'FILE', description: 'key of --ca-cert-file, PEM' },
  {
    name: 'front-proxy-ca-cert-file',
    placeholder: 'FILE',
    description:
      'CA that aggregated API servers know us by, PEM; servers that share a database share it (default: made in the data directory)',
  },
  { name: 'front-proxy-ca-key-file', placeholder: 'FILE', description: 'key of --front-proxy-ca-cert-file, PEM' },
  {
    name: 'service-account-key-file',
    placeholder: 'FILES',
    description:
      'keys of ServiceAccount tokens, PEM: the first signs, further ones (public or private) verify; servers that share a database share them',
  },
  {
    name: 'admin-token-file',
    placeholder: 'FILE',
    description: 'bearer token of the administrator (default: made in the data directory)',
  },
  {
    name: 'database-url',
    placeholder: 'URL',
    description: 'Postgres 15 or newer (default: an embedded one in the data directory)',
    alsoEnv: ['DATABASE_URL'],
  },
  {
    name: 'encryption-key-file',
    placeholder: 'FILE',
    description:
      'keys for encryption at rest, a line each: an id, a colon, 32 bytes in base64; the newest first (default: none)',
  },
  {
    name: 'encrypted-resources',
    placeholder: 'LIST',
    description: 'what is encrypted at rest when there is a key',
    fallback: 'secrets',
  },
  {
    name: 'migrate',
    placeholder: 'BOOL',
    description: 'migrate the schema of --database-url at start',
    fallback: 'false',
  },
  {
    name: 'redis-url',
    placeholder: 'URL',
    description: 'Redis for the sync queue (default: Postgres)',
    alsoEnv: ['REDIS_URL'],
  },
  {
    name: 'data-dir',
    placeholder: 'DIR',
    description: 'embedded database, certificates, admin kubeconfig',
    fallback: './.atoll',
  },
  {
    name: 'roles',
    placeholder: 'LIST',
    description: 'what this server runs: api, controllers, sync',
    fallback: 'api,controllers,sync',
  },
  { name: 'processes', placeholder: 'N', description: 'API processes that share the port (default: one per core)' },
  {
    name: 'resources',
    placeholder: 'LIST',
    description: 'resources to serve (configmaps,deployments.apps,…), * for all',
    fallback: '*',
  },
  {
    name: 'manifests',
    placeholder: 'DIR',
    description:
      'objects to apply at start and when a file changes; one sub-directory per workspace (root, root:team …)',
  },
  {
    name: 'cluster-defaults',
    placeholder: 'BOOL',
    description:
      'show in each logical cluster what a stock cluster shows of itself (Service kubernetes, flow control, …)',
    fallback: 'false',
  },
  {
    name: 'service-cluster-ip-range',
    placeholder: 'CIDR',
    description: 'IPv4 addresses that Services get, in each logical cluster anew',
    fallback: '10.96.0.0/12',
  },
  {
    name: 'service-node-port-range',
    placeholder: 'FROM-TO',
    description: 'node ports that Services get, in each logical cluster anew',
    fallback: '30000-32767',
  },
  {
    name: 'enable-admission-plugins',
    placeholder: 'LIST',
    description: "admission plugins beside those that are on by default (names and defaults are kube-apiserver's)",
    fallback: '',
  },
  {
    name: 'disable-admission-plugins',
    placeholder: 'LIST',
    description: 'admission plugins to leave out',
    fallback: '',
  },
  {
    name: 'feature-gates',
    placeholder: 'LIST',
    description: 'features to turn on or off (default: MutatingAdmissionPolicy=false)',
    fallback: '',
  },
  {
    name: 'webhook-deny-addresses',
    placeholder: 'CIDRS',
    description:
      'where webhooks of logical clusters may not be (default: link-local addresses, and loopback unless --listen is loopback)',
  },
  {
    name: 'webhook-allow-addresses',
    placeholder: 'CIDRS',
    description: 'where they may be though --webhook-deny-addresses covers it',
  },
  {
    name: 'audit-policy-file',
    placeholder: 'FILE',
    description: 'audit policy (audit.k8s.io/v1) that says what is recorded (default: all requests, at level Metadata)',
  },
  {
    name: 'audit-log-path',
    placeholder: 'FILE',
    description: 'file that audit events are appended to, one a line; - for standard output (default: none)',
  },
  {
    name: 'audit-log-maxsize',
    placeholder: 'MEGABYTES',
    description: 'size at which it is put aside; 0: never',
    fallback: '100',
  },
  {
    name: 'audit-log-maxbackup',
    placeholder: 'N',
    description: 'how many files put aside are kept; 0: all',
    fallback: '10',
  },
  {
    name: 'audit-log-maxage',
    placeholder: 'DAYS',
    description: 'how long files put aside are kept; 0: for ever',
    fallback: '0',
  },
  {
    name: 'audit-webhook-config-file',
    placeholder: 'FILE',
    description: 'kubeconfig of the server that audit events are sent to (default: none)',
  },
  {
    name: 'log-level',
    placeholder: 'LEVEL',
    description: 'trace, debug, info, warn, error or silent',
    fallback: 'info',
  },
  { name: 'oidc-issuer-url', placeholder: 'URL', description: 'OpenID Connect issuer whose ID tokens sign users in' },
  { name: 'oidc-client-id', placeholder: 'ID', description: 'audience that ID tokens must have' },
  { name: 'oidc-username-claim', placeholder: 'CLAIM', description: 'claim that is the user name', fallback: 'sub' },
  {
    name: 'oidc-username-prefix',
    placeholder: 'TEXT',
    description:
      'put before user names; "-" for nothing (default: the issuer URL and "#", nothing for the claim email)',
  },
  { name: 'oidc-groups-claim', placeholder: 'CLAIM', description: 'claim that lists the groups' },
  { name: 'oidc-groups-prefix', placeholder: 'TEXT', description: 'put before group names', fallback: '' },
  {
    name: 'oidc-ca-file',
    placeholder: 'FILE',
    description: "CA bundle for the issuer's certificate (default: the system's)",
  },
  {
    name: 'authentication-config',
    placeholder: 'FILE',
    description:
      'AuthenticationConfiguration (apiserver.config.k8s.io) with issuers of tokens, read anew when it changes',
  },
  {
    name: 'anonymous-auth',
    placeholder: 'BOOL',
    description: 'let requests without credentials in as system:anonymous (default: true)',
  },
  {
    name: 'token-auth-file',
    placeholder: 'FILE',
    description: 'CSV of bearer tokens: token, user name, user uid and, quoted, the groups',
  },
  {
    name: 'enable-bootstrap-token-auth',
    placeholder: 'BOOL',
    description:
      'accept the tokens of Secrets of type bootstrap.kubernetes.io/token in kube-system of the logical cluster',
    fallback: 'false',
  },
  {
    name: 'requestheader-client-ca-file',
    placeholder: 'FILE',
    description: 'CA bundle of front proxies, whose word on who asks is taken (default: nobody is believed)',
  },
  {
    name: 'requestheader-allowed-names',
    placeholder: 'LIST',
    description: 'common names that certificates of front proxies may have (default: any)',
    fallback: '',
  },
  {
    name: 'requestheader-username-headers',
    placeholder: 'LIST',
    description: 'headers in which front proxies name the user',
    fallback: 'X-Remote-User',
  },
  {
    name: 'requestheader-uid-headers',
    placeholder: 'LIST',
    description: "headers in which they name the user's uid",
    fallback: 'X-Remote-Uid',
  },
  {
    name: 'requestheader-group-headers',
    placeholder: 'LIST',
    description: "headers in which they name the user's groups",
    fallback: 'X-Remote-Group',
  },
  {
    name: 'requestheader-extra-headers-prefix',
    placeholder: 'LIST',
    description: 'what the headers begin with in which they say more of the user',
    fallback: 'X-Remote-Extra-',
  },
  {
    name: 'authentication-token-webhook-config-file',
    placeholder: 'FILE',
    description: 'kubeconfig of the server that is asked whose a bearer token is (default: none)',
  },
  {
    name: 'authentication-token-webhook-version',
    placeholder: 'VERSION',
    description: 'of the TokenReviews that it gets: v1 or v1beta1',
    fallback: 'v1',
  },
  {
    name: 'authentication-token-webhook-cache-ttl',
    placeholder: 'DURATION',
    description: 'how long its answers are remembered',
    fallback: '2m',
  },
  { name: 'max-request-bytes', placeholder: 'BYTES', description: 'largest request body', fallback: '3145728' },
  { name: 'max-header-bytes', placeholder: 'BYTES', description: 'largest request header block', fallback: '65536' },
  {
    name: 'request-timeout',
    placeholder: 'DURATION',
    description: 'longest time for a request that is not a watch',
    fallback: '60s',
  },
  {
    name: 'cache-bytes',
    placeholder: 'BYTES',
    description: 'memory for collection caches, per process',
    fallback: '134217728',
  },
  {
    name: 'max-requests-inflight',
    placeholder: 'N',
    description: 'requests at once per process, watches aside',
    fallback: '2000',
  },
  { name: 'max-watches', placeholder: 'N', description: 'watches at once per process', fallback: '50000' },
  {
    name: 'history-retention',
    placeholder: 'DURATION',
    description: 'how long the change log is kept',
    fallback: '1h',
  },
];

export function environmentName(name: string): string {
  return `ATOLL_${name.toUpperCase().replaceAll('-', '_')}`;
}
