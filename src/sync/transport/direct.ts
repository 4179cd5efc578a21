import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Endpoint } from './kubeconfig.ts';
import {
  HttpError,
  type LineSink,
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
  type WatchRequest,
} from './transport.ts';

/** Requests that may be under way at once; watches have connections of their own beside them. */
const maxSockets = 64;
const defaultTimeoutMs = 30_000;
const connectTimeoutMs = 10_000;
/** How soon a silent connection is asked whether it still lives. */
const keepAliveMs = 10_000;
const defaultMaxBytes = 16 << 20;
const maxLineBytes = 4 << 20;
const maxErrorBytes = 64 << 10;
/** A watch that says nothing for so long (bookmarks come every minute) has lost its connection. */
const watchIdleMs = 330_000;

/** Talks straight to an API server over HTTPS with connections kept open. */
export function createDirectTransport(endpoint: Endpoint, userAgent: string): Transport {
  const tls = {
    ...(endpoint.ca === undefined ? {} : { ca: endpoint.ca }),
    ...(endpoint.clientCertificate === undefined ? {} : { cert: endpoint.clientCertificate, key: endpoint.clientKey }),
    ...(endpoint.serverName === undefined ? {} : { servername: endpoint.serverName }),
    rejectUnauthorized: !endpoint.insecureSkipTlsVerify,
    ALPNProtocols: ['http/1.1'],
  };
  const requests = new Agent({ ...tls, keepAlive: true, keepAliveMsecs: keepAliveMs, maxSockets, maxFreeSockets: 8 });
  // A connection a watch: nothing is to be kept for another.
  const watches = new Agent({ ...tls, keepAlive: false });
  const closed = new AbortController();

  const open = (
    agent: Agent,
    options: { method: string; path: string; accept: string | undefined; signal: AbortSignal },
    body: { text: string; contentType: string } | undefined,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = {
        accept: options.accept ?? 'application/json',
        'user-agent': userAgent,
      };
      if (endpoint.token !== undefined) headers.authorization = `Bearer ${endpoint.token}`;
      const bytes = body === undefined ? undefined : Buffer.from(body.text);
      if (body !== undefined && bytes !== undefined) {
        headers['content-type'] = body.contentType;
        headers['content-length'] = bytes.length;
      }
      const settings: RequestOptions = {
        agent,
        host: endpoint.host,
        port: endpoint.port,
        method: options.method,
        path: endpoint.basePath + options.path,
        headers,
        signal: options.signal,
      };
      const request = httpsRequest(settings, resolve);
      // Bounds the handshake on its own: the request's time limit may be much longer.
      const connecting = setTimeout(
        () => request.destroy(new TransportError('timeout', `no connection within ${connectTimeoutMs / 1000} s`)),
        connectTimeoutMs,
      );
      request.on('socket', (socket) => {
        if (!socket.connecting) clearTimeout(connecting);
        else socket.once('secureConnect', () => clearTimeout(connecting));
      });
      request.on('error', (error) => {
        clearTimeout(connecting);
        reject(error);
      });
      request.on('close', () => clearTimeout(connecting));
      request.end(bytes);
    });

  return {
    async request(input: TransportRequest): Promise<TransportResponse> {
      const timeoutMs = input.timeoutMs ?? defaultTimeoutMs;
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([timeout, closed.signal, ...(input.signal === undefined ? [] : [input.signal])]);
      try {
        const response = await open(
          requests,
          { method: input.method, path: input.path, accept: input.accept, signal },
          input.body === undefined
            ? undefined
            : { text: input.body, contentType: input.contentType ?? 'application/json' },
        );
        const body = await readBody(response, input.maxBytes ?? defaultMaxBytes);
        return { status: response.statusCode ?? 0, headers: response.headers, body };
      } catch (error) {
        if (timeout.aborted) throw new TransportError('timeout', `no answer within ${timeoutMs / 1000} s`, error);
        throw toTransportError(error, signal);
      }
    },

    watch(input: WatchRequest, sink: LineSink): { close(): void } {
      const stop = new AbortController();
      const signal = AbortSignal.any([
        stop.signal,
        closed.signal,
        ...(input.signal === undefined ? [] : [input.signal]),
      ]);
      const run = async (): Promise<void> => {
        const response = await open(
          watches,
          { method: 'GET', path: input.path, accept: input.accept, signal },
          undefined,
        );
        const status = response.statusCode ?? 0;
        if (status !== 200) throw new HttpError(status, await readBody(response, maxErrorBytes));
        response.socket.setKeepAlive(true, keepAliveMs);
        response.socket.setTimeout(watchIdleMs, () =>
          response.destroy(new TransportError('timeout', `the watch was silent for ${watchIdleMs / 1000} s`)),
        );
        await readLines(response, (line) => {
          if (!signal.aborted) sink.onLine(line);
        });
      };
      run().then(
        () => {
          if (!stop.signal.aborted) sink.onEnd(undefined);
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          sink.onEnd(error instanceof HttpError ? error : toTransportError(error, signal));
        },
      );
      return { close: () => stop.abort() };
    },

    close(): void {
      closed.abort();
      // Connections that are only just being made would otherwise be kept once they stand.
      requests.maxFreeSockets = 0;
      requests.destroy();
      watches.destroy();
    },
  };
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      throw new TransportError('tooLarge', `the answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

async function readLines(response: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
      pending.push(chunk.subarray(start, at));
      const line = Buffer.concat(pending).toString('utf8');
      pending = [];
      size = 0;
      start = at + 1;
      if (line !== '') onLine(line);
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      size += chunk.length - start;
    }
    if (size > maxLineBytes) {
      response.destroy();
      throw new TransportError('tooLarge', `a watch event is larger than ${maxLineBytes} bytes`);
    }
  }
}

function toTransportError(error: unknown, signal: AbortSignal): TransportError {
  if (error instanceof TransportError) return error;
  if (signal.aborted) return new TransportError('aborted', 'the request was given up', error);
  // A failed connection to several addresses (::1 and 127.0.0.1) is an AggregateError without a message of its own.
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return new TransportError('unreachable', cause instanceof Error ? cause.message : String(cause), error);
}
