import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Express } from 'express';
import type { AdmissionPlugin } from './admission/admission.ts';
import { createAdmission } from './admission/index.ts';
import { builtinDefinitions } from './api/builtin.ts';
import { createDefaultContent } from './api/default-content.ts';
import type { ResourceDefinition } from './api/resource-definition.ts';
import { formatGroupResource } from './apimachinery/object.ts';
import { createServiceAccountDiscovery } from './authentication/service-account/discovery-documents.ts';
import { createServiceAccountTokenIssuer } from './authentication/service-account/issuer.ts';
import { loadServiceAccountKeys } from './authentication/service-account/keys.ts';
import { createAuthenticator } from './authentication/union.ts';
import { createAuthorizer } from './authorization/chain.ts';
import { createEscalationCheck } from './authorization/escalation.ts';
import { createLoopbackClient, systemUser } from './client/loopback.ts';
import type { Config } from './config/config.ts';
import { startControllers } from './controllers/start.ts';
import { createApiHandler } from './endpoints/handler.ts';
import { versionInfo } from './endpoints/version.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { startEmbeddedPostgres } from './pg/embedded.ts';
import { createCatalogSource } from './registry/catalog.ts';
import { createRegistry } from './registry/generic/registry.ts';
import { standardStorages } from './registry/standard.ts';
import { listen } from './server/listen.ts';
import { ensurePki, writeKubeconfig } from './server/pki.ts';
import { checkSchema, migrate } from './storage/postgres/migrate.ts';
import { openPostgresStore } from './storage/postgres/store.ts';
import { startSync } from './sync/start.ts';
import { version } from './version.ts';

/** The server cannot start for a reason that the user can mend; the message is one clear line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What has to exist once before any process serves: a migrated database, keys, the admin's kubeconfig. Plain JSON. */
export type Prepared = { readonly databaseUrl: string; readonly adminKubeconfig: string };

