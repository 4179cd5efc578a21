import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../apimachinery/errors.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import { parseYaml } from '../../apimachinery/yaml-parse.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { type WebhookCall, WebhookCallError, type WebhookCaller } from '../../registry/webhooks.ts';
import { type AddressGuard } from './address-guard.ts';
import { createTrustSource, type Trust, WebhookAgent } from './agent.ts';
import { type Destination, destinationOf, type ServiceResolver } from './destination.ts';
import { createNameLookup, type NameLookup } from './name-lookup.ts';
import { abortText, type HttpAnswer, post, type PostOptions } from './post.ts';
import { Slots } from './slots.ts';
import { statusError } from './status-text.ts';

export type WebhookCallerOptions = {
  readonly services: ServiceResolver;
  readonly guard: AddressGuard;
  /** Default: the name servers of this machine. */
  readonly lookup?: NameLookup;
  /** Calls of one logical cluster under way at once; default 64. */
  readonly atOncePerCluster?: number;
};

const defaultAtOnce = 64;
const maxWaiting = 1024;
const defaultMaxResponseBytes = 3 << 20;
/** How often a webhook that answers 429 or 5xx with Retry-After is asked again, while there is time. */
const maxRetries = 10;

/** A caller, and the end of its idle connections. */
export type ClosableWebhookCaller = WebhookCaller & { close(): void };

/**
 * Calls webhooks over HTTPS as a stock API server's client does, with its texts, and with bounds that it lacks: bytes of an answer, calls of one logical
 * cluster at once (one that hangs delays only its own cluster), addresses, and no redirects.
 */
export function createWebhookCaller(options: WebhookCallerOptions): ClosableWebhookCaller {
  const { services, guard, lookup = createNameLookup() } = options;
  const agent = new WebhookAgent();
  const trustOf = createTrustSource();
  const slots = new Slots({ atOnce: options.atOncePerCluster ?? defaultAtOnce, waiting: maxWaiting });

  async function call(request: WebhookCall): Promise<JsonObject> {
    const destination = destinationOf(request.clientConfig, request.timeoutMs);
    const trust = trusted(() => trustOf(request.clientConfig.caBundle));
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]);
    const release = await enter(destination, request, signal);
    try {
      const dial = await dialOf(destination, request);
      const answer = await insist({
        agent,
        guard,
        lookup,
        trust,
        destination,
        dial,
        body: request.body,
        maxResponseBytes: request.maxResponseBytes ?? defaultMaxResponseBytes,
        signal,
      });
      return objectOf(answer);
    } finally {
      release();
    }
  }

  async function enter(destination: Destination, request: WebhookCall, signal: AbortSignal): Promise<() => void> {
    let release: (() => void) | undefined;
    try {
      release = await slots.take(request.cluster, signal);
    } catch {
      throw failure(destination, abortText(signal));
    }
    if (release === undefined) throw failure(destination, 'too many webhook calls under way');
    return release;
  }

  async function dialOf(
    destination: Destination,
    request: WebhookCall,
  ): Promise<{ readonly host: string; readonly port: number }> {
    if (destination.service === undefined) return destination;
    try {
      return await services.resolve(request.cluster, destination.service);
    } catch (error) {
      throw failure(destination, (error as Error).message);
    }
  }

  return { call, close: () => agent.destroy() };
}

function failure({ url }: Destination, why: string): WebhookCallError {
  return new WebhookCallError(`Post ${JSON.stringify(url)}: ${why}`);
}

function trusted(make: () => Trust): Trust {
  try {
    return make();
  } catch (error) {
    throw new WebhookCallError(`could not get REST client: ${(error as Error).message}`);
  }
}

async function insist(options: PostOptions): Promise<HttpAnswer> {
  for (let retries = 0; ; retries++) {
    const answer = await post(options);
    const seconds = Number(answer.retryAfter ?? '');
    const asksToWait = (answer.status === 429 || answer.status >= 500) && /^\d{1,6}$/.test(answer.retryAfter ?? '');
    if (!asksToWait || retries === maxRetries) return answer;
    try {
      await delay(seconds * 1000, undefined, { signal: options.signal });
    } catch {
      throw new WebhookCallError(abortText(options.signal));
    }
  }
}

/** @throws WebhookCallError unless the webhook answers 2xx with an object. */
function objectOf(answer: HttpAnswer): JsonObject {
  const { status, contentType, body } = answer;
  const isText = contentType === '' || /^\s*text\//i.test(contentType);
  if (status < 200 || status > 206) {
    const said = statusIn(body) ?? statusError(status, body.toString('utf8'), isText);
    throw new WebhookCallError(said.message, said);
  }
  if (body.length === 0)
    throw new WebhookCallError(
      `0-length response with status code: ${status} and content type: ${contentType === '' ? 'application/json' : contentType}`,
    );
  if (!isMediaType(contentType))
    throw new WebhookCallError(
      `Internal error occurred: mime: ${contentType.includes('/') ? 'invalid media parameter' : 'expected slash after first token'}`,
    );
  const value = parsed(body) ?? {};
  if (!isObject(value))
    throw new WebhookCallError(`couldn't get version/kind; json parse error: ${notAnObject(value)}`);
  return value;
}

/** JSON, or else YAML: clients of Kubernetes read what they get. */
function parsed(body: Buffer): Json {
  try {
    return parseJson(body).value;
  } catch (error) {
    const yaml = looksLikeJson(body) ? undefined : parsedYaml(body);
    if (yaml !== undefined) return yaml;
    throw new WebhookCallError(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function looksLikeJson(body: Buffer): boolean {
  return /^\s*[{[]/.test(body.subarray(0, 64).toString('latin1'));
}

function parsedYaml(body: Buffer): Json | undefined {
  try {
    return parseYaml(body).value;
  } catch {
    return undefined;
  }
}

/** A type, perhaps a slash and a subtype; Go reads no answer of another type. */
function isMediaType(text: string): boolean {
  return text === '' || /^\s*[^\s/;]+(\/[^\s/;]+)?\s*(;|$)/.test(text);
}

const header =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function notAnObject(value: Json): string {
  const kind = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'string'
        : 'number';
  return `json: cannot unmarshal ${kind} into Go value of type ${header}`;
}

/** The failure that a body tells in a Status object. */
function statusIn(body: Buffer): ApiError | undefined {
  if (body.length === 0 || body[0] !== 0x7b) return undefined;
  let value: Json;
  try {
    ({ value } = parseJson(body));
  } catch {
    return undefined;
  }
  if (!isObject(value) || value['kind'] !== 'Status' || value['status'] !== 'Failure') return undefined;
  const { code, reason, message } = value;
  const text = typeof message === 'string' ? message : '';
  return new ApiError(typeof code === 'number' ? code : 0, typeof reason === 'string' ? reason : '', text);
}
