import { wireType } from './wire.ts';

/**
 * Writes protobuf from the end to the beginning: the length of a message is then known when it is to be written, and nothing is copied. Fields, list items and
 * bytes of a message are therefore written last first.
 */
export class BackwardWriter {
  #buffer: Buffer;
  /** Where the written part begins. */
  #at: number;

  constructor(size = 4096) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#at = size;
  }

  /** How much is written: take it before a message and give it to `message` afterwards. */
  get written(): number {
    return this.#buffer.length - this.#at;
  }

  /** What was written; the writer must not be used further. */
  finish(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#at) return;
    const written = this.written;
    const size = Math.max(this.#buffer.length * 2, written + bytes);
    const larger = Buffer.allocUnsafe(size);
    this.#buffer.copy(larger, size - written, this.#at);
    this.#buffer = larger;
    this.#at = size - written;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.byteLength);
    this.#at -= value.byteLength;
    this.#buffer.set(value, this.#at);
  }

  uint(value: number): void {
    this.#reserve(10);
    if (value < 0x80) {
      this.#buffer[--this.#at] = value;
      return;
    }
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
    this.#at -= length;
    let at = this.#at;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest % 128) | 0x80;
    this.#buffer[at] = rest;
  }

  /** A varint of a signed 64-bit integer. */
  int(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) {
      this.uint(value);
      return;
    }
    this.#reserve(10);
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  tag(field: number, type: number): void {
    this.uint(field * 8 + type);
  }

  string(field: number, value: string): void {
    const length = Buffer.byteLength(value, 'utf8');
    this.#reserve(length + 20);
    this.#at -= length;
    this.#buffer.write(value, this.#at, length, 'utf8');
    this.uint(length);
    this.tag(field, wireType.bytes);
  }

  bytesField(field: number, value: Uint8Array): void {
    this.bytes(value);
    this.uint(value.byteLength);
    this.tag(field, wireType.bytes);
  }

  varint(field: number, value: number | bigint): void {
    this.int(value);
    this.tag(field, wireType.varint);
  }

  double(field: number, value: number): void {
    this.#reserve(20);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
    this.tag(field, wireType.fixed64);
  }

  /** Closes the message whose fields were written since `before`. */
  message(field: number, before: number): void {
    this.uint(this.written - before);
    this.tag(field, wireType.bytes);
  }
}
