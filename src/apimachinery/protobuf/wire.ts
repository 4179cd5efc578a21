import { badRequest } from '../errors.ts';

/** The first bytes of every Kubernetes protobuf body. */
export const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

export const wireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** How deep groups of fields that nobody knows may nest: nobody sends any. */
const maxGroupDepth = 100;

/** Reads protobuf's wire format from untrusted bytes; every problem is an ApiError 400 in the words of the generated Go code. */
export class WireReader {
  readonly bytes: Buffer;
  at: number;
  end: number;
  /** Of the field that `next` has found. */
  field = 0;
  type = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.end = bytes.byteLength;
  }

  /** Goes to the next field of the message; false at its end. `message` names it in errors. */
  next(message: string): boolean {
    if (this.at >= this.end) return false;
    const tag = this.uint();
    this.type = tag % 8;
    this.field = Math.floor(tag / 8) | 0;
    if (this.type === wireType.endGroup) throw badRequest(`proto: ${message}: wiretype end group for non-group`);
    if (this.field <= 0) throw badRequest(`proto: ${message}: illegal tag ${this.field} (wire type ${tag})`);
    return true;
  }

  /** An unsigned varint as a double: exact up to 2^53, which is enough for tags and lengths. */
  uint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw unexpectedEnd();
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw badRequest('proto: integer overflow');
  }

  /** A varint as a signed 64-bit integer. */
  int64(): number | bigint {
    const start = this.at;
    const value = this.uint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let exact = 0n;
    for (let i = this.at - 1; i >= start; i--) exact = (exact << 7n) | BigInt((this.bytes[i] as number) & 0x7f);
    const signed = BigInt.asIntN(64, exact);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  /** A varint's low 32 bits, signed. */
  int32(): number {
    const value = this.int64();
    return typeof value === 'bigint'
      ? Number(BigInt.asIntN(32, value))
      : Number.isSafeInteger(value) && Math.abs(value) < 2 ** 31
        ? value
        : Number(BigInt.asIntN(32, BigInt(value)));
  }

  double(): number {
    if (this.at + 8 > this.end) throw unexpectedEnd();
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** Reads a length and gives where the bytes end; they begin at `at`. */
  lengthEnd(): number {
    const length = this.uint();
    if (length > 2 ** 62) throw badRequest('proto: negative length found during unmarshaling');
    const end = this.at + length;
    if (end > this.end) throw unexpectedEnd();
    return end;
  }

  string(): string {
    const end = this.lengthEnd();
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  /** Length-delimited bytes, not copied. */
  slice(): Buffer {
    const end = this.lengthEnd();
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** Skips the value of the current field. */
  skip(): void {
    let depth = 0;
    let type = this.type;
    do {
      switch (type) {
        case wireType.varint:
          this.uint();
          break;
        case wireType.fixed64:
          this.at += 8;
          break;
        case wireType.bytes:
          this.at = this.lengthEnd();
          break;
        case wireType.startGroup:
          if (++depth > maxGroupDepth) throw badRequest('proto: groups nest too deep');
          break;
        case wireType.endGroup:
          depth--;
          break;
        case wireType.fixed32:
          this.at += 4;
          break;
        default:
          throw badRequest(`proto: illegal wireType ${type}`);
      }
      if (this.at > this.end) throw unexpectedEnd();
      if (depth > 0) type = this.uint() % 8;
    } while (depth > 0);
  }
}

function unexpectedEnd(): Error {
  return badRequest('unexpected EOF');
}
