import { isObject, type Json, type JsonObject, stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { fieldManager } from '../vocabulary.ts';
import {
  HttpError,
  type LineSink,
  type Transport,
  TransportError,
  type TransportFailure,
  type TransportResponse,
} from '../transport/transport.ts';
import { boundedMessage } from './conditions.ts';

/**
 * What went wrong, by what helps: `Transient` (try again soon), `Unreachable` (no answer at all), `Unauthorized` (credentials), `Conflict` (somebody else
 * owns a field or the object changed), `NotFound`, `Invalid` and `Forbidden` (only another desired state or an admin helps), `Quota`, `NotReady` (the
 * namespace is going away), `BadResponse` (that is no Kubernetes API), `Closed` (we gave up ourselves: it says nothing of the cluster).
 */
export type PhysicalErrorClass =
  | 'Transient'
  | 'Unreachable'
  | 'Unauthorized'
  | 'Conflict'
  | 'NotFound'
  | 'Invalid'
  | 'Forbidden'
  | 'Quota'
  | 'NotReady'
  | 'BadResponse'
  | 'Closed';

export class PhysicalError extends Error {
  override readonly name = 'PhysicalError';
  readonly class: PhysicalErrorClass;
  /** HTTP status; 0 when there was none. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(
    errorClass: PhysicalErrorClass,
    status: number,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(boundedMessage(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.class = errorClass;
    this.status = status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The few verbs that Atoll needs of a physical cluster. All throw `PhysicalError`. */
export interface PhysicalApi {
  /** Undefined: not found. */
  get(path: string, options?: { maxBytes?: number; timeoutMs?: number }): Promise<KubeObject | undefined>;
  /** Any JSON object, for `/version` and lists. */
  getJson(path: string, options?: { maxBytes?: number; timeoutMs?: number; accept?: string }): Promise<JsonObject>;
  /** Server-side apply as `atoll-sync`. */
  apply(path: string, object: JsonObject, options: { force: boolean }): Promise<KubeObject>;
  create(path: string, object: JsonObject): Promise<KubeObject>;
  update(path: string, object: JsonObject): Promise<KubeObject>;
  /** JSON merge patch. */
  merge(path: string, patch: JsonObject): Promise<KubeObject>;
  /** Deletes the object with that uid, with background propagation. It may be gone already, or stay until its finalizers are done. */
  remove(path: string, uid: string, options?: { gracePeriodSeconds?: number }): Promise<void>;
  watch(path: string, accept: string, sink: LineSink): { close(): void };
  close(): void;
}

export function createPhysicalApi(transport: Transport): PhysicalApi {
  const send = async (
    input: Parameters<Transport['request']>[0],
    allowMissing = false,
  ): Promise<JsonObject | undefined> => {
    let response: TransportResponse;
    try {
      response = await transport.request(input);
    } catch (error) {
      throw toPhysicalError(error);
    }
    if (response.status === 404 && allowMissing && isStatus(response.body)) return undefined;
    if (response.status < 200 || response.status > 299) throw failureOf(response);
    return parseObject(response);
  };
  const object = async (input: Parameters<Transport['request']>[0]): Promise<KubeObject> =>
    asKubeObject((await send(input)) ?? {});

  return {
    async get(path, options = {}) {
      const found = await send({ method: 'GET', path, ...options }, true);
      return found === undefined ? undefined : asKubeObject(found);
    },
    async getJson(path, options = {}) {
      return (await send({ method: 'GET', path, ...options })) ?? {};
    },
    apply: (path, body, { force }) =>
      object({
        method: 'PATCH',
        path: `${path}?fieldManager=${fieldManager}&force=${force}`,
        contentType: 'application/apply-patch+yaml',
        body: stringify(body),
      }),
    create: (path, body) => object({ method: 'POST', path, body: stringify(body) }),
    update: (path, body) => object({ method: 'PUT', path, body: stringify(body) }),
    merge: (path, patch) =>
      object({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: stringify(patch) }),
    async remove(path, uid, { gracePeriodSeconds } = {}) {
      const body: Json = {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: 'Background',
        preconditions: { uid },
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      };
      await send({ method: 'DELETE', path, body: stringify(body) }, true);
    },
    watch: (path, accept, sink) => transport.watch({ path, accept }, sink),
    close: () => transport.close(),
  };
}

const transportClasses: Readonly<Record<TransportFailure, PhysicalErrorClass>> = {
  unreachable: 'Unreachable',
  timeout: 'Unreachable',
  tooLarge: 'BadResponse',
  aborted: 'Closed',
};

/** What a failed watch or request means. */
export function toPhysicalError(error: unknown): PhysicalError {
  if (error instanceof PhysicalError) return error;
  if (error instanceof HttpError) return failureOf({ status: error.status, headers: {}, body: error.body });
  if (error instanceof TransportError) {
    return new PhysicalError(transportClasses[error.failure], 0, error.message, { cause: error });
  }
  throw error;
}

function parseObject(response: TransportResponse): JsonObject {
  const type = String(response.headers['content-type'] ?? '');
  let value: unknown;
  try {
    value = JSON.parse(response.body.toString('utf8'));
  } catch {
    throw new PhysicalError(
      'BadResponse',
      response.status,
      `expected JSON, got ${type === '' ? 'something else' : type}`,
    );
  }
  if (!isObject(value)) throw new PhysicalError('BadResponse', response.status, 'expected a JSON object');
  return value;
}

function asKubeObject(value: JsonObject): KubeObject {
  if (typeof value.kind !== 'string' || typeof value.apiVersion !== 'string' || !isObject(value.metadata ?? {})) {
    throw new PhysicalError('BadResponse', 200, 'expected a Kubernetes object, got something else');
  }
  value.metadata ??= {};
  return value as KubeObject;
}

function isStatus(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) && value.kind === 'Status';
  } catch {
    return false;
  }
}

function failureOf({ status, headers, body }: TransportResponse): PhysicalError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    parsed = undefined;
  }
  const answer = isObject(parsed) && parsed.kind === 'Status' ? parsed : undefined;
  const message = typeof answer?.message === 'string' ? answer.message : `HTTP ${status}`;
  const reason = typeof answer?.reason === 'string' ? answer.reason : '';
  const seconds = Number(headers['retry-after']);
  const retry = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 300) * 1000 } : {};
  return new PhysicalError(classOf(status, reason, message, answer !== undefined), status, message, retry);
}

function classOf(status: number, reason: string, message: string, isApi: boolean): PhysicalErrorClass {
  if (status === 401) return 'Unauthorized';
  if (status === 429 || status >= 500) return 'Transient';
  if (!isApi) return 'BadResponse';
  if (status === 403) {
    if (message.includes('exceeded quota')) return 'Quota';
    return message.includes('is being terminated') ? 'NotReady' : 'Forbidden';
  }
  if (status === 404) return 'NotFound';
  if (status === 409) return message.includes('is being terminated') || reason === 'NotReady' ? 'NotReady' : 'Conflict';
  return 'Invalid';
}
