import type { Command } from 'commander';
import { readySchema, StartError } from '../server/prepare.ts';
import { addConfigFlags, configFromCommand } from './config-flags.ts';

/** `atoll migrate`: brings the schema of --database-url up to date; safe to run twice and from several machines at once. */
export function define(command: Command): void {
  addConfigFlags(command);
  command.action(async () => {
    const { databaseUrl } = configFromCommand(command);
    if (databaseUrl === undefined)
      throw new StartError('give --database-url (or DATABASE_URL); the embedded database is migrated at start');
    await readySchema(databaseUrl, true);
    console.log('the schema is up to date');
  });
}
