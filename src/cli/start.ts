import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { prepare, type Prepared, serve, type Serving } from '../main.ts';
import { runWorker, startWorkers, workerAssignment } from '../server/processes.ts';
import { addConfigFlags, configFromCommand } from './config-flags.ts';
import { version } from '../version.ts';

const drainMs = 20_000;

/** `atoll start`: runs until SIGINT or SIGTERM, then drains. */
export function define(command: Command): void {
  addConfigFlags(command);
  command.action(async () => {
    const assignment = workerAssignment(process.env) as Assignment | undefined;
    if (assignment !== undefined) return runWorker(() => serve(assignment.config, assignment.prepared));
    await start(configFromCommand(command));
  });
}

/** What a worker process needs of its parent; plain JSON. */
type Assignment = { readonly config: Config; readonly prepared: Prepared };

async function start(config: Config): Promise<void> {
  const began = performance.now();
  const ended = signalled();
  const { prepared, stop: stopDatabase } = await prepare(config);
  let serving: Serving | { stop(): Promise<void> };
  try {
    serving = config.processes === 1 ? await serve(config, prepared) : await startProcesses(config, prepared);
  } catch (error) {
    await stopDatabase();
    throw error;
  }
  greet(config, prepared, performance.now() - began);
  console.log(`\n${await ended}: draining`);
  await serving.stop();
  await stopDatabase();
  console.log('stopped');
  process.exit(0);
}

/** The first process runs every role; the others serve the API. */
function startProcesses(config: Config, prepared: Prepared): Promise<{ stop(): Promise<void> }> {
  const apiOnly: Config = { ...config, roles: config.roles.filter((role) => role === 'api') };
  return startWorkers({
    count: config.roles.includes('api') ? config.processes : 1,
    assignment: (index): Assignment => ({ config: index === 0 ? config : apiOnly, prepared }),
    log: (text) => console.error(`atoll: ${text}`),
    drainMs,
  });
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    let count = 0;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        count++;
        resolve(signal);
        // The second Ctrl-C of an impatient user ends the drain.
        if (count > 1) process.exit(130);
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
