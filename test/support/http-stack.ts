import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdmissionChain } from '../../src/admission/admission.ts';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import type { ResourceDefinition } from '../../src/api/resource-definition.ts';
import { createServiceAccountDiscovery } from '../../src/authentication/service-account/discovery-documents.ts';
import { loadServiceAccountKeys } from '../../src/authentication/service-account/keys.ts';
import { createStaticTokenAuthenticator } from '../../src/authentication/static-token.ts';
import { createClientCertificateAuthenticator } from '../../src/authentication/client-certificate.ts';
import { createBearerTokenAuthenticator } from '../../src/authentication/bearer-token.ts';
import { createUnionAuthenticator } from '../../src/authentication/union.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import type { Config, Limits } from '../../src/config/config.ts';
import { type ApiHandlerOptions, createApiHandler } from '../../src/endpoints/handler.ts';
import { versionInfo } from '../../src/endpoints/version.ts';
import type { ClusterName } from '../../src/logicalcluster/name.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { crdResource } from '../../src/api/apiextensions.k8s.io/v1/types.ts';
import { scaleStorage } from '../../src/registry/autoscaling/scale.ts';
import { createCustomResourceCatalogs } from '../../src/registry/customresources/catalogs.ts';
import { customResourceDefinitionHooks } from '../../src/registry/customresources/hooks.ts';
import { apiServiceResource } from '../../src/api/apiregistration.k8s.io/v1/types.ts';
import { apiServiceHooks } from '../../src/registry/apiregistration/hooks.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { createRegistry } from '../../src/registry/generic/registry.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { type Listener, listen } from '../../src/server/listen.ts';
import { ensurePki, type Pki } from '../../src/server/pki.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import type { Endpoint } from './http.ts';

export const tokens = { admin: 'stack-admin-token', nobody: 'stack-nobody-token' };

export type Stack = {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly listener: Listener;
  readonly pki: Pki;
  readonly admin: Endpoint;
  readonly nobody: Endpoint;
  readonly anonymous: Endpoint;
  /** Lines of the log, parsed. */
  readonly logged: Record<string, unknown>[];
  readonly api: ReturnType<typeof createApiHandler>;
  stop(): Promise<void>;
};

export type StackOptions = {
  readonly port?: number;
  readonly limits?: Partial<Limits>;
  readonly definitions?: readonly ResourceDefinition[];
  readonly store?: ObjectStore;
  readonly api?: Partial<ApiHandlerOptions>;
  readonly wrapRegistry?: (registry: Registry) => Registry;
};

/** The API server from the socket to the in-memory store, in this process: what tests of the HTTP side talk to. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-stack-'));
  const pki = await ensurePki({ dataDir, hosts: ['127.0.0.1'] });
  const config = stackConfig(dataDir, options);
  const store =
    options.store ?? createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: pki.caCert }) });
  const builtIn = createCatalogSource({ definitions: options.definitions ?? builtinDefinitions, resources: ['*'] });
  const catalogs = createCustomResourceCatalogs(store, builtIn);
  const made = createRegistry({
    store,
    catalogs,
    admission: createAdmissionChain([]),
    subresources: { '*/scale': scaleStorage },
    hooks: {
      [crdResource]: customResourceDefinitionHooks(store, builtIn),
      [apiServiceResource]: apiServiceHooks(builtIn),
    },
  });
  const registry = options.wrapRegistry?.(made) ?? made;
  const logged: Record<string, unknown>[] = [];
  const api = createApiHandler({
    store,
    registry,
    catalogs,
    authenticator: createUnionAuthenticator(
      [
        createClientCertificateAuthenticator(() => pki.caCert),
        createBearerTokenAuthenticator([createStaticTokenAuthenticator(knownTokens)]),
      ],
      { anonymous: true },
    ),
    authorizer: createAuthorizer({ store }),
    config,
    log: createLogger('info', { write: (line: string) => void logged.push(JSON.parse(line)) }),
    metrics: createMetrics({ process: false }),
    version: versionInfo('0.0.0-test'),
    serviceAccountDiscovery: createServiceAccountDiscovery({
      externalUrl: config.externalUrl,
      keys: loadServiceAccountKeys([pki.serviceAccountKey]),
    }),
    ...options.api,
  });
  const listener = await listen({
    config,
    tls: { key: pki.serverKey, cert: pki.serverCert, ca: pki.caCert },
    handler: api.handler,
    upgrade: api.upgrade,
  });
  const url = `https://127.0.0.1:${listener.port}`;
  return {
    store,
    registry,
    listener,
    pki,
    admin: { url, ca: pki.caCert, token: tokens.admin },
    nobody: { url, ca: pki.caCert, token: tokens.nobody },
    anonymous: { url, ca: pki.caCert },
    logged,
    api,
    async stop() {
      await Promise.all([api.drain(), listener.close(1000)]);
      if (options.store === undefined) await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const knownTokens = [
  { token: tokens.admin, user: { name: 'admin', uid: '1', groups: ['system:masters'], extra: {} } },
  { token: tokens.nobody, user: { name: 'nobody', uid: '2', groups: [], extra: {} } },
];

/** Makes a logical cluster below another and gives its name. */
export async function makeCluster(store: ObjectStore, parent: string, workspace: string, name: string): Promise<void> {
  const [outcome] = await store.commit([
    {
      op: 'createCluster',
      cluster: {
        name: name as ClusterName,
        parent: parent as ClusterName,
        workspace,
        uid: crypto.randomUUID(),
        createdAt: '2026-01-01T00:00:00Z',
      },
    },
  ]);
  if (outcome?.ok !== true) throw new Error(`no cluster ${name}: ${JSON.stringify(outcome)}`);
}

function stackConfig(dataDir: string, options: StackOptions): Config {
  return {
    listen: { host: '127.0.0.1', port: options.port ?? 0 },
    tls: { minVersion: 'VersionTLS12', cipherSuites: [] },
    pki: {},
    externalUrl: 'https://127.0.0.1:6443',
    migrate: true,
    dataDir,
    roles: ['api'],
    processes: 1,
    resources: ['*'],
    authentication: { bootstrapTokens: false },
    manifestsDir: undefined,
    clusterDefaults: false,
    encryption: { resources: [] },
    audit: { logMaxBytes: 0, logMaxBackups: 0, logMaxAgeMs: 0 },
    serviceRanges: { clusterIps: '10.96.0.0/12', nodePorts: '30000-32767' },
    admissionPlugins: { enabled: [], disabled: [] },
    featureGates: { MutatingAdmissionPolicy: false },
    webhookAddresses: { deny: [], allow: [] },
    logLevel: 'info',
    limits: {
      bodyBytes: 3 * 1024 * 1024,
      headerBytes: 64 * 1024,
      requestTimeoutMs: 60_000,
      cacheBytes: 64 * 1024 * 1024,
      requestsInFlight: 1000,
      watches: 10_000,
      ...options.limits,
    },
    historyRetentionMs: 300_000,
  };
}