/** What an embedding program adds to the server. */
export type Extensions = {
  /** Kinds of its own, beside the built-in ones. */
  readonly definitions?: readonly ResourceDefinition[];
  /** Admission plugins, after the server's own. */
  readonly admission?: readonly AdmissionPlugin[];
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

/**
 * Makes sure that `serve` can work: port free, keys present, database running and migrated. `stop` ends the embedded database, if there is one.
 * @throws StartError
 */
export async function prepare(
  config: Config,
  extensions: Extensions = {},
): Promise<{ prepared: Prepared; stop: () => Promise<void> }> {
  checkResources(config, extensions);
  if (config.roles.includes('api')) await checkPort(config);
  await mkdir(config.dataDir, { recursive: true }).catch((error: Error) => {
    throw new StartError(`cannot use the data directory ${config.dataDir}: ${error.message}`);
  });
  const pki = await pkiOf(config);
  const adminKubeconfig = join(config.dataDir, 'admin.kubeconfig');
  await writeKubeconfig({
    file: adminKubeconfig,
    server: config.externalUrl,
    caCertificatePem: await servedCa(config, pki.caCert),
    token: pki.adminToken,
    contextName: 'atoll',
  });
  const database =
    config.databaseUrl === undefined ? await embedded(config) : { url: config.databaseUrl, stop: async () => {} };
  try {
    await readySchema(database.url, config.databaseUrl === undefined || config.migrate);
  } catch (error) {
    await database.stop();
    throw error;
  }
  return { prepared: { databaseUrl: database.url, adminKubeconfig }, stop: () => database.stop() };
}

/** Builds the layers over a prepared database, from the bottom up, and starts the configured roles. @throws StartError */
export async function serve(config: Config, prepared: Prepared, extensions: Extensions = {}): Promise<Serving> {
  const log = createLogger(config.logLevel);
  const metrics = createMetrics();
  const pki = await pkiOf(config);
  const store = await openPostgresStore({
    databaseUrl: prepared.databaseUrl,
    defaults: createDefaultContent({ caCertificatePem: pki.caCert }),
    cacheBytes: config.limits.cacheBytes,
    historyRetentionMs: config.historyRetentionMs,
    log,
  });
  const catalogs = createCatalogSource({
    definitions: [...builtinDefinitions, ...(extensions.definitions ?? [])],
    resources: config.resources,
  });
  const authorizer = createAuthorizer({ store });
  const serviceAccountKeys = loadServiceAccountKeys([pki.serviceAccountKey]);
  const { externalUrl } = config;
  const registry = createRegistry({
    store,
    catalogs,
    admission: createAdmission({
      store,
      plugins: [createEscalationCheck(authorizer), ...(extensions.admission ?? [])],
    }),
    ...standardStorages({
      store,
      authorizer,
      externalUrl,
      tokenIssuer: createServiceAccountTokenIssuer({ externalUrl, keys: serviceAccountKeys }),
    }),
  });
  const client = createLoopbackClient({ registry, catalogs, store, user: systemUser });
  const background: { stop(): Promise<void> }[] = [];
  let url = externalUrl;
  let stopApi = async (): Promise<void> => {};
  if (config.roles.includes('api')) {
    const api = createApiHandler({
      store,
      registry,
      catalogs,
      authenticator: createAuthenticator({
        store,
        externalUrl,
        adminToken: pki.adminToken,
        clientCaPem:
          config.tls.clientCaFile === undefined ? pki.caCert : await readFile(config.tls.clientCaFile, 'utf8'),
        serviceAccountKeys,
        ...(config.oidc === undefined ? {} : { oidc: config.oidc }),
        log,
      }),
      authorizer,
      config,
      log,
      metrics,
      version: versionInfo(version),
      serviceAccountDiscovery: createServiceAccountDiscovery({ externalUrl, keys: serviceAccountKeys }),
      ...(extensions.configure === undefined ? {} : { configure: extensions.configure }),
    });
    const listener = await listen({
      config,
      tls: await tlsMaterial(config, pki),
      handler: api.handler,
      upgrade: api.upgrade,
    }).catch(async (error: NodeJS.ErrnoException) => {
      await store.close();
      throw portError(config, error);
    });
    url = `https://${listener.host.includes(':') ? `[${listener.host}]` : listener.host}:${listener.port}`;
    stopApi = async () => {
      api.stopBeingReady();
      await Promise.all([api.drain(), listener.close(drainMs)]);
    };
  }
  if (config.roles.includes('controllers'))
    background.push(startControllers({ store, client, catalogs, log, caCertificatePem: pki.caCert }));
  if (config.roles.includes('sync'))
    background.push(startSync({ store, client, databaseUrl: prepared.databaseUrl, config, log }));
  return {
    url,
    async stop() {
      await stopApi();
      await Promise.all(background.map((role) => role.stop()));
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
  const { prepared, stop } = await prepare(config, extensions);
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

type Pki = Awaited<ReturnType<typeof ensurePki>>;

function pkiOf(config: Config): Promise<Pki> {
  return ensurePki({
    dataDir: config.dataDir,
    hosts: [config.listen.host, new URL(config.externalUrl).hostname],
    files: config.pki,
  }).catch((error: Error) => {
    throw new StartError(error.message, { cause: error });
  });
}

async function tlsMaterial(config: Config, pki: Pki): Promise<{ key: string; cert: string; ca: string }> {
  const { certFile, keyFile } = config.tls;
  if (certFile === undefined || keyFile === undefined)
    return { key: pki.serverKey, cert: pki.serverCert, ca: pki.caCert };
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8'), ca: pki.caCert };
}

/** What a kubeconfig must trust: our CA, or the given serving certificate's own chain. */
async function servedCa(config: Config, caCert: string): Promise<string> {
  if (config.tls.certFile === undefined) return caCert;
  try {
    return `${await readFile(config.tls.certFile, 'utf8')}\n${caCert}`;
  } catch (error) {
    throw new StartError(`--tls-cert-file: ${(error as Error).message}`);
  }
}

function checkResources(config: Config, extensions: Extensions): void {
  const known = new Set([...builtinDefinitions, ...(extensions.definitions ?? [])].map(formatGroupResource));
  const unknown = config.resources.filter((resource) => resource !== '*' && !known.has(resource));
  if (unknown.length > 0) throw new StartError(`--resources: no such resource: ${unknown.join(', ')}`);
}

/** Fails early: before a database is started, and for workers, whose parent listens for them. */
function checkPort(config: Config): Promise<void> {
  if (config.listen.port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(portError(config, error)));
    probe.listen(config.listen.port, config.listen.host, () => probe.close(() => resolve()));
  });
}

function portError(config: Config, error: NodeJS.ErrnoException): Error {
  const address = `${config.listen.host}:${config.listen.port}`;
  if (error.code === 'EADDRINUSE') return new StartError(`${address} is already in use: choose another --listen`);
  if (error.code === 'EACCES') return new StartError(`may not listen on ${address}: choose another --listen`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new StartError(`cannot listen on ${address}: ${error.message}`);
  return error;
}

async function embedded(config: Config): Promise<{ url: string; stop(): Promise<void> }> {
  const log: Logger = createLogger(config.logLevel);
  try {
    return await startEmbeddedPostgres({
      dataDir: config.dataDir,
      log: (text: string) => log.debug({ postgres: text }),
    });
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function readySchema(databaseUrl: string, mayMigrate: boolean): Promise<void> {
  const address = `${new URL(databaseUrl).host}${new URL(databaseUrl).pathname}`;
  let state: Awaited<ReturnType<typeof checkSchema>>;
  try {
    state = await checkSchema(databaseUrl);
  } catch (error) {
    throw new StartError(`cannot reach the database at ${address}: ${(error as Error).message}`, { cause: error });
  }
  if (state === 'ahead') throw new StartError(`the database at ${address} is newer than this server: update Atoll`);
  if (state === 'current') return;
  if (!mayMigrate)
    throw new StartError(
      `the database at ${address} is not migrated to this version: run "npm run migrate" (or start with --migrate true)`,
    );
  await migrate(databaseUrl);
}
