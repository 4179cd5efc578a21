import { hash } from 'node:crypto';
import { Agent, request } from 'node:https';
import { LRUCache } from 'lru-cache';
import { tooManyRequests, unauthorized } from '../apimachinery/errors.ts';
import { isObject, type Json } from '../apimachinery/json.ts';
import type { WebhookTarget } from '../config/webhook-target.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

export type WebhookTokenOptions = {
  readonly target: WebhookTarget;
  /** Of the TokenReviews that are sent. */
  readonly version: 'v1' | 'v1beta1';
  /** How long answers are remembered, whichever they are. */
  readonly cacheMs: number;
  readonly timeoutMs?: number;
  /** Told of reviews that could not be made; never with the token. */
  readonly onFailure?: (error: Error) => void;
};

const defaultTimeoutMs = 10_000;
const maxCached = 10_000;
const maxSockets = 64;
/** More tokens than that are not asked about at once. */
const maxWaiting = 1000;
const maxAnswerBytes = 1024 * 1024;

/**
 * Asks a server whose a token is, by a TokenReview of authentication.k8s.io (k8s.io/apiserver/plugin/pkg/authenticator/token/webhook). Answers are
 * remembered by the token's digest; those about unknown tokens apart, so that a flood of them drives nobody out. Requests with the same token share one
 * review. A server that does not answer costs 401 and is asked again.
 */
export function createWebhookTokenAuthenticator(options: WebhookTokenOptions): TokenAuthenticator {
  const ttl = options.cacheMs;
  const known = new LRUCache<string, UserInfo>({ max: maxCached, ttl });
  const unknown = new LRUCache<string, true>({ max: maxCached, ttl });
  const asking = new Map<string, Promise<UserInfo | undefined>>();
  const ask = createReviewer(options);
  const askAndRemember = async (token: string, key: string): Promise<UserInfo | undefined> => {
    try {
      const user = await ask(token);
      if (user === undefined) unknown.set(key, true);
      else known.set(key, user);
      return user;
    } catch (error) {
      options.onFailure?.(error instanceof Error ? error : new Error(String(error)));
      throw unauthorized();
    } finally {
      asking.delete(key);
    }
  };
  return {
    async authenticateToken(token) {
      const key = hash('sha256', token, 'base64');
      const user = known.get(key);
      if (user !== undefined) return user;
      if (unknown.has(key)) return undefined;
      let answer = asking.get(key);
      if (answer === undefined) {
        if (asking.size >= maxWaiting) throw tooManyRequests('Too many requests, please try again later.', 1);
        answer = askAndRemember(token, key);
        asking.set(key, answer);
      }
      return answer;
    },
  };
}

function createReviewer({
  target,
  version,
  timeoutMs = defaultTimeoutMs,
}: WebhookTokenOptions): (token: string) => Promise<UserInfo | undefined> {
  const agent = new Agent({ keepAlive: true, maxSockets, ...target.tls });
  const apiVersion = `authentication.k8s.io/${version}`;
  return async (token) => {
    const body = JSON.stringify({ kind: 'TokenReview', apiVersion, metadata: {}, spec: { token } });
    const answer = await post(target, agent, body, timeoutMs);
    if (!isObject(answer) || answer['kind'] !== 'TokenReview' || answer['apiVersion'] !== apiVersion)
      throw new Error(`the token review webhook did not answer with a TokenReview of ${apiVersion}`);
    const status = answer['status'];
    return isObject(status) && status['authenticated'] === true ? userFrom(status['user']) : undefined;
  };
}

function userFrom(value: Json | undefined): UserInfo {
  if (!isObject(value) || typeof value['username'] !== 'string' || value['username'] === '')
    throw new Error('the token review webhook named no user');
  const { uid } = value;
  const extra = isObject(value['extra']) ? Object.entries(value['extra']) : [];
  return {
    name: value['username'],
    uid: typeof uid === 'string' ? uid : '',
    groups: texts(value['groups']),
    extra: Object.fromEntries(extra.map(([key, values]): [string, string[]] => [key, texts(values)])),
  };
}

function texts(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new Error('the token review webhook answered with something else than a list of strings');
  return value;
}

function post({ url, token }: WebhookTarget, agent: Agent, body: string, timeoutMs: number): Promise<Json> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (why: string, cause?: unknown): void =>
      reject(new Error(signal.aborted ? 'the token review webhook did not answer in time' : why, { cause }));
    const sent = request(url, {
      method: 'POST',
      agent,
      signal,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    sent.on('error', (error) => fail(error.message, error));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('error', (error) => fail(error.message, error));
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= maxAnswerBytes) chunks.push(chunk);
        else {
          fail('the answer of the token review webhook is too long');
          response.destroy();
        }
      });
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 200 || statusCode > 299) {
          fail(`the token review webhook answered ${statusCode}`);
          return;
        }
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json);
        } catch (error) {
          fail('the token review webhook did not answer with JSON', error);
        }
      });
    });
    sent.end(body);
  });
}
