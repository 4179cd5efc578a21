import type { Express } from 'express';
import type { AdmissionPlugin } from './admission/admission.ts';
import { openAuditTrail } from './audit/open.ts';
import { createAdmission } from './admission/index.ts';
import { builtinDefinitions } from './api/builtin.ts';
import { gatedDefinitions } from './api/gated.ts';
import { createAggregator } from './aggregation/aggregator.ts';
import type { ClusterDefaultsOptions } from './api/cluster-defaults/cluster-defaults.ts';
import { createDefaultContent } from './api/default-content.ts';
import { describeColumns } from './api/described-columns.ts';
import type { ResourceDefinition } from './api/resource-definition.ts';
import { createGuardedFetch } from './authentication/oidc/guarded-fetch.ts';
import { createServiceAccountDiscovery } from './authentication/service-account/discovery-documents.ts';
import { createServiceAccountTokenIssuer } from './authentication/service-account/issuer.ts';
import { issueLegacyToken } from './authentication/service-account/legacy-tokens.ts';
import { loadServiceAccountKeys } from './authentication/service-account/keys.ts';
import { parseAuthorities } from './authentication/client-certificate.ts';
import { createAuthenticator } from './authentication/union.ts';
import { createAuthorizer } from './authorization/chain.ts';
import { createEscalationCheck } from './authorization/escalation.ts';
import { createLoopbackClient, systemUser } from './client/loopback.ts';
import { createAddressGuard } from './client/webhook/address-guard.ts';
import { createWebhookCaller } from './client/webhook/caller.ts';
import { createStoredServiceResolver } from './client/webhook/stored-services.ts';
import { createFrontProxy } from './client/front-proxy/front-proxy.ts';
import type { Config } from './config/config.ts';
import { startManifests } from './controllers/manifests/manifests.ts';
import { startControllers } from './controllers/start.ts';
import { createApiHandler } from './endpoints/handler.ts';
import { versionInfo } from './endpoints/version.ts';
import { createLogger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { createCatalogSource } from './registry/catalog.ts';
import { createCustomResourceCatalogs } from './registry/customresources/catalogs.ts';
import type { ConnectBackend } from './registry/connect/backend.ts';
import { createConnector } from './registry/connect/connector.ts';
import { createRegistry } from './registry/generic/registry.ts';
import { standardStorages } from './registry/standard.ts';
import { authenticationOptions, openAuthenticationFiles, readKeyFiles } from './server/authentication-files.ts';
import { createDescriptions } from './server/descriptions.ts';
import { listen } from './server/listen.ts';
import { createClusterAuthorities } from './server/pki/cluster-authorities.ts';
import { readRequestSubject } from './server/pki/sign-request.ts';
import { createFrontProxyCertificates } from './server/front-proxy-certificates.ts';
import { sealingOf } from './server/sealing.ts';
import { openTlsFiles } from './server/tls-files.ts';
import { pkiOf, portError, prepare, type Prepared } from './server/prepare.ts';
import { openPostgresStore } from './storage/postgres/store.ts';
import { startSync } from './sync/start.ts';
import { fieldManager as syncFieldManager } from './sync/vocabulary.ts';
import { version } from './version.ts';

/** What an embedding program adds to the server. */
export type Extensions = {
  /** Kinds of its own, beside the built-in ones. */
  readonly definitions?: readonly ResourceDefinition[];
  /** Admission plugins, after the server's own. */
  readonly admission?: readonly AdmissionPlugin[];
  /** Carries logs, exec, attach, port-forward and proxied requests to where pods run. */
  readonly connect?: ConnectBackend;
  /** Middleware before the API. */
  readonly configure?: (app: Express) => void;
};

/** A server that listens. */
export type Serving = {
  readonly url: string;
  /** Drains requests, ends watches, stops the background roles, closes the database connections. */
  stop(): Promise<void>;
};

const drainMs = 15_000;

/** Builds the layers over a prepared database, from the bottom up, and starts the configured roles. @throws StartError */
export async function serve(config: Config, prepared: Prepared, extensions: Extensions = {}): Promise<Serving> {
  const log = createLogger(config.logLevel);
  const metrics = createMetrics();
  const pki = await pkiOf(config);
  const descriptions = createDescriptions();
  const builtIn = createCatalogSource({
    definitions: [
      ...describeColumns([...builtinDefinitions, ...gatedDefinitions(config.featureGates)], descriptions),
      ...(extensions.definitions ?? []),
    ],
    resources: config.resources,
  });
  const store = await openPostgresStore({
    databaseUrl: prepared.databaseUrl,
    defaults: createDefaultContent({
      caCertificatePem: pki.caCert,
      groupVersions: builtIn.groupVersions,
      extensionAuthentication: { clientCaPem: pki.caCert, frontProxyCaPem: pki.frontProxyCaCert },
      ...(config.clusterDefaults ? { clusterDefaults: clusterDefaultsOf(config) } : {}),
    }),
    cacheBytes: config.limits.cacheBytes,
    historyRetentionMs: config.historyRetentionMs,
    sealing: sealingOf(config),
    metrics: metrics.registry,
    log,
  });
  const webhooks = createWebhookCaller({
    services: createStoredServiceResolver(store),
    guard: createAddressGuard(config.webhookAddresses),
  });
  const frontProxyCertificates = createFrontProxyCertificates(pki);
  const frontProxy = createFrontProxy({
    services: createStoredServiceResolver(store),
    guard: createAddressGuard(config.webhookAddresses),
    credentials: async (cluster) => frontProxyCertificates((await store.cluster(cluster))?.uid ?? ''),
  });
  const catalogs = createCustomResourceCatalogs(store, builtIn, webhooks);
  const authorizer = createAuthorizer({ store });
  const serviceAccountKeys = loadServiceAccountKeys([pki.serviceAccountKey], readKeyFiles(config.pki));
  const { externalUrl } = config;
  const tlsFiles = openTlsFiles({ config, pki, checkClientCa: parseAuthorities, log });
  const ownIssuers = [externalUrl, `${externalUrl}/clusters/`];
  const authenticationFiles = openAuthenticationFiles({
    config: config.authentication,
    ownIssuers,
    log,
  });
  const authorities = pki.caKey === undefined ? undefined : createClusterAuthorities(pki.caKey);
  const authenticator = createAuthenticator({
    store,
    externalUrl,
    adminToken: pki.adminToken,
    clientCa: tlsFiles.clientCa,
    ...(authorities === undefined ? {} : { clusterAuthority: authorities.publicKeyOf }),
    serviceAccountKeys,
    ...(config.oidc === undefined ? {} : { oidc: config.oidc }),
    workspaceIssuers: {
      store,
      ownIssuers,
      fetch: createGuardedFetch(createAddressGuard(config.webhookAddresses)),
    },
    ...authenticationOptions({ config, files: authenticationFiles, proxyCa: tlsFiles.proxyCa, log }),
    log,
  });
  const registry = createRegistry({
    store,
    catalogs,
    admission: createAdmission({
      store,
      catalogs,
      authorizer,
      webhooks,
      mutatingPolicies: config.featureGates.MutatingAdmissionPolicy,
      choice: config.admissionPlugins,
      plugins: [createEscalationCheck(authorizer), ...(extensions.admission ?? [])],
    }),
    ...standardStorages({
      store,
      authorizer,
      externalUrl,
      builtIn,
      tokenReviewer: authenticator,
      serviceRanges: config.serviceRanges,
      tokenIssuer: createServiceAccountTokenIssuer({ externalUrl, keys: serviceAccountKeys }),
    }),
  });
  const client = createLoopbackClient({ registry, catalogs, store, user: systemUser });
  const audit = config.roles.includes('api') ? openAuditTrail(config.audit, log) : undefined;
  const background: { stop(): Promise<void> }[] = [];
  let url = externalUrl;
  let stopApi = async (): Promise<void> => {};
  if (config.roles.includes('api')) {
    const api = createApiHandler({
      store,
      registry,
      catalogs,
      authenticator,
      authorizer,
      config,
      log,
      metrics,
      version: versionInfo(version),
      descriptions,
      ...(audit === undefined ? {} : { audit }),
      aggregator: createAggregator({ store, frontProxy }),
      connector: createConnector({
        store,
        ...(extensions.connect === undefined ? {} : { backend: extensions.connect }),
      }),
      serviceAccountDiscovery: createServiceAccountDiscovery({ externalUrl, keys: serviceAccountKeys }),
      ...(extensions.configure === undefined ? {} : { configure: extensions.configure }),
    });
    const listener = await listen({
      config,
      tls: tlsFiles.serving(),
      handler: api.handler,
      upgrade: api.upgrade,
    }).catch(async (error: NodeJS.ErrnoException) => {
      await store.close();
      throw portError(config, error);
    });
    url = `https://${listener.host.includes(':') ? `[${listener.host}]` : listener.host}:${listener.port}`;
    const stopFollowing = [tlsFiles.follow((material) => listener.reload(material)), authenticationFiles.follow()];
    stopApi = async () => {
      for (const stop of stopFollowing) stop();
      api.stopBeingReady();
      await Promise.all([api.drain(), listener.close(drainMs)]);
      await audit?.close();
    };
  }
  if (config.roles.includes('controllers'))
    background.push(
      startControllers({
        store,
        client,
        catalogs,
        frontProxy,
        log,
        caCertificatePem: pki.caCert,
        issueToken: (grant) => issueLegacyToken(serviceAccountKeys, grant),
        ...(authorities === undefined ? {} : { signer: { read: readRequestSubject, sign: authorities.sign } }),
      }),
    );
  if (config.roles.includes('controllers') && config.manifestsDir !== undefined)
    background.push(startManifests({ directory: config.manifestsDir, store, catalogs, client, log }));
  if (config.roles.includes('sync')) {
    const syncClient = createLoopbackClient({
      registry,
      catalogs,
      store,
      user: systemUser,
      fieldManager: syncFieldManager,
    });
    background.push(startSync({ store, client: syncClient, databaseUrl: prepared.databaseUrl, config, log }));
  }
  return {
    url,
    async stop() {
      await stopApi();
      await Promise.all(background.map((role) => role.stop()));
      webhooks.close();
      frontProxy.close();
      await store.close();
    },
  };
}

/** What an embedding program, the demo and tests start: everything in this process. */
export type StartedServer = Serving & {
  readonly adminToken: string;
  readonly caCertificatePem: string;
  readonly adminKubeconfig: string;
};

/** `prepare` and `serve` in one process. @throws StartError */
export async function startServer(config: Config, extensions: Extensions = {}): Promise<StartedServer> {
  const { prepared, stop } = await prepare(config, [
    ...gatedDefinitions(config.featureGates),
    ...(extensions.definitions ?? []),
  ]);
  try {
    const serving = await serve(config, prepared, extensions);
    const pki = await pkiOf(config);
    return {
      url: serving.url,
      adminToken: pki.adminToken,
      caCertificatePem: pki.caCert,
      adminKubeconfig: prepared.adminKubeconfig,
      async stop() {
        await serving.stop();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function clusterDefaultsOf(config: Config): ClusterDefaultsOptions {
  const url = new URL(config.externalUrl);
  return {
    serviceRange: config.serviceRanges.clusterIps,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || '443'),
  };
}
