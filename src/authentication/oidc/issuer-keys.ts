import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { isObject } from '../../apimachinery/json.ts';
import { fetchJson } from './fetch-json.ts';

export type IssuerKeysOptions = {
  readonly issuerUrl: string;
  /** Where the discovery document is, if not under `issuerUrl`. */
  readonly discoveryUrl?: string;
  /** How documents are fetched: over HTTPS from anywhere, unless told otherwise. */
  readonly fetch?: typeof fetchJson;
  /** PEM bundle to trust instead of the system's. */
  readonly ca?: string;
  readonly now?: () => number;
  /** Limits, for tests. */
  readonly timing?: Partial<typeof defaultTiming>;
  /** Told of failed fetches, at most once per try. */
  readonly onError?: (error: unknown) => void;
};

const defaultTiming = {
  /** One HTTP request; discovery and keys are two. */
  requestTimeoutMs: 2000,
  /** Keys older than this are fetched again behind the requests that use them. */
  refreshMs: 5 * 60_000,
  /** An unknown key id asks the issuer again, at most this often. */
  cooldownMs: 15_000,
  /** After a failure nobody asks again, or waits, for this long. */
  retryMs: 5000,
};
const maxDocumentBytes = 256 * 1024;
const maxKeys = 64;

type KeySet = { readonly find: JWTVerifyGetKey; readonly fetchedAt: number };

/**
 * The signing keys of one OpenID Connect issuer, found through its discovery document. Fetched on first use, refreshed in the background, fetched again
 * when a token names an unknown key (rotation), one fetch at a time. An issuer that does not answer costs its own tokens two request timeouts once, then
 * nothing: until the next try they fail at once, and keys that are known stay good.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #timing: typeof defaultTiming;
  readonly #now: () => number;
  #keys: KeySet | undefined;
  #fetching: Promise<KeySet> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#now = options.now ?? Date.now;
  }

  /** For jose's jwtVerify. Throws when there is no such key, or the issuer cannot be asked. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = this.#keys ?? (await this.#fetch());
    const age = this.#now() - keys.fetchedAt;
    if (age > this.#timing.refreshMs) this.#fetch().catch(() => undefined);
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age < this.#timing.cooldownMs) throw error;
      const fresh = await this.#fetch();
      return fresh.find(header, token);
    }
  };

  #fetch(): Promise<KeySet> {
    if (this.#fetching !== undefined) return this.#fetching;
    if (this.#now() - this.#failedAt < this.#timing.retryMs)
      return Promise.reject(new Error('the issuer could not be reached a moment ago', { cause: this.#failure }));
    this.#fetching = this.#fetchNow()
      .then(
        (keys) => {
          this.#keys = keys;
          return keys;
        },
        (error: unknown) => {
          this.#failedAt = this.#now();
          this.#failure = error;
          this.#options.onError?.(error);
          throw error;
        },
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetchNow(): Promise<KeySet> {
    const { issuerUrl, discoveryUrl, ca, fetch = fetchJson } = this.#options;
    const limits = { ca, timeoutMs: this.#timing.requestTimeoutMs, maxBytes: maxDocumentBytes };
    const where = discoveryUrl ?? `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const discovery = await fetch(new URL(where), limits);
    if (!isObject(discovery) || discovery.issuer !== issuerUrl)
      throw new Error(`the discovery document of ${issuerUrl} names another issuer`);
    if (typeof discovery.jwks_uri !== 'string' || !URL.canParse(discovery.jwks_uri))
      throw new Error(`the discovery document of ${issuerUrl} has no jwks_uri`);
    const document = await fetch(new URL(discovery.jwks_uri), limits);
    return { find: createLocalJWKSet(keySetFrom(document)), fetchedAt: this.#now() };
  }
}

/** Only public keys for signatures: anything else in the set (symmetric keys above all) is left out. */
function keySetFrom(document: unknown): JSONWebKeySet {
  if (!isObject(document) || !Array.isArray(document.keys)) throw new Error('the key set has no keys');
  const keys = document.keys
    .filter(isObject)
    .filter((key) => key.kty === 'RSA' || key.kty === 'EC')
    .slice(0, maxKeys)
    .map(({ d: _private, ...key }) => key);
  return { keys: keys as JSONWebKeySet['keys'] };
}
