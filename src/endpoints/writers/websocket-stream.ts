import { WebSocketServer, type WebSocket } from 'ws';
import { badRequest } from '../../apimachinery/errors.ts';
import type { Exchange, Upgrade } from '../exchange.ts';
import type { EventStream } from './event-stream.ts';

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.';

const server = new WebSocketServer({
  noServer: true,
  // Clients of a watch have nothing to say.
  maxPayload: 4096,
  perMessageDeflate: false,
  handleProtocols: (protocols) => {
    // The protocol that carries the token is never echoed.
    for (const protocol of protocols) if (!protocol.startsWith(protocolPrefix)) return protocol;
    return false;
  },
});

const congestionBytes = 64 * 1024;

/** Completes the WebSocket handshake: every event becomes one text message. */
export function acceptWebSocket(x: Exchange, upgrade: Upgrade, binary: boolean): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    // A handshake that fails is answered by ws and leaves the socket closed.
    upgrade.socket.once('close', () => reject(badRequest('the WebSocket handshake failed')));
    upgrade.response.detachSocket(upgrade.socket as never);
    server.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (socket) => {
      x.answered = true;
      x.status = 101;
      resolve(eventStream(socket, binary));
    });
  });
}

function eventStream(socket: WebSocket, binary: boolean): EventStream {
  socket.on('error', () => socket.terminate());
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  let drained: () => void = () => undefined;
  let congested = false;
  const sent = (): void => {
    if (!congested || socket.bufferedAmount > 0) return;
    congested = false;
    drained();
  };
  return {
    write: ({ bytes, ends }) => {
      let start = 0;
      for (const end of ends) {
        // The newline at the end of a JSON event is not part of a message.
        socket.send(bytes.subarray(start, binary ? end : end - 1), { binary }, sent);
        start = end;
      }
      congested = socket.bufferedAmount > congestionBytes;
      return !congested;
    },
    onDrain: (listener) => {
      drained = listener;
    },
    keepAlive: () => {
      if (!alive) socket.terminate();
      alive = false;
      socket.ping();
    },
    end: () => socket.close(1000),
    destroy: () => socket.terminate(),
    onClose: (listener) => void socket.on('close', listener),
  };
}

/** The bearer token that browsers hide in a WebSocket subprotocol, since they cannot set headers (k8s.io/apiserver websocket/protocol.go). */
export function tokenFromProtocols(header: string): string | undefined {
  for (const protocol of header.split(',')) {
    const name = protocol.trim();
    if (!name.startsWith(protocolPrefix)) continue;
    const token = Buffer.from(name.slice(protocolPrefix.length), 'base64url').toString('utf8');
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  }
  return undefined;
}
