import type { Command } from 'commander';
import { prepare, StartError } from '../server/prepare.ts';
import { sealingOf } from '../server/sealing.ts';
import { resealObjects } from '../storage/postgres/reseal.ts';
import { addConfigFlags, configFromCommand } from './config-flags.ts';

/**
 * `atoll rotate-encryption`: encrypts what is stored with the first key of --encryption-key-file. All servers must have been started with that key
 * first. With the embedded database, the server must be stopped.
 */
export function define(command: Command): void {
  addConfigFlags(command);
  command.action(async () => {
    const config = configFromCommand(command);
    if (config.encryption.keyFile === undefined) throw new StartError('give --encryption-key-file');
    const sealing = sealingOf(config);
    const { prepared, stop } = await prepare({ ...config, roles: ['controllers'] });
    try {
      const { objects, stillNeeded } = await resealObjects(prepared.databaseUrl, sealing, config.encryption.resources);
      console.log(`${objects} objects were encrypted anew with the key ${sealing.keyIds[0]}`);
      if (stillNeeded.length > 0)
        console.log(
          `the change log still needs these keys (--history-retention); keep them, and run this again later: ${stillNeeded.join(', ')}`,
        );
    } finally {
      await stop();
    }
  });
}
