import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, gzip } from 'node:zlib';
import { combineCrc32 } from './crc32.ts';

const compress = promisify<Uint8Array | string, object, Buffer>(gzip);
const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw);

/** Compresses off the main thread, fast rather than small (the stock server uses level 1 as well). */
export function gzipBody(body: Uint8Array | string): Promise<Buffer> {
  return compress(body, { level: constants.Z_BEST_SPEED });
}

/** The compressed end of a body whose beginning changes from answer to answer. */
export type PackedTail = { readonly deflated: Buffer; readonly crc: number; readonly length: number };

export async function deflateTail(tail: Uint8Array): Promise<PackedTail> {
  const deflated = await deflate(tail, { level: constants.Z_BEST_SPEED });
  return { deflated, crc: crc32(tail), length: tail.length };
}

const maxStoredBlock = 65_535;
const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff]);

/**
 * The gzip file of `head` followed by a tail compressed before, in parts: the head becomes a stored deflate block, which ends on a byte boundary, so
 * the tail's blocks can follow unchanged; the two checksums are combined (RFC 1951, 1952). `head` must be shorter than 64 KiB.
 */
export function composeGzip(head: Uint8Array, tail: PackedTail): readonly Buffer[] {
  if (head.length > maxStoredBlock) throw new RangeError('the head of a compressed body is too long');
  const start = Buffer.allocUnsafe(gzipHeader.length + 5 + head.length);
  let at = gzipHeader.copy(start);
  at = start.writeUInt8(0, at);
  at = start.writeUInt16LE(head.length, at);
  at = start.writeUInt16LE(~head.length & 0xffff, at);
  start.set(head, at);
  const end = Buffer.allocUnsafe(8);
  end.writeUInt32LE(combineCrc32(crc32(head), tail.crc, tail.length), 0);
  end.writeUInt32LE((head.length + tail.length) >>> 0, 4);
  return [start, tail.deflated, end];
}
