import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';

/** The `atoll` command line. Sets process.exitCode; commands are loaded when they are called. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('atoll')
    .description('Thousands of Kubernetes-style control planes on one Postgres')
    .version(version)
    .exitOverride();
  // Each command's options are its own file's; that file is only loaded when the command (or help for it) is asked for.
  const wanted = args.find((argument) => !argument.startsWith('-'));
  for (const [name, [summary, load]] of Object.entries(commands)) {
    const command = program.command(name).description(summary);
    if (name === wanted) (await load()).define(command);
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
      return;
    }
    console.error(`atoll: ${explain(error)}`);
    process.exitCode = 1;
  }
}

/** A command file's one export. */
export type CommandModule = { define(command: Command): void };

const commands: Readonly<Record<string, readonly [string, () => Promise<CommandModule>]>> = {
  start: ['run the server', () => import('./start.ts')],
  migrate: ['bring the schema of a database up to date', () => import('./migrate.ts')],
  'rotate-encryption': ['encrypt what is stored with a new key', () => import('./rotate-encryption.ts')],
  kubeconfig: ['write, list and revoke kubeconfigs for teams', () => import('./kubeconfig.ts')],
  login: ['sign in with OpenID Connect', () => import('./login.ts')],
  'why-denied': ['say why somebody may or may not do something', () => import('./why-denied.ts')],
  demo: ['show the path from a workspace to a physical cluster', () => import('./demo.ts')],
};

/** Errors that a user can act on are one line; anything else is a bug and keeps its stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return userErrors.has(error.name) ? error.message : (error.stack ?? error.message);
}

const userErrors: ReadonlySet<string> = new Set([
  'ConfigError',
  'StartError',
  'HttpFailure',
  'KubeconfigError',
  'LoginError',
  'TransportError',
]);
