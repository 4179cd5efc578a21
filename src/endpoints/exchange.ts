import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuditRecord } from '../audit/trail.ts';
import type { ClusterRecord } from '../storage/object-store.ts';
import type { RequestContext, UserInfo } from '../registry/registry.ts';
import { parseQuery } from './query.ts';
import { type RequestInfo, unparsedRequest } from './requestinfo.ts';

/** What the endpoints read of a request: HTTP/1.1 and HTTP/2 have it in common. */
export interface HttpRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersionMajor: number;
  /** The whole body has come. */
  readonly complete: boolean;
  /** HTTP/2 only. */
  readonly stream?: { close(code: number): void; readonly session?: object | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'aborted' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  resume(): unknown;
  pause(): unknown;
  removeAllListeners(event: 'data'): unknown;
}

/** What the endpoints write of a response. */
export interface HttpResponse {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  write(chunk: Uint8Array | string): boolean;
  end(chunk?: Uint8Array | string): unknown;
  destroy(error?: Error): unknown;
  on(event: 'close' | 'drain' | 'finish', listener: () => void): unknown;
  removeListener(event: 'close' | 'drain', listener: () => void): unknown;
}

/** Set on requests that ask for another protocol on their connection. */
export type Upgrade = {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Carries a plain answer; it must let go of the socket before the WebSocket takes it. */
  readonly response: ServerResponse;
};

const maxWarnings = 64;

/**
 * One request and its answer on their way through filters and handlers. Filters fill it in the order of `filters/chain.ts`; from authorization on
 * every field is set. It is the registry's RequestContext itself, so that a request makes no second object.
 */
export class Exchange implements RequestContext {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** Set when the client asks for any other protocol. */
  readonly connection: Upgrade | undefined;
  /** Set when that is a WebSocket. */
  readonly upgrade: Upgrade | undefined;
  /** performance.now() at arrival. */
  readonly started: number;
  auditId = '';
  info: RequestInfo = unparsedRequest;
  cluster!: ClusterRecord;
  user!: UserInfo;
  /** The one who really asks when `user` is impersonated. */
  impersonator: UserInfo | undefined = undefined;
  /** What the audit trail records of the request; undefined: nothing. */
  audit: AuditRecord | undefined = undefined;
  warnings: string[] | undefined = undefined;
  /** performance.now() after which the request is given up; Infinity for watches. */
  deadline: number;
  /** Watches and other requests that may last: not counted in flight, no deadline. */
  longRunning = false;
  /** Authorization has let it pass: what refuses it now is something else. */
  permitted = false;
  /** The answer has begun: whoever comes later comes too late. */
  answered = false;
  /** The status answered, for log and metrics. */
  status = 0;
  /** Bytes of the body answered. */
  sent = 0;
  /** What only the log may know. */
  failure: unknown = undefined;
  #abort: AbortController | undefined = undefined;
  #parameters: URLSearchParams | undefined = undefined;

  constructor(request: HttpRequest, response: HttpResponse, timeoutMs: number, connection?: Upgrade) {
    this.request = request;
    this.response = response;
    this.connection = connection;
    this.upgrade = connection?.request.headers.upgrade?.toLowerCase() === 'websocket' ? connection : undefined;
    this.started = performance.now();
    this.deadline = this.started + timeoutMs;
  }

  /** Aborts when the client goes away or the deadline passes. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const controller = new AbortController();
      this.#abort = controller;
      this.response.on('close', () => {
        if (!this.response.writableEnded) controller.abort();
      });
    }
    return this.#abort.signal;
  }

  /** Gives the request up. */
  abort(reason: Error): void {
    this.#abort?.abort(reason);
  }

  /** The query; parsed when first asked for. */
  get parameters(): URLSearchParams {
    return (this.#parameters ??= parseQuery(this.info.query));
  }

  /** The first value of a query parameter. */
  parameter(name: string): string | undefined {
    return this.info.query === '' ? undefined : (this.parameters.get(name) ?? undefined);
  }

  header(name: string): string {
    const value = this.request.headers[name];
    return value === undefined ? '' : typeof value === 'string' ? value : value.join(',');
  }

  warn(text: string): void {
    this.warnings ??= [];
    if (this.warnings.length < maxWarnings && !this.warnings.includes(text)) this.warnings.push(text);
  }

  annotate(key: string, value: string): void {
    this.audit?.annotate(key, value);
  }

  get defaultFieldManager(): string {
    return managerFromUserAgent(this.header('user-agent'));
  }
}

/** managedFields manager of requests that name none: the User-Agent up to its first slash, printable, at most 128 bytes. */
export function managerFromUserAgent(userAgent: string): string {
  const slash = userAgent.indexOf('/');
  const prefix = slash < 0 ? userAgent : userAgent.slice(0, slash);
  if (prefix.length <= 128 && /^[\x20-\x7e]*$/.test(prefix)) return prefix === '' ? 'unknown' : prefix;
  let manager = '';
  for (const character of prefix) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) continue;
    if (Buffer.byteLength(manager) + Buffer.byteLength(character) > 128) break;
    manager += character;
  }
  return manager === '' ? 'unknown' : manager;
}
