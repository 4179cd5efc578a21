import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { createSealing, noSealing, parseKeyFile, type Sealing } from '../storage/sealing.ts';
import { StartError } from './prepare.ts';

/** Encryption at rest as configured. @throws StartError when the key file cannot be used */
export function sealingOf({ encryption }: Pick<Config, 'encryption'>): Sealing {
  const { keyFile, resources } = encryption;
  if (keyFile === undefined) return noSealing;
  try {
    return createSealing(parseKeyFile(readFileSync(keyFile, 'utf8')), new Set(resources));
  } catch (error) {
    throw new StartError(`--encryption-key-file: ${keyFile}: ${(error as Error).message}`);
  }
}
