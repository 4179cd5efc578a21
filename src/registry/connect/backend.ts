import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { RequestContext } from '../registry.ts';

/** What a client wants of a pod, checked: it exists, and has that container. */
export type ConnectCall = {
  readonly to: 'attach' | 'exec' | 'log' | 'portforward' | 'proxy';
  readonly pod: KubeObject;
  /** '' for portforward and proxy. */
  readonly container: string;
  /** The request's options as they came: command, stdin, tty, follow, tailLines, ports … */
  readonly parameters: URLSearchParams;
  /** Only for proxy. */
  readonly proxy?: ProxyTarget;
};

/** Where in the pod a proxied request goes. */
export type ProxyTarget = {
  readonly scheme: 'http' | 'https';
  /** Number or name of a port; '' for the scheme's own. */
  readonly port: string;
  /** Behind `/proxy`, with its leading slash, or ''. */
  readonly path: string;
};

/** The client's side of a connection. Either `begin` is called once, or `upgrade` is taken over. */
export type ConnectClient = {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Begins a plain answer; the caller writes and ends it. */
  begin(status: number, headers: OutgoingHttpHeaders): Writable;
  /** Present when the client asked to change the protocol (WebSocket, SPDY). `take` gives the raw connection; who takes it answers on it and ends it. */
  readonly upgrade: { readonly request: IncomingMessage; take(): { socket: Duplex; head: Buffer } } | undefined;
};

/**
 * Carries connections to where pods run. A server has none unless it is given one; without it, answers are those of a server whose kubelets do not listen.
 */
export interface ConnectBackend {
  /**
   * Carries the call until one of the two ends. Gives false, having written nothing, when it knows of no place where the pod runs. Throws ApiError before
   * `begin` for what the client shall read.
   */
  connect(ctx: RequestContext, call: ConnectCall, client: ConnectClient): Promise<boolean>;
}
