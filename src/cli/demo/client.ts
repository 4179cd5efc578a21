import type { JsonObject } from '../../apimachinery/json.ts';
import { isObject } from '../../apimachinery/json.ts';
import { createDirectTransport } from '../../sync/transport/direct.ts';
import type { TransportRequest } from '../../sync/transport/transport.ts';

/** Plain HTTP to one API server as one user. */
export type HttpClient = {
  readonly server: string;
  readonly token: string;
  get(path: string): Promise<JsonObject>;
  /** Undefined for 404. */
  find(path: string): Promise<JsonObject | undefined>;
  post(path: string, body: JsonObject): Promise<JsonObject>;
  /** Server-side apply. */
  apply(path: string, body: JsonObject): Promise<JsonObject>;
  merge(path: string, body: JsonObject): Promise<JsonObject>;
  delete(path: string): Promise<JsonObject>;
  /** The status code of a GET. */
  status(path: string): Promise<number>;
  close(): void;
};

/** An answer that is no success: what the server said. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** `server` is a base URL, `https://host:port/clusters/root:team`. */
export function createHttpClient(server: string, caCertificatePem: string, token: string): HttpClient {
  const url = new URL(server);
  const transport = createDirectTransport(
    {
      host: url.hostname,
      port: Number(url.port),
      basePath: url.pathname.replace(/\/$/, ''),
      ca: caCertificatePem,
      insecureSkipTlsVerify: false,
      serverName: undefined,
      token,
      clientCertificate: undefined,
      clientKey: undefined,
    },
    'atoll-demo',
  );
  const send = async (request: TransportRequest): Promise<JsonObject> => {
    const { status, body } = await transport.request(request);
    const text = body.toString('utf8');
    const value: unknown = text.startsWith('{') ? JSON.parse(text) : {};
    const answer = isObject(value) ? value : {};
    if (status < 300) return answer;
    const message = typeof answer.message === 'string' ? answer.message : text.slice(0, 200);
    throw new HttpFailure(status, `${request.method} ${request.path}: ${status} ${message}`);
  };
  return {
    server,
    token,
    get: (path) => send({ method: 'GET', path }),
    async find(path) {
      try {
        return await send({ method: 'GET', path });
      } catch (error) {
        if (error instanceof HttpFailure && error.status === 404) return undefined;
        throw error;
      }
    },
    post: (path, body) => send({ method: 'POST', path, body: JSON.stringify(body) }),
    apply: (path, body) =>
      send({
        method: 'PATCH',
        path: `${path}?fieldManager=demo&force=true`,
        contentType: 'application/apply-patch+yaml',
        body: JSON.stringify(body),
      }),
    merge: (path, body) =>
      send({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: JSON.stringify(body) }),
    delete: (path) => send({ method: 'DELETE', path }),
    async status(path) {
      return (await transport.request({ method: 'GET', path })).status;
    },
    close: () => transport.close(),
  };
}
