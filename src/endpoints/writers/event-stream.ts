import type { OutgoingHttpHeaders } from 'node:http';
import type { Exchange } from '../exchange.ts';
import { beginAnswer, commonHeaders } from './respond.ts';
import { protobufType } from './protobuf.ts';
import type { Encoded, WatchForm } from './watch-encoding.ts';
import { acceptWebSocket } from './websocket-stream.ts';

/** Where the events of a watch go. */
export interface EventStream {
  /** False: the client does not keep up; nothing more should be written before the drain. */
  write(encoded: Encoded): boolean;
  onDrain(listener: () => void): void;
  /** Called about every half minute: a stream that can ask whether its client still lives does so, and ends when it does not. */
  keepAlive(): void;
  end(): void;
  destroy(): void;
  onClose(listener: () => void): void;
}

/** Begins the answer of a watch: a chunked response or HTTP/2 stream, or a WebSocket when the request asks to become one. */
export async function openEventStream(x: Exchange, form: WatchForm): Promise<EventStream> {
  if (x.upgrade !== undefined) return acceptWebSocket(x, x.upgrade, form.format === 'protobuf');
  const { response } = x;
  const headers: OutgoingHttpHeaders = commonHeaders(
    x,
    form.format === 'protobuf' ? `${protobufType};stream=watch` : 'application/json',
  );
  if (x.request.httpVersionMajor === 1) headers['transfer-encoding'] = 'chunked';
  beginAnswer(x, 200, headers);
  flushHeaders(response);
  return {
    write: (encoded) => response.write(encoded.bytes),
    onDrain: (listener) => void response.on('drain', listener),
    // The connection as a whole is looked after by the listener.
    keepAlive: () => undefined,
    end: () => void response.end(),
    destroy: () => void response.destroy(),
    onClose: (listener) => void response.on('close', listener),
  };
}

function flushHeaders(response: object): void {
  if ('flushHeaders' in response && typeof response.flushHeaders === 'function') response.flushHeaders();
}
