import { createHash } from 'node:crypto';

/** kcp's short form of a shard's name in annotations: the first 8 base-36 digits of its SHA-224. */
export function shardHash(shard: string): string {
  return BigInt(`0x${createHash('sha224').update(shard).digest('hex')}`)
    .toString(36)
    .slice(0, 8);
}
