import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ObjectKey } from './object-store.ts';

/**
 * Turns texts into what is stored, and back. A text is bound to its key: moved to another place of the database, it does not open. Another one may ask a
 * key management service for its keys at start and rotation; sealing itself never waits.
 */
export interface Sealing {
  /** The keys that it opens with, the one that it seals with first; empty: it seals nothing. */
  readonly keyIds: readonly string[];
  /** The text to store; the same text when nothing of that resource is to be sealed. */
  seal(key: ObjectKey, text: string): string;
  /** The text behind a stored one. @throws SealError when its key is not known or it was tampered with */
  open(key: ObjectKey, stored: string): string;
}

/** A stored text that cannot be opened, or keys that cannot be used; the message is for whoever runs the server. */
export class SealError extends Error {
  override readonly name = 'StartError';
}

/** AES-256 keys by their ids; new texts are sealed with the first. */
export type SealingKeys = readonly { readonly id: string; readonly key: Uint8Array }[];

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** No object begins like this: their first field is `kind`. */
const sealedPrefix = '{"sealed":';
const sealedForm = /^\{"sealed":"([A-Za-z0-9_.-]{1,64})","data":"([A-Za-z0-9+/=]+)"\}$/;

/** Leaves everything as it is; opens nothing. */
export const noSealing: Sealing = {
  keyIds: [],
  seal: (_key, text) => text,
  open(_key, stored) {
    if (!isSealed(stored)) return stored;
    throw new SealError('the object is encrypted, and no keys are configured (--encryption-key-file)');
  },
};

export function isSealed(stored: string): boolean {
  return stored.startsWith(sealedPrefix);
}

/** The id of the key that a stored text was sealed with; undefined for plain ones. */
export function sealedWith(stored: string): string | undefined {
  return isSealed(stored) ? sealedForm.exec(stored)?.[1] : undefined;
}

/** Seals the texts of some resources with AES-256-GCM, a random nonce each. Plain texts from before stay readable. */
export function createSealing(keys: SealingKeys, resources: ReadonlySet<string>): Sealing {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const [newest] = keys;
  if (newest === undefined) throw new SealError('there is no encryption key');
  return {
    keyIds: [...byId.keys()],
    seal(key, text) {
      if (!resources.has(key.resource) || isSealed(text)) return text;
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', newest.key, nonce).setAAD(boundTo(key));
      const data = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${sealedPrefix}"${newest.id}","data":"${data.toString('base64')}"}`;
    },
    open(key, stored) {
      if (!isSealed(stored)) return stored;
      const [, id = '', encoded = ''] = sealedForm.exec(stored) ?? [];
      const secret = byId.get(id);
      if (secret === undefined) throw new SealError(`the encryption key ${JSON.stringify(id)} is not configured`);
      const data = Buffer.from(encoded, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', secret, data.subarray(0, nonceBytes))
        .setAAD(boundTo(key))
        .setAuthTag(data.subarray(-tagBytes));
      try {
        return decipher.update(data.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch (error) {
        throw new SealError('a stored object was changed or moved outside of the server', { cause: error });
      }
    },
  };
}

function boundTo({ cluster, resource, namespace, name }: ObjectKey): Buffer {
  return Buffer.from(JSON.stringify([cluster, resource, namespace, name]));
}

/**
 * Reads a key file: one key a line, `id:base64 of 32 bytes`, the newest first; empty lines and lines that begin with # count for nothing.
 * @throws SealError that names the line
 */
export function parseKeyFile(text: string): SealingKeys {
  const keys: { id: string; key: Uint8Array }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, id = '', encoded = ''] = /^([A-Za-z0-9_.-]{1,64}):([A-Za-z0-9+/]+=*)$/.exec(trimmed) ?? [];
    const key = Buffer.from(encoded, 'base64');
    if (id === '' || key.length !== keyBytes)
      throw new SealError(`line ${index + 1}: must be an id, a colon and ${keyBytes} bytes in base64`);
    if (keys.some((known) => known.id === id)) throw new SealError(`line ${index + 1}: the id ${id} is there twice`);
    keys.push({ id, key });
  }
  if (keys.length === 0) throw new SealError('there is no key in it');
  return keys;
}
