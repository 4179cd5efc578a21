import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Config } from '../config/config.ts';
import { cipherList, tlsVersions } from '../config/tls-policy.ts';

/** PEM texts. `ca` lists the authorities that client certificates are hinted to come from; authenticators verify. */
export type TlsMaterial = { readonly key: string; readonly cert: string; readonly ca?: string };

export type ListenOptions = {
  readonly config: Pick<Config, 'listen' | 'limits' | 'tls'>;
  readonly tls: TlsMaterial;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

export type Listener = {
  readonly host: string;
  /** The port in use, also when 0 was asked for. */
  readonly port: number;
  /** Serves new connections with other keys and certificates; existing ones stay. Throws when they are unusable. */
  reload(tls: TlsMaterial): void;
  /**
   * Stops accepting, tells HTTP/2 clients to go elsewhere (GOAWAY), closes idle connections and waits for the busy ones; what is left after
   * `graceMs` is broken off.
   */
  close(graceMs: number): Promise<void>;
};

const maxStreamsPerSession = 1000;
const windowBytes = 1024 * 1024;
const sessionMemoryMegabytes = 256;
const handshakeTimeoutMs = 10_000;
const headersTimeoutMs = 20_000;
const keepAliveTimeoutMs = 90_000;
const tcpKeepAliveMs = 30_000;
/** An HTTP/2 connection on which nothing has moved for so long is asked whether it still lives. */
const silentSessionMs = 60_000;
const closeIdleEveryMs = 100;

/**
 * Opens the TLS port that speaks HTTP/1.1 and HTTP/2, chosen by ALPN. Client certificates are asked for and passed on unverified. Works unchanged in
 * workers of node:cluster, which share the port. Rejects with the system's error (EADDRINUSE, EACCES) when the port cannot be had.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { config, tls } = options;
  const server = createServer(config, tls);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('session', watchSession);
  let closing = false;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // Clients that keep a connection busy would otherwise never leave.
    if (closing) response.shouldKeepAlive = false;
    options.handler(request, response);
  });
  server.on('upgrade', options.upgrade);
  server.on('clientError', answerClientError);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.listen.port, config.listen.host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    host: address.address,
    port: address.port,
    reload: (material) => server.setSecureContext(secureContext(material, config.tls)),
    close: (graceMs) => {
      closing = true;
      return close(server, sockets, graceMs);
    },
  };
}

function createServer({ limits, tls: policy }: ListenOptions['config'], tls: TlsMaterial): Http2SecureServer {
  const http1 = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: headersTimeoutMs,
    // The whole request must have come by then; the answer has a deadline of its own.
    requestTimeout: limits.requestTimeoutMs + headersTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: 5000,
  };
  return createSecureServer({
    ...secureContext(tls, policy),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveMs,
    noDelay: true,
    maxSessionMemory: sessionMemoryMegabytes,
    maxSendHeaderBlockLength: 256 * 1024,
    settings: {
      maxConcurrentStreams: maxStreamsPerSession,
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: windowBytes,
      enablePush: false,
    },
    ...http1,
    http1Options: http1,
  } as Parameters<typeof createSecureServer>[0]);
}

function secureContext(tls: TlsMaterial, policy: Config['tls']) {
  return {
    key: tls.key,
    cert: tls.cert,
    minVersion: tlsVersions[policy.minVersion],
    ciphers: cipherList(policy.cipherSuites),
    honorCipherOrder: true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  };
}

/** Finds dead peers behind silent connections; without it their watches would live until the next event. */
function watchSession(session: ServerHttp2Session): void {
  session.on('error', () => session.destroy());
  let asked = false;
  session.setTimeout(silentSessionMs, () => {
    if (asked || session.closed || session.destroyed) return session.destroy();
    asked = true;
    const sent = session.ping((error) => {
      asked = false;
      if (error !== null) session.destroy();
    });
    if (!sent) session.destroy();
  });
}

const clientErrors: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Bytes that are no HTTP/1.1 request: said once, then the connection ends. */
function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = clientErrors[error.code ?? ''] ?? '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
    () => socket.destroy(),
  );
}

async function close(server: Http2SecureServer, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections become idle one by one as their requests end.
  const sweep = setInterval(
    () => (server as unknown as { closeIdleConnections(): void }).closeIdleConnections(),
    closeIdleEveryMs,
  );
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
