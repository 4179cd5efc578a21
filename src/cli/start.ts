import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { prepare, type Prepared } from '../server/prepare.ts';
import { returnIdleMemory } from '../server/idle-memory.ts';
import { isWorker, runWorker, WorkerPool } from '../server/processes.ts';
import { addConfigFlags, configFromCommand } from './config-flags.ts';
import { version } from '../version.ts';

const drainMs = 20_000;

/** Signals closer together are one wish: npm passes on the Ctrl-C that the terminal has already sent to its whole process group. */
const sameWishMs = 1000;

/** `atoll start`: runs until SIGINT or SIGTERM, then drains. */
export function define(command: Command): void {
  addConfigFlags(command);
  command.action(async () => {
    returnIdleMemory();
    if (!isWorker()) return start(configFromCommand(command));
    // Loaded before the assignment comes: the parent prepares the database meanwhile.
    const { serve } = await import('../main.ts').catch((error: unknown) => {
      // The parent waits for as long as this process is connected to it.
      process.disconnect?.();
      throw error;
    });
    runWorker((assignment) => {
      const { config, prepared } = assignment as Assignment;
      return serve(config, prepared);
    });
  });
}

/** What a worker process needs of its parent; plain JSON. */
type Assignment = { readonly config: Config; readonly prepared: Prepared };

async function start(config: Config): Promise<void> {
  const began = performance.now();
  const ended = signalled();
  const processes = config.roles.includes('api') ? config.processes : 1;
  const serving = processes === 1 ? await serveHere(config) : await serveInWorkers(config, processes);
  greet(config, serving.prepared, performance.now() - began);
  console.log(`\n${await ended}: draining`);
  await serving.stop();
  console.log('stopped');
  process.exit(0);
}

type Running = { readonly prepared: Prepared; stop(): Promise<void> };

async function serveHere(config: Config): Promise<Running> {
  const { serve } = await import('../main.ts');
  const { prepared, stop } = await prepare(config);
  try {
    const serving = await serve(config, prepared);
    return { prepared, stop: () => serving.stop().then(() => stop()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first process runs every role; the others serve the API. */
async function serveInWorkers(config: Config, count: number): Promise<Running> {
  const pool = new WorkerPool({ count, log: (text) => console.error(`atoll: ${text}`), drainMs });
  let stopDatabase = async (): Promise<void> => {};
  try {
    const { prepared, stop } = await prepare(config);
    stopDatabase = stop;
    const apiOnly: Config = { ...config, roles: config.roles.filter((role) => role === 'api') };
    await pool.begin((index): Assignment => ({ config: index === 0 ? config : apiOnly, prepared }));
    return { prepared, stop: () => pool.stop().then(() => stop()) };
  } catch (error) {
    await pool.stop();
    await stopDatabase();
    throw error;
  }
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        first ??= performance.now();
        resolve(signal);
        // The second Ctrl-C of an impatient user ends the drain.
        if (performance.now() - first > sameWishMs) process.exit(130);
      });
    }
  });
}

function greet(config: Config, prepared: Prepared, ms: number): void {
  const database = config.databaseUrl === undefined ? `embedded Postgres in ${config.dataDir}` : 'your Postgres';
  console.log(`Atoll ${version} is ready at ${config.externalUrl} (${database}, processes: ${config.processes}, ${(ms / 1000).toFixed(1)} s)

  export KUBECONFIG=${prepared.adminKubeconfig}
  kubectl get namespaces
  kubectl create configmap hello --from-literal=from=atoll
`);
}
