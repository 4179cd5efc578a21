import { badRequest } from '../errors.ts';
import { magic, WireReader, wireType } from './wire.ts';

/** runtime.Unknown: what a protobuf body wraps its object in. */
export type ProtobufEnvelope = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
};

export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.byteLength >= magic.byteLength && magic.every((byte, i) => bytes[i] === byte);
}

/**
 * Opens the envelope `k8s\0` + runtime.Unknown. Kind and apiVersion may be empty.
 * @throws ApiError 400 with the bare text of a stock server.
 */
export function readProtobufEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (bytes.byteLength === 0) throw badRequest('empty data');
  if (!isProtobuf(bytes))
    throw badRequest(`provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`);
  if (bytes.byteLength === magic.byteLength) throw badRequest('empty body');
  const reader = new WireReader(bytes.subarray(magic.byteLength));
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array(0);
  const fields = ['TypeMeta', 'Raw', 'ContentEncoding', 'ContentType'];
  while (reader.next('Unknown')) {
    const name = fields[reader.field - 1];
    if (name === undefined) {
      reader.skip();
      continue;
    }
    if (reader.type !== wireType.bytes) throw badRequest(`proto: wrong wireType = ${reader.type} for field ${name}`);
    const content = reader.slice();
    if (name === 'TypeMeta') {
      const inner = new WireReader(content);
      while (inner.next('TypeMeta')) {
        if (inner.field > 2) {
          inner.skip();
          continue;
        }
        if (inner.type !== wireType.bytes)
          throw badRequest(
            `proto: wrong wireType = ${inner.type} for field ${inner.field === 1 ? 'APIVersion' : 'Kind'}`,
          );
        if (inner.field === 1) apiVersion = inner.string();
        else kind = inner.string();
      }
    } else if (name === 'Raw') raw = content;
  }
  return { apiVersion, kind, raw };
}
