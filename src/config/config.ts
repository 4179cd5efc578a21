import type { PluginChoice } from './admission-plugins.ts';
import type { TlsVersion } from './tls-policy.ts';
import type { FeatureGates } from './feature-gates.ts';
import type { WebhookAddresses } from './webhook-addresses.ts';

/** The whole configuration, validated and frozen. Built from flags, ATOLL_ environment variables and a YAML file; no other module reads process.env. */
export type Config = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TlsConfig;
  /** Files in place of keys that are made in the data directory. */
  readonly pki: {
    readonly caCertFile?: string;
    readonly caKeyFile?: string;
    readonly frontProxyCaCertFile?: string;
    readonly frontProxyCaKeyFile?: string;
    readonly serviceAccountKeyFile?: string;
    /** Keys whose ServiceAccount tokens are taken, too: public or private. */
    readonly serviceAccountVerificationFiles?: readonly string[];
    readonly adminTokenFile?: string;
  };
  /** Base URL clients use, without a trailing slash. */
  readonly externalUrl: string;
  /** Undefined: embedded Postgres under dataDir. */
  readonly databaseUrl?: string;
  /** Migrate an external database at start; the embedded one always is. */
  readonly migrate: boolean;
  /** What is encrypted at rest; nothing without a key file. */
  readonly encryption: { readonly keyFile?: string; readonly resources: readonly string[] };
  /** Redis for BullMQ; Postgres otherwise. */
  readonly redisUrl?: string;
  readonly dataDir: string;
  readonly roles: readonly ('api' | 'controllers' | 'sync')[];
  readonly processes: number;
  /** `deployments.apps` … or ['*']. */
  readonly resources: readonly string[];
  /** Where cluster addresses and node ports of Services come from, in each logical cluster anew. */
  /** Directory of objects to apply; one sub-directory per workspace. */
  readonly manifestsDir: string | undefined;
  /** Whether logical clusters show the Service `kubernetes` and what else a stock cluster shows of itself. */
  readonly clusterDefaults: boolean;
  readonly serviceRanges: { readonly clusterIps: string; readonly nodePorts: string };
  /** `--enable-admission-plugins`, `--disable-admission-plugins`. */
  readonly admissionPlugins: PluginChoice;
  readonly featureGates: FeatureGates;
  /** Where webhooks of logical clusters may be. */
  readonly webhookAddresses: WebhookAddresses;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly audit: AuditConfig;
  readonly oidc?: OidcConfig;
  readonly authentication: AuthenticationConfig;
  readonly limits: Limits;
  /** How long the change log is kept. */
  readonly historyRetentionMs: number;
};

export type TlsConfig = {
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly clientCaFile?: string;
  readonly minVersion: TlsVersion;
  /** IANA names; empty: all that are sound. */
  readonly cipherSuites: readonly string[];
};

export type AuditConfig = {
  readonly policyFile?: string;
  /** '-' is standard output. */
  readonly logPath?: string;
  readonly logMaxBytes: number;
  readonly logMaxBackups: number;
  readonly logMaxAgeMs: number;
  readonly webhookConfigFile?: string;
};

export type OidcConfig = {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  /** '-' means none; the default is `<issuer>#` unless the claim is email. */
  readonly usernamePrefix: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
  readonly caFile?: string;
};

/** Ways to sign in beside certificates, ServiceAccounts and OpenID Connect. */
export type AuthenticationConfig = {
  /** AuthenticationConfiguration (apiserver.config.k8s.io). */
  readonly configFile?: string;
  /** Undefined: not said, which means yes unless `configFile` says otherwise. */
  readonly anonymous?: boolean;
  readonly tokenFile?: string;
  readonly bootstrapTokens: boolean;
  readonly requestHeader?: RequestHeaderConfig;
  readonly tokenWebhook?: {
    readonly configFile: string;
    readonly version: 'v1' | 'v1beta1';
    readonly cacheMs: number;
  };
};

/** Header names in lower case. */
export type RequestHeaderConfig = {
  readonly clientCaFile: string;
  /** Empty: any. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
};

export type Limits = {
  /** Bytes of a request body; 3 MiB. */
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly requestTimeoutMs: number;
  /** Bytes that collection caches may hold in one process. */
  readonly cacheBytes: number;
  /** Requests in flight in one process, watches not counted. */
  readonly requestsInFlight: number;
  readonly watches: number;
};
