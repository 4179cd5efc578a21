import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { builtinDefinitions } from '../api/builtin.ts';
import type { ResourceDefinition } from '../api/resource-definition.ts';
import { formatGroupResource } from '../apimachinery/object.ts';
import type { Config } from '../config/config.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { startEmbeddedPostgres } from '../pg/embedded.ts';
import { checkSchema, migrate, UnfitDatabase } from '../storage/postgres/migrate.ts';
import { ensurePki, type Pki, writeKubeconfig } from './pki.ts';

/** The server cannot start for a reason that the user can mend; the message is one clear line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What has to exist once before any process serves: a migrated database, keys, the admin's kubeconfig. Plain JSON. */
export type Prepared = { readonly databaseUrl: string; readonly adminKubeconfig: string };

/**
 * Makes sure that `serve` can work: port free, keys present, database running and migrated. `stop` ends the embedded database, if there is one.
 * @throws StartError
 */
export async function prepare(
  config: Config,
  definitions: readonly ResourceDefinition[] = [],
): Promise<{ prepared: Prepared; stop: () => Promise<void> }> {
  checkResources(config, definitions);
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

/** The installation's keys, as the configuration places them. @throws StartError */
export function pkiOf(config: Config): Promise<Pki> {
  return ensurePki({
    dataDir: config.dataDir,
    hosts: [config.listen.host, new URL(config.externalUrl).hostname],
    files: config.pki,
  }).catch((error: Error) => {
    throw new StartError(error.message, { cause: error });
  });
}

/** What a kubeconfig must trust: our CA, or the given serving certificate's own chain. @throws StartError unless that certificate and its key work */
async function servedCa(config: Config, caCert: string): Promise<string> {
  const { certFile, keyFile } = config.tls;
  if (certFile === undefined || keyFile === undefined) return caCert;
  const cert = await settingFile('--tls-cert-file', certFile);
  const key = await settingFile('--tls-private-key-file', keyFile);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new StartError(`--tls-cert-file and --tls-private-key-file cannot be used: ${(error as Error).message}`);
  }
  return `${cert}\n${caCert}`;
}

function settingFile(flag: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new StartError(`${flag}: ${error.message}`);
  });
}

function checkResources(config: Config, definitions: readonly ResourceDefinition[]): void {
  const known = new Set([...builtinDefinitions, ...definitions].map(formatGroupResource));
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

/** Says why a port cannot be had, where that is known. */
export function portError(config: Config, error: NodeJS.ErrnoException): Error {
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

/**
 * Makes sure that the database can be used and has this version's schema; migrates it only if allowed to.
 * @throws StartError
 */
export async function readySchema(databaseUrl: string, mayMigrate: boolean): Promise<void> {
  const address = `${new URL(databaseUrl).host}${new URL(databaseUrl).pathname}`;
  let state: Awaited<ReturnType<typeof checkSchema>>;
  try {
    state = await checkSchema(databaseUrl);
  } catch (error) {
    if (error instanceof UnfitDatabase)
      throw new StartError(`cannot use the database at ${address}: ${error.message}`, { cause: error });
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
