import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { type ApiService, type ApiServiceReference } from '../../api/apiregistration.k8s.io/v1/types.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { AddressGuard } from '../webhook/address-guard.ts';
import type { ServiceResolver } from '../webhook/destination.ts';
import { goErrorText } from '../webhook/go-error-text.ts';
import { createNameLookup, type NameLookup } from '../webhook/name-lookup.ts';
import { identityHeaders } from './identity-headers.ts';

/** A request to the server behind an APIService. */
export type BackendRequest = {
  readonly cluster: ClusterName;
  readonly service: ApiService;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** In whose name. */
  readonly user: Omit<UserInfo, 'uid'>;
  readonly body?: Readable;
  readonly signal: AbortSignal;
};

export type BackendAnswer = {
  readonly response: IncomingMessage;
  /** Set when the backend changed the protocol. */
  readonly upgraded: { readonly socket: Duplex; readonly head: Buffer } | undefined;
};

/** A Service that leads nowhere. */
export class UnresolvedService extends Error {
  override readonly name = 'UnresolvedService';
}

/** Speaks to aggregated API servers in the name of whoever asked. */
export interface FrontProxy {
  /** Gives the head of the answer; its body is to be read or destroyed. @throws UnresolvedService; Error in Go's words. */
  ask(request: BackendRequest): Promise<BackendAnswer>;
  /** The whole of a small answer. @throws the same, and when the body is larger. */
  read(
    request: BackendRequest,
    maxBytes: number,
  ): Promise<{ readonly response: IncomingMessage; readonly body: Buffer }>;
  close(): void;
}

export type FrontProxyOptions = {
  readonly services: ServiceResolver;
  /** Which addresses may be connected to. */
  readonly guard: AddressGuard;
  /** The client certificate that the backends of a logical cluster know their front proxy by, PEM. */
  readonly credentials: (cluster: ClusterName) => Promise<{ readonly cert: string; readonly key: string }>;
  readonly lookup?: NameLookup;
};

const maxSocketsPerBackend = 256;
const maxSockets = 2048;
const idleMs = 30_000;
const defaultPort = 443;

export function createFrontProxy(options: FrontProxyOptions): FrontProxy {
  return new HttpsFrontProxy(options);
}

class HttpsFrontProxy implements FrontProxy {
  readonly #options: FrontProxyOptions;
  readonly #lookup: NameLookup;
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: maxSocketsPerBackend,
    maxTotalSockets: maxSockets,
    timeout: idleMs,
  });

  constructor(options: FrontProxyOptions) {
    this.#options = options;
    this.#lookup = options.lookup ?? createNameLookup();
  }

  async ask(request: BackendRequest): Promise<BackendAnswer> {
    const { service, cluster } = request;
    const reference = referenceOf(service);
    const dial = await this.#options.services.resolve(cluster, reference).catch((cause: Error) => {
      throw new UnresolvedService(cause.message, { cause });
    });
    const hostPort = `${dial.host.includes(':') ? `[${dial.host}]` : dial.host}:${dial.port}`;
    try {
      const credentials = await this.#options.credentials(cluster);
      return await this.#send(request, reference, dial, await this.#allowed(dial), credentials);
    } catch (error) {
      request.body?.destroy();
      throw new Error(goErrorText(error, hostPort), { cause: error });
    }
  }

  async read(request: BackendRequest, maxBytes: number) {
    const { response } = await this.ask(request);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) {
        response.destroy();
        throw new Error(`answer is larger than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return { response, body: Buffer.concat(chunks) };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #allowed({ host, port }: { host: string; port: number }): Promise<readonly string[]> {
    const found = await this.#lookup(host);
    const allowed = found.filter((address) => this.#options.guard(address));
    if (allowed.length === 0) throw new Error(`dial tcp ${found[0] ?? host}:${port}: address is not allowed`);
    return allowed;
  }

  #send(
    { service, method, path, headers, user, body, signal }: BackendRequest,
    reference: ApiServiceReference,
    dial: { readonly host: string; readonly port: number },
    addresses: readonly string[],
    { cert, key }: { readonly cert: string; readonly key: string },
  ): Promise<BackendAnswer> {
    const { caBundle = '', insecureSkipTLSVerify = false } = service.spec ?? {};
    return new Promise((resolve, reject) => {
      const how: RequestOptions = {
        agent: this.#agent,
        host: dial.host,
        port: dial.port,
        method,
        path,
        servername: `${reference.name}.${reference.namespace}.svc`,
        lookup: fixedLookup(addresses),
        cert,
        key,
        rejectUnauthorized: !insecureSkipTLSVerify,
        ...(caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64').toString('latin1') }),
        headers: { ...headers, host: `${dial.host}:${dial.port}`, ...identityHeaders(user) },
        signal,
      };
      const outgoing = httpsRequest(how);
      outgoing.on('response', (response) => resolve({ response, upgraded: undefined }));
      outgoing.on('upgrade', (response, socket, head) => resolve({ response, upgraded: { socket, head } }));
      outgoing.on('error', reject);
      if (body === undefined) outgoing.end();
      else body.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
  }
}

/** The Service of a remote APIService, with its default port. */
export function referenceOf({ spec }: ApiService): ApiServiceReference {
  const { namespace = '', name = '', port = defaultPort } = spec?.service ?? {};
  return { namespace, name, port };
}

function fixedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_hostname, options, callback) => {
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
}
