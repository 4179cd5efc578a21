import type { IncomingHttpHeaders } from 'node:http';

export type TransportRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path with query, as the physical cluster sees it: `/api/v1/namespaces?limit=1`. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** From the first byte sent to the last byte received; default 30 s. */
  readonly timeoutMs?: number;
  /** Of the answer's body; default 16 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
};

export type TransportResponse = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type WatchRequest = {
  readonly path: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
};

/** Receives a watch: one JSON document a line. */
export type LineSink = {
  onLine(line: string): void;
  /** Called once, unless the caller closed the watch. Without an error the server ended the stream in order. */
  onEnd(error: TransportError | HttpError | undefined): void;
};

/**
 * The way to one physical cluster's API server. Everything above it (apply, observe, heartbeat) is the same for a direct connection and for a tunnel that
 * the cluster opened. Implementations bound time, size and connections: a dead or lying server costs an error, never memory or a stuck caller.
 */
export interface Transport {
  /** Any HTTP status is an answer. @throws TransportError */
  request(request: TransportRequest): Promise<TransportResponse>;
  watch(request: WatchRequest, sink: LineSink): { close(): void };
  /** Ends every request, watch and connection. */
  close(): void;
}

export type TransportFailure = 'unreachable' | 'timeout' | 'tooLarge' | 'aborted';

/** No answer that could be read: what failed and on which way. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly failure: TransportFailure;

  constructor(failure: TransportFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

/** A watch was answered with something else than a stream. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: Buffer;

  constructor(status: number, body: Buffer) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}
