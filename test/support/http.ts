import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

/** Where to send requests and as whom. */
export type Endpoint = { readonly url: string; readonly ca: string; readonly token?: string };

export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; throws when it is not. */
  json<T = Record<string, unknown>>(): T;
};

const agents = new Map<string, Agent>();

function agentFor(endpoint: Endpoint): Agent {
  const key = `${endpoint.url} ${endpoint.ca.length}`;
  let agent = agents.get(key);
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, ca: endpoint.ca, maxSockets: 64 });
    agents.set(key, agent);
  }
  return agent;
}

/** One request over HTTP/1.1; the body goes as JSON unless `headers` says otherwise. Rejects when there is no whole answer. */
export function http(
  endpoint: Endpoint,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const text =
    body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    // The path goes as it is: a URL object would resolve dots and decode what a test wants to send.
    const { hostname, port } = new URL(endpoint.url);
    const request = httpsRequest(
      {
        hostname,
        port,
        path,
        method,
        agent: agentFor(endpoint),
        timeout: 30_000,
        headers: {
          ...(endpoint.token === undefined ? {} : { authorization: `Bearer ${endpoint.token}` }),
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('answer cut off')));
        response.on('end', () => {
          const whole = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: whole,
            json: () => JSON.parse(whole),
          });
        });
      },
    );
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('no answer in 30 s')));
    request.end(text);
  });
}

export type WatchEventJson = {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string; readonly resourceVersion: string } } & Record<
    string,
    unknown
  >;
};

/** Follows a watch until it ends or `signal` aborts; resolves then (also when the connection breaks). Rejects on a status other than 200. */
export function follow(
  endpoint: Endpoint,
  path: string,
  onEvent: (event: WatchEventJson) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(endpoint.url).origin + path,
      {
        agent: false,
        ca: endpoint.ca,
        signal,
        headers: endpoint.token === undefined ? {} : { authorization: `Bearer ${endpoint.token}` },
      },
      (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`watch: status ${response.statusCode}`));
          return;
        }
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onEvent(JSON.parse(line));
        });
        for (const event of ['end', 'close', 'error']) response.on(event, () => resolve());
      },
    );
    request.on('error', () => resolve());
    request.end();
  });
}
