import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type JsonObject } from '../apimachinery/json.ts';
import { createDirectTransport } from '../sync/transport/direct.ts';
import { type Endpoint, parseKubeconfig } from '../sync/transport/kubeconfig.ts';
import type { TransportRequest } from '../sync/transport/transport.ts';

/** Plain HTTP to one logical cluster as one user. All throw HttpFailure for an answer that is no success. */
export type ApiClient = {
  get(path: string): Promise<JsonObject>;
  /** Undefined for 404. */
  find(path: string): Promise<JsonObject | undefined>;
  post(path: string, body: JsonObject): Promise<JsonObject>;
  put(path: string, body: JsonObject): Promise<JsonObject>;
  /** Server-side apply, by force. */
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

/** A client of the API server at `endpoint`; `userAgent` also names the field manager of what it applies. */
export function createApiClient(endpoint: Endpoint, userAgent: string): ApiClient {
  const transport = createDirectTransport(endpoint, userAgent);
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
    put: (path, body) => send({ method: 'PUT', path, body: JSON.stringify(body) }),
    apply: (path, body) =>
      send({
        method: 'PATCH',
        path: `${path}?fieldManager=${encodeURIComponent(userAgent)}&force=true`,
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

/** Which server a command talks to, as whom. */
export type ServerChoice = {
  /** `--kubeconfig`; default: $KUBECONFIG, then the administrator's in the data directory. */
  readonly kubeconfig?: string;
  readonly dataDir?: string;
};

/** The server and user of the chosen kubeconfig, in the logical cluster `workspace` (`root:team`; undefined: the kubeconfig's own). @throws when unusable */
export function endpointOf(choice: ServerChoice, workspace?: string): Endpoint {
  const file = choice.kubeconfig ?? process.env['KUBECONFIG'] ?? join(choice.dataDir ?? './.atoll', 'admin.kubeconfig');
  const endpoint = parseKubeconfig(readFileSync(file, 'utf8'));
  if (workspace === undefined) return endpoint;
  const before = endpoint.basePath.replace(/\/clusters\/[^/]*$/, '');
  return { ...endpoint, basePath: `${before}/clusters/${encodeURIComponent(workspace)}` };
}
