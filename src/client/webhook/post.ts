import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { WebhookCallError } from '../../registry/webhooks.ts';
import type { AddressGuard } from './address-guard.ts';
import type { Trust, WebhookAgent } from './agent.ts';
import type { Destination } from './destination.ts';
import { goErrorText } from './go-error-text.ts';
import type { NameLookup } from './name-lookup.ts';

export type HttpAnswer = {
  readonly status: number;
  readonly contentType: string;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
};

export type PostOptions = {
  readonly agent: WebhookAgent;
  readonly guard: AddressGuard;
  readonly lookup: NameLookup;
  readonly trust: Trust;
  readonly destination: Destination;
  /** What is dialed: the destination's own host and port, or those that its Service leads to. */
  readonly dial: { readonly host: string; readonly port: number };
  readonly body: string;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal;
};

const userAgent = 'kube-apiserver-admission';

/**
 * One POST over HTTPS. Follows no redirects, connects to no address that the guard refuses, reads at most `maxResponseBytes`.
 * @throws WebhookCallError in the words of Go's client.
 */
export async function post(options: PostOptions): Promise<HttpAnswer> {
  const { destination, dial } = options;
  try {
    const addresses = await allowedAddresses(options);
    return await exchange(options, addresses);
  } catch (error) {
    if (error instanceof WebhookCallError) throw error;
    const why = options.signal.aborted
      ? abortText(options.signal)
      : goErrorText(error, `${dial.host.includes(':') ? `[${dial.host}]` : dial.host}:${dial.port}`);
    throw new WebhookCallError(`Post ${JSON.stringify(destination.url)}: ${why}`);
  }
}

/** What Go's contexts say: of a deadline, or of a client that went away. */
export function abortText(signal: AbortSignal): string {
  return (signal.reason as Error | undefined)?.name === 'TimeoutError'
    ? 'context deadline exceeded'
    : 'context canceled';
}

async function allowedAddresses({ guard, lookup, dial, signal }: PostOptions): Promise<readonly string[]> {
  const found = await Promise.race([
    lookup(dial.host).catch((error: Error) => {
      throw new Error(`dial tcp: ${error.message}`);
    }),
    aborted(signal),
  ]);
  const allowed = found.filter((address) => guard(address));
  if (allowed.length > 0) return allowed;
  const [address = ''] = found;
  const shown = address.includes(':') ? `[${address}]` : address;
  throw new Error(`dial tcp ${shown}:${dial.port}: address is not allowed for webhooks`);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

async function exchange(options: PostOptions, addresses: readonly string[]): Promise<HttpAnswer> {
  for (;;) {
    const call: { request?: ClientRequest } = {};
    try {
      const response = await headersOf(options, addresses, call);
      return await wholeOf(options, response);
    } catch (error) {
      // The webhook closed an idle connection in the moment it was used again: nothing was lost but the connection.
      const { code } = error as NodeJS.ErrnoException;
      const stale = call.request?.reusedSocket === true && (code === 'ECONNRESET' || code === 'EPIPE');
      if (!stale || options.signal.aborted) throw error;
    }
  }
}

function headersOf(
  { agent, trust, destination, dial, body, signal }: PostOptions,
  addresses: readonly string[],
  call: { request?: ClientRequest },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const how: RequestOptions & { readonly secureContext: SecureContext; readonly trustKey: string } = {
      method: 'POST',
      agent,
      host: dial.host,
      port: dial.port,
      path: destination.path,
      lookup: fixedLookup(addresses),
      servername: isIP(destination.serverName) === 0 ? destination.serverName : '',
      secureContext: trust.context,
      trustKey: trust.key,
      signal,
      headers: {
        host: destination.authority,
        accept: 'application/json, */*',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': userAgent,
      },
    };
    const request = httpsRequest(how, resolve);
    call.request = request;
    request.on('error', reject);
    request.end(body);
  });
}

/** Answers with addresses that have been looked at; the connection cannot get others. */
function fixedLookup(addresses: readonly string[]): LookupFunction {
  return (_hostname, options, callback) => {
    const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all === true) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family);
  };
}

async function wholeOf({ maxResponseBytes, signal }: PostOptions, response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += (chunk as Buffer).length;
      if (length > maxResponseBytes) {
        response.destroy();
        throw new Error(`response is larger than ${maxResponseBytes} bytes`);
      }
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = signal.aborted ? abortText(signal) : code === 'ECONNRESET' ? 'unexpected EOF' : message;
    throw new WebhookCallError(`unexpected error when reading response body. Please retry. Original error: ${why}`);
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'],
    body: Buffer.concat(chunks),
  };
}
