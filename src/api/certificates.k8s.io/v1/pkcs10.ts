import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { firstPemBlock } from './pem.ts';

/** One DER value: its tag, the value itself, and the value with tag and length. */
type Der = { readonly tag: number; readonly value: Buffer; readonly whole: Buffer };

const sequence = 0x30;
const bitString = 0x03;
const objectIdentifier = 0x06;
const malformed = 'asn1: syntax error: data truncated';

/** The DER values that stand one after the other; undefined when the bytes are none. */
function derValues(bytes: Buffer): Der[] | undefined {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0x80;
    let start = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || start + count > bytes.length) return undefined;
      length = bytes.readUIntBE(start, count);
      start += count;
    }
    const end = start + length;
    if (end > bytes.length) return undefined;
    values.push({ tag, value: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}

/** Hash by signature algorithm (the bytes of its object identifier); null: the algorithm has its own. */
const hashes: ReadonlyMap<string, string | null> = new Map([
  ['2a864886f70d010105', 'sha1'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha1'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2b6570', null],
]);

/** Why a text is no certificate signing request (PKCS #10 in PEM) with a good signature, in Go's words; undefined when it is one. */
export function requestProblem(pem: string): string | undefined {
  const block = firstPemBlock(pem);
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  const [outer, ...trailing] = derValues(block.bytes) ?? [];
  if (outer?.tag !== sequence) return malformed;
  if (trailing.length > 0) return 'asn1: syntax error: trailing data';
  const [info, algorithm, signature] = derValues(outer.value) ?? [];
  if (info?.tag !== sequence || algorithm?.tag !== sequence || signature?.tag !== bitString) return malformed;
  const spki = derValues(info.value)?.[2];
  const oid = derValues(algorithm.value)?.[0];
  if (spki?.tag !== sequence || oid?.tag !== objectIdentifier) return malformed;
  const key = publicKey(spki.whole);
  if (key === undefined) return 'x509: unsupported public key';
  const hash = hashes.get(oid.value.toString('hex'));
  if (hash === undefined) return 'x509: cannot verify signature: algorithm unimplemented';
  return isSigned(hash, info.whole, key, signature.value.subarray(1))
    ? undefined
    : failures[key.asymmetricKeyType ?? ''];
}

/** The object identifier of an organization in a subject (2.5.4.10). */
const organization = '55040a';
const bmpString = 0x1e;

/** The organizations in the subject of a certificate signing request; none of a text that is no such request. */
export function requestOrganizations(pem: string): string[] {
  const block = firstPemBlock(pem);
  const outer = block === undefined ? undefined : derValues(block.bytes)?.[0];
  const info = outer === undefined ? undefined : derValues(outer.value)?.[0];
  const subject = info === undefined ? undefined : derValues(info.value)?.[1];
  const found: string[] = [];
  for (const set of (subject === undefined ? undefined : derValues(subject.value)) ?? []) {
    for (const attribute of derValues(set.value) ?? []) {
      const [type, value] = derValues(attribute.value) ?? [];
      if (type?.tag !== objectIdentifier || value === undefined || type.value.toString('hex') !== organization)
        continue;
      found.push(value.tag === bmpString ? utf16(value.value) : value.value.toString('utf8'));
    }
  }
  return found;
}

/** The text of big-endian UTF-16. */
function utf16(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}

const failures: Readonly<Record<string, string>> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};

function publicKey(spki: Buffer): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return Object.hasOwn(failures, key.asymmetricKeyType ?? '') ? key : undefined;
  } catch {
    return undefined;
  }
}

function isSigned(hash: string | null, signed: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(hash, signed, key, signature);
  } catch {
    return false;
  }
}
