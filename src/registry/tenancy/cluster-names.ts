import { randomBytes } from 'node:crypto';
import type { ClusterName } from '../../logicalcluster/name.ts';

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
const nameLength = 16;
/** Bytes from here on would make the first letters likelier. */
const fairBytes = 256 - (256 % alphabet.length);

/** A new logical cluster's name: 16 random base-36 characters (83 bits), as kcp's. */
export function newClusterName(): ClusterName {
  let name = '';
  while (name.length < nameLength)
    for (const byte of randomBytes(nameLength + 4))
      if (byte < fairBytes && name.length < nameLength) name += alphabet[byte % alphabet.length];
  return name as ClusterName;
}
